package import Komoku

/// Points of one key as text, one behind another.
package struct SeriesText: Sendable {
    package enum Form: Hashable, Sendable {
        /// `{"key":K,"since":T,"until":T,"points":[[T,V],…],"next":T}`.
        case json
        /// `key,time,value`, as an export has it.
        case csv
        /// `{"key":K,"time":T,"value":V}` on each line.
        case ndjson
    }

    private let form: Form
    private let key: String
    /// What each line begins with.
    private let start: [UInt8]

    /// Whether lines have a heading before them.
    private let isFirst: Bool

    package init(_ form: Form, key: KeyName, isFirst: Bool = true) {
        (self.form, self.key, self.isFirst) = (form, key.text, isFirst)
        switch form {
        case .json: start = []
        // No name of a key needs quotes: it has neither commas nor lines.
        case .csv: start = Array((key.text + ",").utf8)
        case .ndjson: start = Array(#"{"key":"#.utf8) + JSON.string(key.text).bytes + Array(#","time":"#.utf8)
        }
    }

    /// Appends what comes before all points.
    func begin(_ range: (since: Timestamp, until: Timestamp), into bytes: inout [UInt8]) {
        switch form {
        case .json:
            bytes += Array(#"{"key":"#.utf8)
            JSON.write(key, into: &bytes)
            bytes += Array(#","since":"#.utf8)
            Self.write(range.since, into: &bytes)
            bytes += Array(#","until":"#.utf8)
            Self.write(range.until, into: &bytes)
            bytes += Array(#","points":["#.utf8)
        case .csv: if isFirst { bytes += Array("key,time,value\n".utf8) }
        case .ndjson: break
        }
    }

    /// Appends some points.
    ///
    /// - Parameter continuing: others came before.
    func write(_ points: some Sequence<Point>, continuing: Bool, into bytes: inout [UInt8]) {
        var isFirst = !continuing
        for point in points {
            switch form {
            case .json:
                if !isFirst { bytes.append(UInt8(ascii: ",")) }
                bytes.append(UInt8(ascii: "["))
                Self.write(point.time, into: &bytes)
                bytes.append(UInt8(ascii: ","))
                Self.write(point.value, into: &bytes)
                bytes.append(UInt8(ascii: "]"))
            case .csv:
                bytes += start
                Self.write(point.time, into: &bytes)
                bytes.append(UInt8(ascii: ","))
                Self.writeField(point.value, into: &bytes)
                bytes.append(UInt8(ascii: "\n"))
            case .ndjson:
                bytes += start
                Self.write(point.time, into: &bytes)
                bytes += Self.value
                Self.write(point.value, into: &bytes)
                bytes += Self.lineEnd
            }
            isFirst = false
        }
    }

    private static let value = Array(#","value":"#.utf8)
    private static let lineEnd = Array("}\n".utf8)

    /// Appends what comes behind all points.
    ///
    /// - Parameter next: where another answer goes on; nil where nothing is left.
    func end(next: Timestamp?, into bytes: inout [UInt8]) {
        guard form == .json else { return }
        bytes.append(UInt8(ascii: "]"))
        if let next {
            bytes += Array(#","next":"#.utf8)
            Self.write(next, into: &bytes)
        }
        bytes += Array("}\n".utf8)
    }

    private static func write(_ value: Value?, into bytes: inout [UInt8]) {
        switch value {
        case .number(let number): write(number, into: &bytes)
        case .boolean(let flag): bytes.append(contentsOf: (flag ? "true" : "false").utf8)
        case .string(let text): JSON.write(text, into: &bytes)
        case nil: bytes.append(contentsOf: "null".utf8)
        }
    }

    /// A text is always quoted, so that `"1"` and `1`, `""` and nothing stay apart.
    private static func writeField(_ value: Value?, into bytes: inout [UInt8]) {
        switch value {
        case nil: break
        case .string(let text):
            bytes.append(UInt8(ascii: "\""))
            for byte in text.utf8 {
                if byte == UInt8(ascii: "\"") { bytes.append(byte) }
                bytes.append(byte)
            }
            bytes.append(UInt8(ascii: "\""))
        default: write(value, into: &bytes)
        }
    }

    private static func write(_ number: Double, into bytes: inout [UInt8]) {
        if let integer = Int64(exactly: number), integer.magnitude < 1 << 53 {
            write(integer, into: &bytes)
        } else {
            bytes.append(contentsOf: number.description.utf8)
        }
    }

    /// Seconds since 1970 with as many decimals as the time has, exactly: a double would round the microseconds.
    static func write(_ time: Timestamp, into bytes: inout [UInt8]) {
        let magnitude = time.microseconds.magnitude
        if time.microseconds < 0 { bytes.append(UInt8(ascii: "-")) }
        write(magnitude / 1_000_000, digits: 1, into: &bytes)
        var fraction = magnitude % 1_000_000
        guard fraction > 0 else { return }
        var digits = 6
        while fraction.isMultiple(of: 10) { (fraction, digits) = (fraction / 10, digits - 1) }
        bytes.append(UInt8(ascii: "."))
        write(fraction, digits: digits, into: &bytes)
    }

    private static func write(_ integer: Int64, into bytes: inout [UInt8]) {
        if integer < 0 { bytes.append(UInt8(ascii: "-")) }
        write(integer.magnitude, digits: 1, into: &bytes)
    }

    /// - Parameter digits: at least so many.
    private static func write(_ number: UInt64, digits: Int, into bytes: inout [UInt8]) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { text in
            var (rest, index) = (number, 20)
            while rest > 0 || index > 20 - digits {
                index -= 1
                let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
                text[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit)
                rest = quotient
            }
            bytes.append(contentsOf: text[index...])
        }
    }
}
