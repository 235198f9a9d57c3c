/// A `VEVENT` as its lines say it.
struct EventDraft {
    /// Of its BEGIN.
    let line: Int
    var uid: String?
    var sequence = 0
    var start: ContentLine?
    var end: ContentLine?
    var duration: ContentLine?
    var rules: [ContentLine] = []
    var dates: [ContentLine] = []
    var exceptions: [ContentLine] = []
    var recurrenceID: ContentLine?
    var isCancelled = false
    var text = EventText()

    /// No event needs more lines of one kind; each may hold many dates.
    private static let maximumLines = 10_000
    private static let maximumRules = 8
    private static let (longName, longText) = (1_000, 16_000)

    init(line: Int) {
        self.line = line
    }

    mutating func take(_ line: ContentLine) {
        switch line.name {
        case "UID": uid = uid ?? line.text(upTo: Self.longName)
        case "SEQUENCE": sequence = Int(line.plain) ?? 0
        case "DTSTART": start = start ?? line
        case "DTEND": end = end ?? line
        case "DURATION": duration = duration ?? line
        case "RRULE": if rules.count < Self.maximumRules { rules.append(line) }
        case "RDATE": if dates.count < Self.maximumLines { dates.append(line) }
        case "EXDATE": if exceptions.count < Self.maximumLines { exceptions.append(line) }
        case "RECURRENCE-ID": recurrenceID = recurrenceID ?? line
        case "STATUS": isCancelled = line.plain.uppercased() == "CANCELLED"
        case "SUMMARY": text.summary = text.summary ?? line.text(upTo: Self.longName)
        case "LOCATION": text.location = text.location ?? line.text(upTo: Self.longName)
        case "DESCRIPTION": text.description = text.description ?? line.text(upTo: Self.longText)
        default: break
        }
    }
}

/// What an event says of itself; nil is nothing.
package struct EventText: Hashable, Sendable {
    package var summary: String?
    package var location: String?
    package var description: String?

    package init(summary: String? = nil, location: String? = nil, description: String? = nil) {
        (self.summary, self.location, self.description) = (summary, location, description)
    }
}
