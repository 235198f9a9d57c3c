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
        switch self {
        case .undefined: "Undefined"
        case .none: "None"
        case .bool(let bool): bool ? "True" : "False"
        case .int(let int): String(int)
        case .float(let number): number.description
        case .string(let text): Self.quoted(text)
        case .list(let items): "[" + items.map(\.representation).joined(separator: ", ") + "]"
        case .dict(let members):
            "{" + members.map { Self.quoted($0.name) + ": " + $0.value.representation }.joined(separator: ", ") + "}"
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

// MARK: - Comparing

extension JinjaValue {
    static func equal(_ a: JinjaValue, _ b: JinjaValue) -> Bool {
        switch (a, b) {
        case (.undefined, .undefined), (.none, .none): return true
        case (.string(let x), .string(let y)): return x.utf8.elementsEqual(y.utf8)
        case (.list(let x), .list(let y)): return x.count == y.count && zip(x, y).allSatisfy(equal)
        case (.dict(let x), .dict(let y)):
            return x.count == y.count && x.allSatisfy { equal($0.value, b[.string($0.name)]) }
        default:
            if let x = a.integer, let y = b.integer { return x == y }
            guard let x = a.double, let y = b.double else { return false }
            return x == y
        }
    }

    /// - Throws: where Python cannot order the two.
    static func isLess(_ a: JinjaValue, _ b: JinjaValue) throws(JinjaError) -> Bool {
        if let x = a.integer, let y = b.integer { return x < y }
        if let x = a.double, let y = b.double { return x < y }
        if case .string(let x) = a, case .string(let y) = b { return x.utf8.lexicographicallyPrecedes(y.utf8) }
        if a.isUndefined || b.isUndefined { throw .undefined }
        throw .failed("'\(a.text.prefix(40))' and '\(b.text.prefix(40))' cannot be compared")
    }

    /// `item in whole`.
    static func contains(_ whole: JinjaValue, _ item: JinjaValue) throws(JinjaError) -> Bool {
        switch (whole, item) {
        case (.undefined, _): return false
        case (.list(let items), _): return items.contains { equal($0, item) }
        case (.dict(let members), .string(let name)):
            return members.contains { $0.name.utf8.elementsEqual(name.utf8) }
        case (.dict, _): return false
        case (.string(let text), .string(let part)): return text.firstRange(ofBytes: part) != nil
        case (_, .undefined): throw .undefined
        default: throw .failed("'in' does not work with '\(whole.text.prefix(40))'")
        }
    }
}

extension String {
    /// Where a text stands in it first, compared byte by byte.
    func firstRange(ofBytes part: String, from start: String.Index? = nil) -> Range<String.Index>? {
        let bytes = utf8[(start ?? startIndex)...]
        if part.isEmpty { return bytes.startIndex..<bytes.startIndex }
        guard let first = part.utf8.first else { return nil }
        var index = bytes.startIndex
        while let found = bytes[index...].firstIndex(of: first) {
            if bytes[found...].starts(with: part.utf8) {
                return found..<bytes.index(found, offsetBy: part.utf8.count)
            }
            index = bytes.index(after: found)
        }
        return nil
    }

    /// The parts between each occurrence of a text that is not empty, at most `limit` cuts.
    func parts(splitBy separator: String, limit: Int = .max) -> [String] {
        var parts: [String] = []
        var start = startIndex
        while parts.count < limit, let range = firstRange(ofBytes: separator, from: start) {
            parts.append(String(self[start..<range.lowerBound]))
            start = range.upperBound
        }
        return parts + [String(self[start...])]
    }
}
