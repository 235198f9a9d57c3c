import Komoku

/// Schedules whose time is what a key holds.
extension Schedule {
    /// The key that says when it is due.
    var key: KeyName? {
        if case .daily(.key(let key, _), _) = form { key } else { nil }
    }

    /// What a key's value says.
    enum KeyMoment: Hashable {
        /// Seconds since midnight, every day.
        case clock(Int)
        case once(Timestamp)
    }

    /// `07:30`, `07:30:15`, `2026-12-24T18:00:00+01:00`, or seconds since 1970; nil for anything else.
    static func moment(of value: Value?) -> KeyMoment? {
        switch value {
        case .number(let seconds)?: return Timestamp(seconds: seconds).map { .once($0) }
        case .string(let text)?:
            if let time = Timestamp(dated: text) { return .once(time) }
            let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            let numbers = parts.compactMap { part -> Int? in
                let isPlain = 1...2 ~= part.count && part.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
                return isPlain ? Int(String(decoding: Array(part), as: UTF8.self)) : nil
            }
            guard numbers.count == parts.count, 2...3 ~= numbers.count, numbers[0] < 24, numbers[1] < 60,
                numbers.count < 3 || numbers[2] < 60
            else { return nil }
            return .clock(numbers[0] * 3600 + numbers[1] * 60 + (numbers.count > 2 ? numbers[2] : 0))
        default: return nil
        }
    }

    /// The first time after another one; nil where the key says none, or one that is past or on another day.
    func next(
        after time: Timestamp, _ moment: KeyMoment?, _ offset: Duration, _ days: Days, _ zone: Zone,
        _ calendars: HouseCalendars
    ) -> Timestamp? {
        switch moment {
        case nil: return nil
        case .once(let moment):
            let due = moment + offset
            let date = zone.local(moment).date
            return due > time && days.contains(date, calendars) && holidays.takes(date, calendars) ? due : nil
        case .clock(let second):
            // The day is that of the key's time; with an offset it may be due on another one.
            var plain = Schedule(.daily(.clock(second), days), clockChange: clockChange)
            plain.holidays = holidays
            let back = Duration(microseconds: -offset.microseconds)
            return plain.next(after: time + back, in: zone, sun: nil, calendars: calendars).map { $0 + offset }
        }
    }
}
