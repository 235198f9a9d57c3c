/// Takes the components of a file apart: events and zones. What else there is, and what is inside of an event such as an alarm, is
/// passed over.
struct ComponentReader {
    private(set) var events: [EventDraft] = []
    private(set) var zones = ZoneDefinitions()
    private(set) var faults = CalendarFaults()
    private var event: EventDraft?
    private var zone: ZoneDefinitions.Draft?
    /// The components that were begun inside of the event or zone, or outside of both, and have not ended.
    private var open: [String] = []
    /// More of them than are remembered.
    private var surplus = 0
    private var sawCalendar = false

    /// More events are no calendar of a house.
    static let maximumEvents = 20_000
    private static let maximumDepth = 32

    init(_ bytes: [UInt8]) {
        for (line, number) in ContentLines(bytes) {
            guard let line = ContentLine(line, number: number) else {
                faults.add(number, "this is no line of iCalendar", remedy: "write NAME:value")
                if !sawCalendar, faults.count > 3 { break }
                continue
            }
            take(line)
        }
        if !sawCalendar {
            faults = CalendarFaults()
            faults.add(1, "this is no iCalendar file", remedy: "it begins with BEGIN:VCALENDAR")
        } else if let event {
            faults.add(event.line, "the file ends within this event, which is left out", remedy: "fetch the file anew")
        }
    }

    private mutating func take(_ line: ContentLine) {
        switch line.name {
        case "BEGIN": begin(line.plain.uppercased(), line.number)
        case "END": end(line.plain.uppercased())
        default:
            if !open.isEmpty || surplus > 0 {
                if open.count == 1, surplus == 0, zone != nil { zone?.take(line) }
            } else if event != nil {
                event?.take(line)
            } else {
                zone?.take(line)
            }
        }
    }

    private mutating func begin(_ name: String, _ number: Int) {
        switch name {
        case "VCALENDAR": sawCalendar = true
        case "VEVENT":
            if let event { faults.add(event.line, "this event has no END before the next one begins") }
            finishEvent()
            (open, surplus, zone) = ([], 0, nil)
            event = EventDraft(line: number)
        case "VTIMEZONE" where event == nil:
            (open, surplus) = ([], 0)
            zone = ZoneDefinitions.Draft()
        default:
            if open.count < Self.maximumDepth { open.append(name) } else { surplus += 1 }
            zone?.begin(name)
        }
    }

    private mutating func end(_ name: String) {
        switch name {
        case "VCALENDAR": break
        case "VEVENT":
            finishEvent()
            (open, surplus) = ([], 0)
        case "VTIMEZONE" where event == nil:
            if let zone { zones.add(zone) }
            (zone, open, surplus) = (nil, [], 0)
        default:
            if surplus > 0 {
                surplus -= 1
            } else if let place = open.lastIndex(of: name) {
                open.removeSubrange(place...)
            }
        }
    }

    private mutating func finishEvent() {
        guard let event else { return }
        self.event = nil
        guard events.count < Self.maximumEvents else {
            return faults.add(event.line, "there are more than \(Self.maximumEvents) events; the rest is left out")
        }
        events.append(event)
    }
}

/// What was wrong, of many of a kind the first ones.
struct CalendarFaults {
    private(set) var all: [CalendarFault] = []
    private(set) var count = 0

    private static let most = 20

    mutating func add(_ line: Int, _ message: String, remedy: String? = nil) {
        count += 1
        if all.count < Self.most { all.append(CalendarFault(line: line, message, remedy: remedy)) }
    }

    mutating func add(_ other: CalendarFaults) {
        for fault in other.all { add(fault.line, fault.message, remedy: fault.remedy) }
        count += other.count - other.all.count
    }

    /// With a last one for those that are not among them.
    var told: [CalendarFault] {
        guard count > all.count, let last = all.last else { return all }
        return all + [CalendarFault(line: last.line, "and \(count - all.count) more of this file")]
    }
}
