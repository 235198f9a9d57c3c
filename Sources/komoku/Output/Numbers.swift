internal import Komoku

/// Numbers as people read them.
enum Numbers {
    /// Digits that a computed number is shown with, at least as many as it has before the point.
    static let digits = 6

    /// A computed number without the digits that say nothing: `21.3714`, `1234567`.
    ///
    /// - Parameter decimals: no more than these.
    static func computed(_ number: Double, decimals most: Int? = nil) -> String {
        if number.magnitude < 1e-9 { return DecimalNumber.text(number) }
        return DecimalNumber.text(rounded(number, decimals: min(most ?? .max, decimals(for: number.magnitude))))
    }

    /// Decimals that leave `digits` digits.
    static func decimals(for magnitude: Double) -> Int {
        guard magnitude > 0, magnitude.isFinite else { return 0 }
        var (decimals, limit) = (digits - 1, 10.0)
        while magnitude >= limit, decimals > 0 { (decimals, limit) = (decimals - 1, limit * 10) }
        limit = 1
        while magnitude < limit, decimals < 15 { (decimals, limit) = (decimals + 1, limit / 10) }
        return decimals
    }

    private static func rounded(_ number: Double, decimals: Int) -> Double {
        DecimalNumber.round(number, decimals: decimals)
    }

    /// The numbers of a column with equally many decimals, no more than they need; empty where there is none.
    ///
    /// - Parameter decimals: no more than these.
    static func column(_ numbers: [Double?], decimals limited: Int? = nil) -> [String] {
        let known = numbers.compactMap(\.self)
        let most = decimals(for: known.map(\.magnitude).max() ?? 0)
        let limit = min(most, 6, limited ?? 6)
        let texts = known.map { DecimalNumber.text(rounded($0, decimals: limit)) }
        // Exponents have no decimals to align.
        if texts.contains(where: { $0.contains("e") }) { return numbers.map { $0.map { computed($0) } ?? "" } }
        let needed = texts.map(fraction(of:)).max() ?? 0
        return numbers.map { number in
            guard let number else { return "" }
            let text = DecimalNumber.text(rounded(number, decimals: limit))
            let missing = needed - fraction(of: text)
            let dot = fraction(of: text) == 0 && needed > 0 ? "." : ""
            return (text == "-0" ? "0" : text) + dot + String(repeating: "0", count: max(0, missing))
        }
    }

    static func fraction(of text: String) -> Int {
        text.utf8.firstIndex(of: UInt8(ascii: ".")).map { text.utf8.distance(from: $0, to: text.utf8.endIndex) - 1 }
            ?? 0
    }

    /// `1,234,567`.
    static func grouped(_ count: Int) -> String {
        let digits = String(count.magnitude)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return count < 0 ? "-" + text : text
    }

    /// `1 key`, `1,234 keys`.
    static func counted(_ count: Int, _ noun: String, _ plural: String? = nil) -> String {
        "\(grouped(count)) \(count == 1 ? noun : plural ?? noun + "s")"
    }

    static func grouped(_ number: Double) -> String {
        Int(exactly: number.rounded()).map(grouped) ?? computed(number)
    }

    /// `4.2 MB`, in powers of 1,000.
    static func bytes(_ count: Double) -> String {
        var (number, unit) = (count, 0)
        let units = ["B", "kB", "MB", "GB", "TB"]
        while number.magnitude >= 999.95, unit < units.count - 1 { (number, unit) = (number / 1000, unit + 1) }
        return DecimalNumber.text(DecimalNumber.round(number, decimals: unit == 0 ? 0 : 1)) + " " + units[unit]
    }

    /// A part of the whole as `97.5 %`; what is not all of it never reads as 100.
    static func percent(_ share: Double) -> String { percentNumber(share) + " %" }

    static func percentNumber(_ share: Double) -> String {
        var decimals = 1
        while decimals < 5, share < 1, share > 0,
            [0, 100].contains(DecimalNumber.round(share * 100, decimals: decimals))
        {
            decimals += 1
        }
        let text = DecimalNumber.text(DecimalNumber.round(share * 100, decimals: decimals))
        return text.contains(".") || text.contains("e") ? text : text + ".0"
    }

    /// A length of time, its two largest parts: `2d 5h`, `1h 30m`, `12s`, `0.25s`.
    static func length(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds.magnitude < 1e15 else { return "?" }
        if seconds < 0 { return "-" + length(-seconds) }
        if seconds < 60 {
            return DecimalNumber.text(DecimalNumber.round(seconds, decimals: seconds < 10 ? 2 : 0)) + "s"
        }
        let whole = Int(seconds.rounded())
        let parts = [(whole / 86_400, "d"), (whole / 3600 % 24, "h"), (whole / 60 % 60, "m"), (whole % 60, "s")]
        let shown = parts.drop { $0.0 == 0 }.prefix(2).filter { $0.0 > 0 }
        return shown.map { "\($0.0)\($0.1)" }.joined(separator: " ")
    }
}
