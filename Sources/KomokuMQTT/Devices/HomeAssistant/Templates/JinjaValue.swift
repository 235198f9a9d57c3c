internal import Komoku

/// A value of a Home Assistant template: what Python's JSON reader makes, and what a name without a value is.
indirect enum JinjaValue: Sendable {
    case undefined
    case none
    case bool(Bool)
    case int(Int)
    case float(Double)
    case string(String)
    case list([JinjaValue])
    case tuple([JinjaValue])
    /// In the order of their first mention; no two keys are equal.
    case dict([Member])
    case time(JinjaTime)
    /// A length of time, in microseconds.
    case span(Int)
    /// A namespace, by its number in the work at hand.
    case space(Int)

    struct Member: Sendable {
        /// A text as a rule; a literal may have others, and 1, 1.0 and true are one key.
        let key: JinjaValue
        let value: JinjaValue

        init(key: JinjaValue, value: JinjaValue) {
            (self.key, self.value) = (key, value)
        }

        init(name: String, value: JinjaValue) {
            self.init(key: .string(name), value: value)
        }
    }
}

/// Why a template yields nothing for a message.
enum JinjaError: Error {
    /// Something is missing in the message: that is usual.
    case undefined
    /// A sentence for a person.
    case failed(String)
}

extension JinjaValue {
    init(_ value: Value) {
        self =
            switch value {
            case .boolean(let bool): .bool(bool)
            case .string(let text): .string(text)
            case .number(let number): Int(exactly: number).map { .int($0) } ?? .float(number)
            }
    }

    /// As Python prints it.
    var text: String {
        switch self {
        case .undefined: ""
        case .string(let text): text
        case .time(let time): time.isoText(separator: " ")
        case .span(let span): JinjaTime.text(ofSpan: span)
        default: representation
        }
    }

    /// As Python prints it inside of a list.
    var representation: String {
        var text = ""
        write(to: &text, limit: .max)
        return text
    }

    /// Its beginning, for a person.
    var excerpt: String {
        if case .string(let text) = self { return String(text.prefix(40)) }
        if isUndefined { return "" }
        var text = ""
        write(to: &text, limit: 40)
        return String(text.prefix(40))
    }

    /// Ends where the text is longer than `limit` bytes.
    private func write(to text: inout String, limit: Int) {
        guard text.utf8.count <= limit else { return }
        switch self {
        case .undefined: text += "Undefined"
        case .none: text += "None"
        case .bool(let bool): text += bool ? "True" : "False"
        case .int(let int): text += String(int)
        case .float(let number): text += number.description
        case .string(let some): text += Self.quoted(limit == .max ? some : String(some.prefix(limit)))
        case .list(let items):
            text += "["
            Self.write(items, to: &text, limit: limit)
            text += "]"
        case .tuple(let items):
            text += "("
            Self.write(items, to: &text, limit: limit)
            text += items.count == 1 ? ",)" : ")"
        case .dict(let members):
            text += "{"
            for (index, member) in members.enumerated() where text.utf8.count <= limit {
                if index > 0 { text += ", " }
                member.key.write(to: &text, limit: limit)
                text += ": "
                member.value.write(to: &text, limit: limit)
            }
            text += "}"
        case .time(let time): text += time.representation
        case .span(let span): text += "datetime.timedelta(\(JinjaTime.parts(ofSpan: span)))"
        case .space: text += "<Namespace>"
        }
    }

    private static func write(_ items: [JinjaValue], to text: inout String, limit: Int) {
        for (index, item) in items.enumerated() where text.utf8.count <= limit {
            if index > 0 { text += ", " }
            item.write(to: &text, limit: limit)
        }
    }

    private static func quoted(_ text: String) -> String {
        let quote = text.utf8.contains(UInt8(ascii: "'")) && !text.utf8.contains(UInt8(ascii: "\"")) ? "\"" : "'"
        var result = quote
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "'" where quote == "'": result += "\\'"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value):
                result += "\\x" + JinjaTime.padded(String(scalar.value, radix: 16), 2)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + quote
    }

    var isTrue: Bool {
        switch self {
        case .undefined, .none: false
        case .bool(let bool): bool
        case .int(let int): int != 0
        case .float(let number): number != 0
        case .string(let text): !text.isEmpty
        case .list(let items), .tuple(let items): !items.isEmpty
        case .dict(let members): !members.isEmpty
        case .span(let span): span != 0
        case .time, .space: true
        }
    }

    var isUndefined: Bool { if case .undefined = self { true } else { false } }
    var isTuple: Bool { if case .tuple = self { true } else { false } }
    var isString: Bool { if case .string = self { true } else { false } }

    /// For arithmetic, where true is 1.
    var double: Double? {
        switch self {
        case .bool(let bool): bool ? 1 : 0
        case .int(let int): Double(int)
        case .float(let number): number
        default: nil
        }
    }

    var integer: Int? {
        switch self {
        case .bool(let bool): bool ? 1 : 0
        case .int(let int): int
        default: nil
        }
    }
}
