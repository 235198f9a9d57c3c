internal import Komoku

/// What stands in a field of a table of readings.
enum Cell: Hashable {
    /// From here on nothing was known: nothing, `unavailable`, `unknown`. It never tells a type.
    case gap
    /// With the text, which is what a key of texts gets.
    case number(Double, String)
    /// A word that is true or false where a payload of MQTT has it: `on`, `Off`, `true`, `open`, `no`.
    case word(Bool, String)
    case text(String)

    /// As a key of a type takes it. What it does not take is left for the hub to refuse.
    func json(for type: KeyType?) -> JSON {
        switch (self, type) {
        case (.gap, _): .null
        case (.number(_, let text), .string): .string(text)
        case (.number(let number, _), .boolean), (.number(let number, _), .uptime):
            number == 1 ? true : number == 0 ? false : .number(number)
        case (.number(let number, _), _): .number(number)
        case (.word(_, let text), .string): .string(text)
        case (.word(let flag, _), .boolean), (.word(let flag, _), .uptime): .bool(flag)
        case (.word(_, let text), _): .string(text)
        case (.text(let text), _): .string(text)
        }
    }
}

/// How the numbers of a file are written.
struct NumberStyle: Hashable {
    var delimiter: UInt8
    /// A number was seen that can only have a decimal comma, or point.
    var hasComma = false
    var hasPoint = false

    /// Words for nothing that only some programs write.
    static let foreignGaps: Set<String> = ["null", "nan", "none", "undefined", "n/a"]

    init(delimiter: UInt8) {
        self.delimiter = delimiter
    }

    /// - Parameters:
    ///   - isText: the file says that it is a text, whatever it looks like.
    ///   - isForeign: of a program that is not this one; quotes mean nothing then.
    mutating func cell(_ field: String, isText: Bool = false, isForeign: Bool) throws(BrokenLine) -> Cell {
        if isText { return .text(try Self.checked(field)) }
        let text = field.trimmed
        let word = text.utf8.count <= 11 ? text.lowercased() : ""
        if text.isEmpty || word == "unavailable" || word == "unknown" { return .gap }
        if isForeign, Self.foreignGaps.contains(word) { return .gap }
        if let number = try number(text) { return .number(number, text) }
        if text != "1", text != "0", let flag = Value.boolean(named: text) { return .word(flag, text) }
        return .text(try Self.checked(field))
    }

    private static func checked(_ text: String) throws(BrokenLine) -> String {
        guard text.utf8.count <= Value.maximumStringLength else { throw BrokenLine("the text is longer than 64 KiB") }
        return text
    }

    /// - Returns: nil where it is no number.
    /// - Throws: where it is one whose separators can be read in two ways.
    private mutating func number(_ text: String) throws(BrokenLine) -> Double? {
        guard let shape = NumberShape(text) else { return nil }
        guard let mark = shape.mark else { return DecimalNumber.parse(Array(text.utf8)) }
        if shape.isCertain { if mark == UInt8(ascii: ",") { hasComma = true } else { hasPoint = true } }
        if shape.hasThousands || (shape.mayBeThousands && !isDecimal(mark)) {
            throw BrokenLine(
                "'\(text.prefix(40).description.printable)' has a separator of thousands; write numbers without one")
        }
        return DecimalNumber.parse(text.utf8.map { $0 == UInt8(ascii: ",") ? UInt8(ascii: ".") : $0 })
    }

    /// Whether in `1,234` or `1.234` the mark is that of decimals.
    private func isDecimal(_ mark: UInt8) -> Bool {
        guard mark == UInt8(ascii: ",") else { return !hasComma || hasPoint }
        // Where commas separate fields, or points were seen, a comma that could be one of thousands is one.
        return hasComma || (delimiter == UInt8(ascii: ";") && !hasPoint)
    }
}

/// Digits with marks between them.
private struct NumberShape {
    /// The mark before the decimals, or what could be it; nil where there is none.
    private(set) var mark: UInt8?
    /// There are separators of thousands beyond doubt.
    private(set) var hasThousands = false
    /// The one mark there is has three digits behind it and one to three before it.
    private(set) var mayBeThousands = false
    /// There is one mark and it is that of decimals beyond doubt.
    var isCertain: Bool { mark != nil && !hasThousands && !mayBeThousands }

    init?(_ text: String) {
        var groups = [0]
        var marks: [UInt8] = []
        let bytes = Array(text.replacing("\u{A0}", with: " ").replacing("\u{202F}", with: " ").utf8)
        var digits = bytes[...]
        if digits.first == UInt8(ascii: "-") { digits.removeFirst() }
        let leading = digits.first
        for (index, byte) in digits.enumerated() {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): groups[groups.count - 1] += 1
            case UInt8(ascii: "."), UInt8(ascii: ","), UInt8(ascii: "'"), UInt8(ascii: " "):
                marks.append(byte)
                groups.append(0)
            case UInt8(ascii: "e"), UInt8(ascii: "E"):
                // An exponent: the grammar of JSON decides, and nobody writes thousands beside one.
                guard index > 0, marks.allSatisfy({ $0 == UInt8(ascii: ".") }) else { return nil }
                mark = nil
                return
            default: return nil
            }
        }
        guard groups[0] > 0, groups[groups.count - 1] > 0 else { return nil }
        let grouped = marks.count > 1 || marks.contains(UInt8(ascii: "'")) || marks.contains(UInt8(ascii: " "))
        if grouped {
            // `1.234.567,8`, `1 234`: three digits in each group but the first, and but the decimals.
            let last = marks[marks.count - 1]
            let hasDecimals = marks.dropLast().allSatisfy { $0 != last } && last != UInt8(ascii: " ") && marks.count > 1
            let middle = hasDecimals ? groups.dropFirst().dropLast() : groups.dropFirst()
            guard groups[0] <= 3, middle.allSatisfy({ $0 == 3 }) else { return nil }
            hasThousands = true
            mark = last
        } else if let only = marks.first {
            mark = only
            mayBeThousands = groups[0] <= 3 && groups[1] == 3 && leading != UInt8(ascii: "0")
        }
    }
}

extension String {
    /// Without white space at both ends.
    var trimmed: String {
        guard let start = firstIndex(where: { !$0.isWhitespace }), let end = lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(self[start...end])
    }
}
