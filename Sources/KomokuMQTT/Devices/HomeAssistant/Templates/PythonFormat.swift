internal import Glibc
internal import Komoku

/// How one value is written: Python's format specification, `[[fill]align][sign][#][0][width][,][.precision][type]`.
struct PythonFormat {
    var fill: Unicode.Scalar = " "
    /// `<`, `>`, `^` or `=`; nil is as the value has it.
    var align: Unicode.Scalar?
    var sign: Unicode.Scalar = "-"
    var isAlternate = false
    var width = 0
    /// Between thousands.
    var grouping: Unicode.Scalar?
    var precision: Int?
    var kind: Unicode.Scalar?

    /// The widest field, and the most decimals.
    static let maximumWidth = 4096

    init() {}

    /// - Throws: where the text is no specification.
    init(_ text: String) throws(JinjaError) {
        var rest = text.unicodeScalars[...]
        func isAlign(_ scalar: Unicode.Scalar?) -> Bool { scalar.map { "<>^=".unicodeScalars.contains($0) } ?? false }
        if isAlign(rest.dropFirst().first), let first = rest.first {
            fill = first
            align = rest.dropFirst().first
            rest = rest.dropFirst(2)
        } else if isAlign(rest.first) {
            align = rest.popFirst()
        }
        if let first = rest.first, "+- ".unicodeScalars.contains(first) { sign = rest.removeFirst() }
        if rest.first == "z" { rest.removeFirst() }
        if rest.first == "#" {
            isAlternate = true
            rest.removeFirst()
        }
        if rest.first == "0" {
            if align == nil { (fill, align) = ("0", "=") }
            rest.removeFirst()
        }
        width = try Self.number(&rest) ?? 0
        if let first = rest.first, first == "," || first == "_" { grouping = rest.removeFirst() }
        if rest.first == "." {
            rest.removeFirst()
            guard let number = try Self.number(&rest) else { throw .failed("a format has no places after '.'") }
            precision = number
        }
        kind = rest.popFirst()
        if !rest.isEmpty { throw .failed("'\(text.prefix(40))' is no format") }
    }

    static func number(_ rest: inout Substring.UnicodeScalarView) throws(JinjaError) -> Int? {
        let digits = rest.prefix { "0"..."9" ~= $0 }
        if digits.isEmpty { return nil }
        rest = rest.dropFirst(digits.count)
        guard digits.count <= 6, let number = Int(String(digits)), number <= maximumWidth else {
            throw .failed("a format is wider than \(maximumWidth)")
        }
        return number
    }

    // MARK: Writing

    func text(_ value: JinjaValue) throws(JinjaError) -> String {
        switch value {
        case .string(let text):
            guard kind == nil || kind == "s", align != "=" || fill == "0", grouping == nil else { throw unfit(value) }
            let cut = precision.map { String(text.unicodeScalars.prefix($0)) } ?? text
            return padded("", cut, usual: "<")
        case .bool(let bool) where kind == nil:
            return self == PythonFormat() ? (bool ? "True" : "False") : try number(.int(bool ? 1 : 0))
        case .bool, .int, .float: return try number(value)
        case .time, .span, .list, .tuple, .dict, .none, .undefined, .space:
            guard self == PythonFormat() else { throw unfit(value) }
            return value.text
        }
    }

    private func unfit(_ value: JinjaValue) -> JinjaError {
        .failed("the format '\(kind.map(String.init) ?? "")' does not fit '\(value.excerpt)'")
    }

    private func number(_ value: JinjaValue) throws(JinjaError) -> String {
        switch kind {
        case nil where value.integer != nil, "n" where value.integer != nil, "d", "b", "o", "x", "X", "c":
            guard let integer = value.integer, precision == nil else { throw unfit(value) }
            return try whole(integer)
        case nil, "e", "E", "f", "F", "g", "G", "n", "%":
            guard let number = value.double else { throw unfit(value) }
            return real(number)
        default: throw unfit(value)
        }
    }

