import Komoku

/// How the local times of an event become moments.
struct Span: Hashable, Sendable {
    let zone: Zone
    let isAllDay: Bool
    let length: EventLength

    /// What clocks are put forward over is taken by the offset before (RFC 5545, section 3.3.5), and what they show twice is the
    /// first of the two. A day whose midnight is left out begins at once after.
    func start(_ local: Int) -> Timestamp {
        switch zone.moments(of: LocalDateTime(secondsSince1970: local)) {
        case .once(let time), .twice(let time, _): return time
        case .never(let change):
            if isAllDay { return change }
            let before = zone.offset(at: change - Duration(microseconds: 1))
            return Timestamp(microseconds: Int64(local - before) * 1_000_000)
        }
    }

    func end(_ local: Int, from start: Timestamp) -> Timestamp {
        let shown = length.shown == 0 ? start : self.start(local + length.shown)
        return max(start, shown + Duration.seconds(Int64(length.passing)))
    }

    func occurrence(_ local: Int, text: Int32, event: Int32) -> Occurrence {
        let start = start(local)
        return Occurrence(start: start, end: end(local, from: start), isAllDay: isAllDay, text: text, event: event)
    }
}
