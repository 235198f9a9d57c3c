package import Komoku

/// A question about the present moment in the hub's zone.
package enum ClockCall: Hashable, Sendable {
    case word(ClockWord)
    /// Boolean: whether the clock shows `from` or later, and less than `to`. Over midnight where `from` is later than
    /// `to`; never where they are equal.
    case timeBetween(from: TimeOfDay, to: TimeOfDay)

    /// Text: a time in the hub's zone.
    case written(Timestamp, TimeFormat)

    package static let now = ClockCall.word(.now)

    /// A time on the clock's face.
    package struct TimeOfDay: Hashable, Sendable, CustomStringConvertible {
        /// 0 to 86,399.
        package let seconds: Int

        /// Reads `22:00` or `22:00:30`; nil for anything else.
        init?(_ text: String) {
            let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map(Self.number)
            guard 2...3 ~= parts.count, let hour = parts[0], let minute = parts[1], hour < 24, minute < 60,
                let second = parts.count > 2 ? parts[2] : 0, second < 60
            else { return nil }
            seconds = hour * 3600 + minute * 60 + second
        }

        private static func number(_ digits: Substring.UTF8View) -> Int? {
            guard 1...2 ~= digits.count, digits.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 })
            else { return nil }
            return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        }

        package var description: String {
            let parts = [seconds / 3600, seconds / 60 % 60, seconds % 60]
            let shown = parts[2] == 0 ? parts.dropLast() : parts[...]
            return shown.map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
        }
    }
}

extension ClockCall {
    /// - Parameter sun: of the hub's place; what asks for it is unknown without.
    package func value(at time: Timestamp, in zone: Zone, sun: Sun? = nil) -> Value? {
        switch self {
        case .word(let word): return word.value(ClockMoment(time: time, zone: zone, sun: sun))
        case .timeBetween(let from, let to):
            return .boolean(Self.isBetween(zone.local(time).secondOfDay, from.seconds, to.seconds))
        case .written(let time, let format): return .string(format.text(of: TimeFormat.Moment(time, in: zone)))
        }
    }

    private static func isBetween(_ second: Int, _ from: Int, _ to: Int) -> Bool {
        from <= to ? from <= second && second < to : from <= second || second < to
    }
}

extension ClockCall: CustomStringConvertible {
    package var description: String {
        switch self {
        case .word(let word): word.name
        case .timeBetween(let from, let to): "time_between('\(from)', '\(to)')"
        case .written(let time, let format):
            "strftime(\(DecimalNumber.text(time.seconds)), \(Syntax(.literal(.string(format.text)), at: 0..<0)))"
        }
    }
}
