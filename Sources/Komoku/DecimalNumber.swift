/// Numbers as decimal text: the shortest text that reads back as the same double, and a fast reader.
public enum DecimalNumber {
    /// The shortest decimal text; integral numbers below 2^53 have no fraction and no exponent.
    public static func text(_ number: Double) -> String {
        if let integer = Int64(exactly: number), integer.magnitude < 1 << 53 { return String(integer) }
        return number.description
    }

    /// Reads a number in JSON's grammar that takes all of `bytes`.
    ///
    /// - Returns: nil for anything else, and for a number too large for a double.
    public static func parse(_ bytes: [UInt8]) -> Double? {
        var end = 0
        guard let number = parsePrefix(of: bytes, end: &end), end == bytes.count else { return nil }
        return number
    }

    /// Reads a number as meters and microcontrollers write them, too: `0003092.68`, `+21.5`, `.5`, `5.`, with blanks around it or
    /// zero bytes behind. For where nothing but a number can be meant.
    ///
    /// - Returns: nil for anything else, and for a number too large for a double.
    public static func parseLeniently(_ bytes: [UInt8]) -> Double? {
        if let number = parse(bytes) { return number }
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (9...13).contains(byte) }
        var rest = bytes.drop(while: isBlank)
        while let last = rest.last, isBlank(last) || last == 0 { rest.removeLast() }
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
        let whole = rest.prefix { 0x30...0x39 ~= $0 }
        var behind = rest.dropFirst(whole.count)
        var fraction = behind.prefix(0)
        if behind.first == UInt8(ascii: ".") {
            fraction = behind.dropFirst().prefix { 0x30...0x39 ~= $0 }
            behind = behind.dropFirst(fraction.count + 1)
        }
        guard !whole.isEmpty || !fraction.isEmpty, behind.first != UInt8(ascii: ".") else { return nil }
        // As JSON has it: what is left behind is an exponent, or nothing that is a number.
        let significant = whole.drop { $0 == UInt8(ascii: "0") }
        var plain: [UInt8] = isNegative ? [UInt8(ascii: "-")] : []
        plain += significant.isEmpty ? [UInt8(ascii: "0")] : Array(significant)
        if !fraction.isEmpty { plain += [UInt8(ascii: ".")] + fraction }
        return parse(plain + behind)
    }

    /// Whether a word that stands where a number should is what programs write for one that is none: `NaN`, `-inf`, `Infinity`.
    ///
    /// - Returns: how many bytes it takes; 0 where there is no such word.
    public static func lengthOfNoNumber(in bytes: UnsafeBufferPointer<UInt8>, at start: Int) -> Int {
        var index = start
        if index < bytes.count, bytes[index] == UInt8(ascii: "-") || bytes[index] == UInt8(ascii: "+") { index += 1 }
        let first = index
        // Asked before each value of a document: most are seen at once to be something else.
        guard index < bytes.count, bytes[index] | 0x20 == 0x6E || bytes[index] | 0x20 == 0x69 else { return 0 }
        while index < bytes.count, index - first < 9, 0x61...0x7A ~= bytes[index] | 0x20 { index += 1 }
        let word = bytes[first..<index].map { $0 | 0x20 }
        let words: [StaticString] = ["nan", "inf", "infinity"]
        let isKnown = words.contains { known in
            word.elementsEqual(UnsafeBufferPointer(start: known.utf8Start, count: known.utf8CodeUnitCount))
        }
        return isKnown ? index - start : 0
    }

    /// Reads the number at `end` and moves `end` behind it.
    public static func parsePrefix(of bytes: [UInt8], end: inout Int) -> Double? {
        bytes.withUnsafeBufferPointer { parsePrefix(of: $0, end: &end) }
    }

    /// Reads the number at `end` and moves `end` behind it. Not generic: it runs for each number of each message.
    public static func parsePrefix(of bytes: UnsafeBufferPointer<UInt8>, end: inout Int) -> Double? {
        let start = end
        guard let parts = scan(bytes, &end) else { return nil }
        // Up to 2^53 the mantissa is exact and so is the power of ten up to 22: one rounding, the correct one (Clinger 1990).
        if parts.exact, parts.exponent.magnitude < UInt(powersOfTen.count) {
            let mantissa = Double(parts.mantissa)
            let power = powersOfTen[Int(parts.exponent.magnitude)]
            let number = parts.exponent < 0 ? mantissa / power : mantissa * power
            return parts.negative ? -number : number
        }
        guard let number = Double(String(decoding: bytes[start..<end], as: UTF8.self)), number.isFinite else {
            return nil
        }
        return number
    }

    /// `number` rounded to so many decimals, as its decimal text would be; 0 to 15 decimals.
    public static func round(_ number: Double, decimals: Int) -> Double {
        guard decimals >= 0, decimals < powersOfTen.count else { return number }
        let scaled = (number * powersOfTen[decimals]).rounded(.toNearestOrAwayFromZero)
        // Above 2^53 a double has no decimals to lose.
        guard scaled.magnitude < 9_007_199_254_740_992 else { return number }
        return scaled / powersOfTen[decimals]
    }

    private struct Parts {
        var negative = false
        var mantissa: UInt64 = 0
        var exponent = 0
        /// The mantissa holds every digit and is below 2^53.
        var exact = true

        mutating func append(_ digit: UInt8) {
            guard exact else { return }
            mantissa = mantissa * 10 + UInt64(digit)
            if mantissa >= 1 << 53 { exact = false }
        }
    }

    private static let powersOfTen: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ]

    private static func scan(_ bytes: UnsafeBufferPointer<UInt8>, _ index: inout Int) -> Parts? {
        var parts = Parts()
        func peek(_ index: Int) -> UInt8 { index < bytes.count ? bytes[index] : 0 }
        func digits(_ index: inout Int) -> Int {
            var count = 0
            while case let digit = peek(index) &- UInt8(ascii: "0"), digit < 10 {
                parts.append(digit)
                index += 1
                count += 1
            }
            return count
        }
        if peek(index) == UInt8(ascii: "-") {
            parts.negative = true
            index += 1
        }
        let leadingZero = peek(index) == UInt8(ascii: "0")
        let whole = digits(&index)
        guard whole > 0, !leadingZero || whole == 1 else { return nil }
        if peek(index) == UInt8(ascii: ".") {
            index += 1
            let fraction = digits(&index)
            guard fraction > 0 else { return nil }
            parts.exponent -= fraction
        }
        guard peek(index) | 0x20 == UInt8(ascii: "e") else { return parts }
        index += 1
        guard let exponent = scanExponent(bytes, &index) else { return nil }
        parts.exponent += exponent
        return parts
    }

    private static func scanExponent(_ bytes: UnsafeBufferPointer<UInt8>, _ index: inout Int) -> Int? {
        func peek() -> UInt8 { index < bytes.count ? bytes[index] : 0 }
        let negative = peek() == UInt8(ascii: "-")
        if negative || peek() == UInt8(ascii: "+") { index += 1 }
        var exponent = 0
        var any = false
        while case let digit = peek() &- UInt8(ascii: "0"), digit < 10 {
            // A double's exponent has three digits; more only has to stay large.
            exponent = min(exponent * 10 + Int(digit), 100_000)
            any = true
            index += 1
        }
        return any ? (negative ? -exponent : exponent) : nil
    }
}
