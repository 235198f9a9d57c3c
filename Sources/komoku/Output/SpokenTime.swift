internal import Komoku

/// A time as people say it: `today`, `yesterday 18:00`, `mon`, `friday 08:30`, `22:15`. It is the newest one that is not ahead;
/// a day alone is its midnight.
struct SpokenTime: Hashable {
    private enum Day: Hashable {
        /// So many days before today.
        case before(Int)
        /// Monday is 1; the newest one.
        case week(Int)
        /// Today's, or yesterday's where that is ahead.
        case newest
    }

    private let day: Day
    private let hour: Int
    private let minute: Int

    private static let weekdays = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

    init?(_ text: String) {
        var words = text.lowercased().split(separator: " ").map(String.init)
        guard (1...2).contains(words.count) else { return nil }
        var clock: (hour: Int, minute: Int)?
        if let last = words.last, last.contains(":") {
            guard let found = Self.clock(last) else { return nil }
            clock = found
            words.removeLast()
        }
        guard words.count < 2 else { return nil }
        switch words.first {
        case nil: day = .newest
        case "today": day = .before(0)
        case "yesterday": day = .before(1)
        case let word?:
            // `mon` is enough, and `t` is two days.
            let found = Self.weekdays.indices.filter { word.count >= 3 && Self.weekdays[$0].hasPrefix(word) }
            guard found.count == 1 else { return nil }
            day = .week(found[0] + 1)
        }
        (hour, minute) = clock ?? (0, 0)
    }

    /// `8:30` or `08:30`.
    private static func clock(_ text: String) -> (hour: Int, minute: Int)? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, (1...2).contains(parts[0].utf8.count), parts[1].utf8.count == 2,
            text.utf8.allSatisfy({ $0 == UInt8(ascii: ":") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let hour = Int(parts[0]), let minute = Int(parts[1]), hour < 24, minute < 60
        else { return nil }
        return (hour, minute)
    }

    func moment(before now: Timestamp, in zone: Zone) -> Timestamp {
        let today = zone.local(now).daysSince1970
        func moment(_ day: Int) -> Timestamp {
            let local = LocalDateTime(CivilDate(daysSince1970: day), hour: hour, minute: minute, second: 0)
            return switch zone.moments(of: local) {
            case .once(let time), .never(let time): time
            case .twice(let first, let second): second <= now ? second : first
            }
        }
        switch day {
        case .before(let days): return moment(today - days)
        case .newest: return moment(today) <= now ? moment(today) : moment(today - 1)
        case .week(let wanted):
            let newest = today - (CivilDate(daysSince1970: today).weekday - wanted + 7) % 7
            return moment(newest) <= now ? moment(newest) : moment(newest - 7)
        }
    }
}
