/// A length of time in microseconds, written as `90s`, `5m`, `2h`, `1d`, `250ms` or `1h30m`. A `w` is 7
/// days, a `y` 365.
public struct Duration: Hashable, Comparable, Sendable {
    public let microseconds: Int64

    public init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// - Returns: nil where the number is not finite or beyond some 290,000 years.
    public init?(seconds: Double) {
        let scaled = (seconds * 1_000_000).rounded()
        guard scaled.magnitude < 9.2e18 else { return nil }
        microseconds = Int64(scaled)
    }

    public static let zero = Duration(microseconds: 0)

    public static func milliseconds(_ count: Int64) -> Duration { Duration(microseconds: count * 1000) }
    public static func seconds(_ count: Int64) -> Duration { Duration(microseconds: count * 1_000_000) }

    public var seconds: Double { Double(microseconds) / 1_000_000 }

    public static func < (left: Duration, right: Duration) -> Bool { left.microseconds < right.microseconds }
}

extension Duration {
    public struct Invalid: Error, Hashable, Sendable, CustomStringConvertible {
        public let text: String
        public var description: String { "'\(text.prefix(80))' is not a duration; write 90s, 5m, 2h or 1d" }
    }

    /// Microseconds in each unit.
    private static let units: [(name: String, microseconds: Double)] = [
        ("ms", 1e3), ("s", 1e6), ("m", 60e6), ("h", 3600e6), ("d", 86_400e6), ("w", 7 * 86_400e6),
        ("y", 365 * 86_400e6),
    ]

    /// Reads one or more counts with units: `90s`, `1.5h`, `1h30m`. A bare `0` needs no unit.
    public init(parsing text: String) throws(Invalid) {
        if text.utf8.elementsEqual("0".utf8) {
            self = .zero
            return
        }
        var rest = Substring(text)
        var total = 0.0
        repeat {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            let unit = rest.dropFirst(digits.count).prefix { $0.isASCII && $0.isLetter }
            guard let count = DecimalNumber.parse(Array(digits.utf8)),
                let scale = Self.units.first(where: { $0.name == unit })?.microseconds
            else { throw Invalid(text: text) }
            total += count * scale
            rest = rest.dropFirst(digits.count + unit.count)
        } while !rest.isEmpty
        guard let duration = Duration(seconds: total / 1e6) else { throw Invalid(text: text) }
        self = duration
    }
}

extension Duration: CustomStringConvertible {
    /// The shortest text of whole units that reads back as the same duration: `90s`, `5m`, `1h30m`, `250ms`.
    public var description: String {
        if microseconds == 0 { return "0s" }
        var rest = microseconds.magnitude
        var text = microseconds < 0 ? "-" : ""
        for (name, size) in [("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000)] as [(String, UInt64)]
        where rest >= size {
            text += "\(rest / size)\(name)"
            rest %= size
        }
        if rest > 0 {
            text +=
                rest % 1_000_000 == 0 || rest > 1_000_000
                ? DecimalNumber.text(Double(rest) / 1e6) + "s" : DecimalNumber.text(Double(rest) / 1e3) + "ms"
        }
        return text
    }
}