    private func whole(_ integer: Int) throws(JinjaError) -> String {
        let magnitude = integer.magnitude
        var (prefix, digits): (String, String)
        switch kind {
        case "b": (prefix, digits) = ("0b", String(magnitude, radix: 2))
        case "o": (prefix, digits) = ("0o", String(magnitude, radix: 8))
        case "x": (prefix, digits) = ("0x", String(magnitude, radix: 16))
        case "X": (prefix, digits) = ("0X", String(magnitude, radix: 16).uppercased())
        case "c":
            guard let scalar = UInt32(exactly: integer).flatMap(Unicode.Scalar.init) else {
                throw .failed("\(integer) is no character")
            }
            return padded("", String(scalar), usual: "<")
        default: (prefix, digits) = ("", String(magnitude))
        }
        if !isAlternate { prefix = "" }
        let isDecimal = kind == nil || kind == "d" || kind == "n"
        return padded(sign(integer < 0) + prefix, grouped(digits, by: isDecimal ? 3 : 4), usual: ">")
    }

    private func real(_ number: Double) -> String {
        let magnitude = number.magnitude
        var digits: String
        if !number.isFinite {
            digits = number.isNaN ? "nan" : "inf"
            if let kind, "EFG".unicodeScalars.contains(kind) { digits = digits.uppercased() }
        } else {
            digits = finite(magnitude)
        }
        if kind == "%" { digits += "%" }
        return padded(sign(number.sign == .minus && !number.isNaN), grouped(digits, by: 3), usual: ">")
    }

    private func finite(_ magnitude: Double) -> String {
        switch kind {
        case nil:
            guard let precision else { return magnitude.description }
            let text = Self.c(magnitude, decimals: max(precision, 1), "g")
            // Such a number keeps one digit behind its point.
            return text.contains(where: { $0 == "." || $0 == "e" }) ? text : text + ".0"
        case "%": return Self.c(magnitude * 100, decimals: precision ?? 6, "f")
        case "n"?: return Self.c(magnitude, decimals: precision ?? 6, "g")
        case let kind?:
            let isGeneral = kind == "g" || kind == "G"
            return Self.c(
                magnitude, decimals: isGeneral ? max(precision ?? 6, 1) : precision ?? 6, kind, isAlternate: isAlternate
            )
        }
    }

    private func sign(_ isNegative: Bool) -> String { isNegative ? "-" : sign == "-" ? "" : String(sign) }

    private func grouped(_ digits: String, by size: Int) -> String {
        guard let grouping else { return digits }
        let whole = digits.prefix { $0.isHexDigit && (size == 4 || $0.isNumber) }
        var result = ""
        for (index, digit) in whole.enumerated() {
            if index > 0, (whole.count - index) % size == 0 { result.unicodeScalars.append(grouping) }
            result.append(digit)
        }
        return result + digits.dropFirst(whole.count)
    }

    private func padded(_ sign: String, _ body: String, usual: Unicode.Scalar) -> String {
        let missing = max(0, width - sign.unicodeScalars.count - body.unicodeScalars.count)
        func filled(_ count: Int) -> String { String(repeating: String(fill), count: count) }
        switch align ?? usual {
        case "<": return sign + body + filled(missing)
        case "^": return filled(missing / 2) + sign + body + filled(missing - missing / 2)
        case "=": return sign + filled(missing) + body
        default: return filled(missing) + sign + body
        }
    }

    /// As C writes a number that is finite: `%.2f`.
    static func c(_ number: Double, decimals: Int, _ kind: Unicode.Scalar, isAlternate: Bool = false) -> String {
        // 308 digits before the point, and what is asked for behind it.
        var buffer = [CChar](repeating: 0, count: 400 + maximumWidth)
        let format = (isAlternate ? "%#.*" : "%.*") + String(kind)
        let count = withVaList([Int32(min(max(decimals, 0), maximumWidth)), number]) { list in
            vsnprintf(&buffer, buffer.count, format, list)
        }
        return String(decoding: buffer.prefix(Int(max(count, 0))).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension PythonFormat: Equatable {}
