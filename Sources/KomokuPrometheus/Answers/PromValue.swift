/// Numbers and times as Prometheus writes them.
package enum PromValue {
    /// `[1700000000.5,"21.5"]`.
    static func write(_ value: Double, at time: Int64, into bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "["))
        write(time: time, into: &bytes)
        bytes.append(UInt8(ascii: ","))
        bytes.append(UInt8(ascii: "\""))
        write(value, into: &bytes)
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: "]"))
    }

    /// Seconds, with three decimals where they are not whole. Times have whole milliseconds.
    static func write(time: Int64, into bytes: inout [UInt8]) {
        let milliseconds = time / 1000
        if milliseconds < 0 { bytes.append(UInt8(ascii: "-")) }
        write(milliseconds.magnitude / 1000, into: &bytes)
        let rest = UInt8(clamping: milliseconds.magnitude % 1000 / 10)
        let last = UInt8(clamping: milliseconds.magnitude % 10)
        if rest == 0, last == 0 { return }
        bytes += [0x2E, 0x30 + rest / 10, 0x30 + rest % 10, 0x30 + last]
    }

    private static func write(_ number: UInt64, into bytes: inout [UInt8]) {
        let start = bytes.count
        var rest = number
        repeat {
            bytes.append(0x30 + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        bytes[start...].reverse()
    }

    /// The shortest text that reads back as the same double; an exponent only below 1e-6 and from 1e21 on.
    package static func write(_ value: Double, into bytes: inout [UInt8]) {
        if value.isNaN { return bytes += "NaN".utf8 }
        if value.isInfinite { return bytes += (value < 0 ? "-Inf" : "+Inf").utf8 }
        if value == value.rounded(), value.magnitude < 1e15 {
            if value.sign == .minus { bytes.append(UInt8(ascii: "-")) }
            return write(UInt64(value.magnitude), into: &bytes)
        }
        let shortest = value.description
        guard shortest.utf8.contains(UInt8(ascii: "e")) else {
            bytes += shortest.utf8
            // Swift writes 1e16 and less without an exponent, but with a decimal.
            if bytes.suffix(2).elementsEqual([0x2E, 0x30]) { bytes.removeLast(2) }
            return
        }
        let text = Array(shortest.utf8)
        let mark = text.firstIndex(of: UInt8(ascii: "e")) ?? text.count
        write(scientific: text, mark: mark, value.magnitude, into: &bytes)
    }

    static func text(_ value: Double) -> String {
        var bytes: [UInt8] = []
        write(value, into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func write(
        scientific text: [UInt8], mark: Int, _ magnitude: Double, into bytes: inout [UInt8]
    ) {
        let exponent = Int(String(decoding: text[(mark + 1)...], as: UTF8.self)) ?? 0
        var digits = text[..<mark].filter { 0x30...0x39 ~= $0 }
        if digits.count > 1, text[..<mark].suffix(2) == [0x2E, 0x30] { digits.removeLast() }
        if text.first == UInt8(ascii: "-") { bytes.append(UInt8(ascii: "-")) }
        if magnitude < 1e-6 || magnitude >= 1e21 {
            bytes.append(digits[0])
            if digits.count > 1 { bytes += [0x2E] + digits[1...] }
            let size = exponent.magnitude
            bytes += (exponent < 0 ? "e-" : "e+").utf8
            return bytes += (size < 10 ? "0\(size)" : "\(size)").utf8
        }
        if exponent < 0 {
            bytes += "0.".utf8 + Array(repeating: UInt8(ascii: "0"), count: -exponent - 1)
            return bytes += digits
        }
        bytes += digits.prefix(exponent + 1)
        if digits.count <= exponent { bytes += Array(repeating: UInt8(ascii: "0"), count: exponent + 1 - digits.count) }
        if digits.count > exponent + 1 { bytes += [0x2E] + digits[(exponent + 1)...] }
    }
}
