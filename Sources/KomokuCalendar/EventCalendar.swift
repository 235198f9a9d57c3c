package import Komoku
internal import Synchronization

/// The events of an iCalendar file (RFC 5545): what is on at a moment, and what begins or ends next. May be asked from any thread; who
/// asks about one moment after another is answered fastest.
package final class EventCalendar: Sendable {
    /// What happens to an event.
    package enum Edge: String, Hashable, Sendable, CaseIterable {
        case start, end
    }

    private let texts: [EventText]
    private let singles: [Occurrence]
    private let series: [Series]
    private let timeline: Mutex<Timeline>
    /// What was wrong in the file; the rest of it counts.
    package let faults: [CalendarFault]

    /// The longest file that is read, in bytes.
    package static let maximumSize = 32 << 20

    /// A calendar without events.
    package static let empty = EventCalendar(texts: [], singles: [], series: [], faults: [])

    private init(texts: [EventText], singles: [Occurrence], series: [Series], faults: [CalendarFault]) {
        (self.texts, self.series, self.faults) = (texts, series, faults)
        self.singles = singles.sorted(by: Occurrence.precedes)
        timeline = Mutex(Timeline(singles: self.singles, series: series))
    }

    /// Reads a file; what cannot be read of it is among the faults.
    ///
    /// - Parameters:
    ///   - zone: of whole days and of times that name no zone.
    ///   - find: a zone by its name in the system's table; nil where there is none.
    package convenience init(_ bytes: [UInt8], zone: Zone, find: @escaping (String) -> Zone?) {
        let reader = ComponentReader(bytes)
        var binder = EventBinder(ZoneTable(house: zone, reader.zones, find: find))
        binder.bind(reader.events)
        var faults = reader.faults
        faults.add(binder.faults)
        self.init(texts: binder.texts, singles: binder.singles, series: binder.series, faults: faults.told)
    }

    /// How many events there are, those that come again counted once.
    package var count: Int { Set(singles.map(\.event)).union(series.map(\.event)).count }

    package func text(of occurrence: Occurrence) -> EventText { texts[Int(occurrence.text)] }

    // MARK: Asking

    /// Whether an event is on.
    package func isOn(at time: Timestamp) -> Bool {
        timeline.withLock { timeline in
            timeline.move(to: time)
            return timeline.isOn(at: time)
        }
    }

    /// The events that are on, by their starts.
    package func running(at time: Timestamp) -> [Occurrence] {
        timeline.withLock { timeline in
            timeline.move(to: time)
            return timeline.running(at: time)
        }
    }

    /// The first moment after a time at which an event begins, or ends; nil where none does for a century.
    package func next(_ edge: Edge, after time: Timestamp) -> Timestamp? {
        timeline.withLock { timeline in
            timeline.move(to: time)
            return edge == .start ? timeline.nextStart(after: time) : timeline.nextEnd(after: time)
        }
    }

    /// The first moment after a time at which an event begins or ends.
    package func nextChange(after time: Timestamp) -> Timestamp? {
        [next(.start, after: time), next(.end, after: time)].compactMap(\.self).min()
    }

    /// The events that begin, or end, at a moment, by their starts.
    package func events(_ edge: Edge, at time: Timestamp) -> [Occurrence] {
        timeline.withLock { timeline in
            // What ends at the moment was on just before.
            timeline.move(to: time - Duration(microseconds: 1))
            // All that starts by then has to be there.
            _ = timeline.nextStart(after: time)
            return timeline.loaded.prefix { $0.start <= time }.filter { (edge == .start ? $0.start : $0.end) == time }
        }
    }

    /// Works out the first times, so that the first one who asks need not wait.
    package func prepare(for time: Timestamp) { _ = nextChange(after: time) }

    /// The events that are on at some time between two moments, by their starts, at most so many; worked out anew each time.
    package func occurrences(from start: Timestamp, to end: Timestamp, limit: Int) -> [Occurrence] {
        var (timeline, found) = (Timeline(singles: singles, series: series), [Occurrence]())
        timeline.move(to: start)
        var time = start
        while true {
            let inside = timeline.loaded.prefix { $0.start < end }
            if inside.count >= limit || inside.count < timeline.loaded.count { break }
            guard let next = timeline.nextStart(after: time) else { break }
            time = next
        }
        for occurrence in timeline.loaded where occurrence.start < end {
            // One without a length is on at its start.
            if occurrence.end > start || occurrence.start == start, found.count < limit { found.append(occurrence) }
        }
        return found
    }
}
