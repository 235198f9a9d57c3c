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
    case dict([Member])

    struct Member: Sendable {
        let name: String
        let value: JinjaValue
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
        default: representation
        }
    }

    /// As Python prints it inside of a list.
    private var representation: String {
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
            for (index, item) in items.enumerated() where text.utf8.count <= limit {
                if index > 0 { text += ", " }
                item.write(to: &text, limit: limit)
            }
            text += "]"
        case .dict(let members):
            text += "{"
            for (index, member) in members.enumerated() where text.utf8.count <= limit {
                text += (index > 0 ? ", " : "") + Self.quoted(member.name) + ": "
                member.value.write(to: &text, limit: limit)
            }
            text += "}"
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
        case .list(let items): !items.isEmpty
        case .dict(let members): !members.isEmpty
        }
    }

    var isUndefined: Bool { if case .undefined = self { true } else { false } }
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

    /// The member or item, or undefined: what `a.b` and `a['b']` mean.
    subscript(index: JinjaValue) -> JinjaValue {
        switch (self, index) {
        case (.dict(let members), .string(let name)):
            return members.last { $0.name.utf8.elementsEqual(name.utf8) }?.value ?? .undefined
        case (.list(let items), _):
            guard let index = index.integer, let place = Self.place(index, items.count) else { return .undefined }
            return items[place]
        case (.string(let text), _):
            let scalars = text.unicodeScalars
            guard let index = index.integer, let place = Self.place(index, scalars.count) else { return .undefined }
            return .string(String(scalars[scalars.index(scalars.startIndex, offsetBy: place)]))
        default: return .undefined
        }
    }

    private static func place(_ index: Int, _ count: Int) -> Int? {
        if 0..<count ~= index { return index }
        return index < 0 && index >= -count ? count + index : nil
    }
}

// MARK: - Bounds

extension JinjaValue {
    /// The most items that a template makes of something, and the deepest nesting that it makes.
    static let maximumItems = 10_000
    static let maximumDepth = JSON.maximumDepth + 16

    /// The steps of a walk through all of it, or some number above `limit`; nil where it is nested too deep.
    func weight(upTo limit: Int) -> Int? {
        var weight = 0
        return weigh(&weight, upTo: limit, depth: 0) ? weight : nil
    }

    private func weigh(_ weight: inout Int, upTo limit: Int, depth: Int) -> Bool {
        weight += 1
        switch self {
        case .string(let text): weight += text.utf8.count
        case .list(let items):
            guard depth < Self.maximumDepth else { return false }
            for item in items where weight <= limit {
                guard item.weigh(&weight, upTo: limit, depth: depth + 1) else { return false }
            }
        case .dict(let members):
            guard depth < Self.maximumDepth else { return false }
            for member in members where weight <= limit {
                weight += member.name.utf8.count
                guard member.value.weigh(&weight, upTo: limit, depth: depth + 1) else { return false }
            }
        default: break
        }
        return true
    }
}

// MARK: - Comparing

extension JinjaValue {
    static func equal(_ a: JinjaValue, _ b: JinjaValue) -> Bool {
        switch (a, b) {
        case (.undefined, .undefined), (.none, .none): return true
        case (.string(let x), .string(let y)): return x.utf8.elementsEqual(y.utf8)
        case (.list(let x), .list(let y)): return x.count == y.count && zip(x, y).allSatisfy(equal)
        case (.dict(let x), .dict(let y)):
            let (x, y) = (table(x), table(y))
            return x.count == y.count && x.allSatisfy { name, value in y[name].map { equal(value, $0) } ?? false }
        default:
            if let x = a.integer, let y = b.integer { return x == y }
            guard let x = a.double, let y = b.double else { return false }
            return x == y
        }
    }

    /// Of members with one name the last counts.
    private static func table(_ members: [Member]) -> [ByteText: JinjaValue] {
        Dictionary(members.map { (ByteText($0.name), $0.value) }) { $1 }
    }

    /// - Throws: where Python cannot order the two.
    static func isLess(_ a: JinjaValue, _ b: JinjaValue) throws(JinjaError) -> Bool {
        if let x = a.integer, let y = b.integer { return x < y }
        if let x = a.double, let y = b.double { return x < y }
        if case .string(let x) = a, case .string(let y) = b { return x.utf8.lexicographicallyPrecedes(y.utf8) }
        if a.isUndefined || b.isUndefined { throw .undefined }
        throw .failed("'\(a.excerpt)' and '\(b.excerpt)' cannot be compared")
    }

    /// `item in whole`.
    static func contains(_ whole: JinjaValue, _ item: JinjaValue) throws(JinjaError) -> Bool {
        switch (whole, item) {
        case (.undefined, _): return false
        case (.list(let items), _): return items.contains { equal($0, item) }
        case (.dict(let members), .string(let name)):
            return members.contains { $0.name.utf8.elementsEqual(name.utf8) }
        case (.dict, _): return false
        case (.string(let text), .string(let part)):
            return part.isEmpty || !text.starts(ofBytes: part, limit: 1).isEmpty
        case (_, .undefined): throw .undefined
        default: throw .failed("'in' does not work with '\(whole.excerpt)'")
        }
    }
}
