/// The types of the YAML 1.2 core schema (https://yaml.org/spec/1.2.2/#103-core-schema).
extension YAMLScalar {
    package enum Value: Hashable, Sendable {
        case null
        case bool(Bool)
        case integer(Int)
        /// Also a whole number beyond 64 bits.
        case float(Double)
        case string(String)
    }

    /// The text by the core schema: `on off yes no` are strings, quoted text is always a string. An explicit tag wins;
    /// where the text does not fit the tag, the value is a string.
    package var value: Value {
        switch tag {
        case nil: isQuoted || isPartlySubstituted ? .string(text) : Self.resolve(text)
        case Self.tagPrefix + "null": text.isEmpty ? .null : Self.resolve(text)
        case Self.tagPrefix + "int", Self.tagPrefix + "bool": Self.resolve(text)
        case Self.tagPrefix + "float": Self.float(Self.resolve(text))
        default: .string(text)
        }
    }

    static let tagPrefix = "tag:yaml.org,2002:"

    /// Whether the text fits its explicit tag.
    var fitsTag: Bool {
        switch (tag, value) {
        case (Self.tagPrefix + "null", .null), (Self.tagPrefix + "int", .integer): true
        case (Self.tagPrefix + "bool", .bool), (Self.tagPrefix + "float", .float): true
        case (nil, _), ("!", _), (Self.tagPrefix + "str", _): true
        default: false
        }
    }

    /// Plain text with more in it than one `${NAME}`: it stays text.
    private var isPartlySubstituted: Bool {
        guard let written else { return false }
        return !Substitution.isWholly(written)
    }

    private static func float(_ value: Value) -> Value {
        guard case .integer(let whole) = value else { return value }
        return .float(Double(whole))
    }

    static func resolve(_ text: String) -> Value {
        switch text {
        case "", "~", "null", "Null", "NULL": .null
        case "true", "True", "TRUE": .bool(true)
        case "false", "False", "FALSE": .bool(false)
        case ".nan", ".NaN", ".NAN": .float(.nan)
        case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": .float(.infinity)
        case "-.inf", "-.Inf", "-.INF": .float(-.infinity)
        default: number(text) ?? .string(text)
        }
    }

    private static func number(_ text: String) -> Value? {
        if text.utf8.starts(with: "0x".utf8) { return based(text, 16) }
        if text.utf8.starts(with: "0o".utf8) { return based(text, 8) }
        switch shape(text) {
        case .whole: return Int(text).map(Value.integer) ?? Double(text).map(Value.float)
        case .fraction: return Double(text).map(Value.float)
        case nil: return nil
        }
    }

    private static func based(_ text: String, _ radix: Int) -> Value? {
        let digits = text.utf8.dropFirst(2)
        // `Int(_:radix:)` takes a sign, the schema does not.
        guard let first = digits.first, first != UInt8(ascii: "+"), first != UInt8(ascii: "-") else { return nil }
        return Int(text.dropFirst(2), radix: radix).map(Value.integer)
    }

    private enum Shape { case whole, fraction }

    /// `[-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`: narrower than what `Double` takes, which
    /// has `inf`, `nan` and hexadecimal fractions too.
    private static func shape(_ text: String) -> Shape? {
        var rest = text.utf8[...]
        dropSign(&rest)
        let whole = dropDigits(&rest)
        if whole > 0, rest.isEmpty { return .whole }
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            if dropDigits(&rest) + whole == 0 { return nil }
        } else if whole == 0 {
            return nil
        }
        if rest.isEmpty { return .fraction }
        guard let mark = rest.popFirst(), mark | 0x20 == UInt8(ascii: "e") else { return nil }
        dropSign(&rest)
        return dropDigits(&rest) > 0 && rest.isEmpty ? .fraction : nil
    }

    private static func dropSign(_ rest: inout Substring.UTF8View) {
        if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
    }

    private static func dropDigits(_ rest: inout Substring.UTF8View) -> Int {
        let digits = rest.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        rest = rest[digits.endIndex...]
        return digits.count
    }
}
