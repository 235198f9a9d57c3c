extension JSON {
    /// Why a text is not JSON.
    public struct Invalid: Error, Hashable, Sendable, CustomStringConvertible {
        /// Bytes before the fault.
        public let offset: Int
        public let reason: String
        public var description: String { "not JSON: \(reason) at byte \(offset)" }

        package init(offset: Int, reason: String) {
            self.offset = offset
            self.reason = reason
        }
    }

    /// The deepest nesting that is read.
    public static let maximumDepth = 64

    /// Reads one JSON document that takes all of `bytes`.
    ///
    /// - Throws: `JSON.Invalid` where it is not JSON, not UTF-8, nested deeper than `maximumDepth`, or holds a number that
    ///   no double can hold.
    public init(parsing bytes: some Sequence<UInt8>) throws(Invalid) {
        try self.init(whole: JSONReader(Array(bytes)))
    }

    /// The same, of what a device wrote: numbers that are none (`NaN`, `-inf`, `Infinity`), which JSON does not have, are null.
    public init(parsingFromDevice bytes: some Sequence<UInt8>) throws(Invalid) {
        try self.init(whole: JSONReader(Array(bytes), takesNoNumbers: true))
    }

    public init(parsing text: String) throws(Invalid) {
        try self.init(parsing: text.utf8)
    }

    private init(whole reader: consuming JSONReader) throws(Invalid) {
        self = try reader.value()
        try reader.end()
    }
}

extension JSONReader {
    /// The value that stands here.
    package mutating func value() throws(JSON.Invalid) -> JSON {
        var left = Int.max
        return try value(&left)
    }

    /// - Parameter most: of so many parts, containers among them.
    package mutating func value(most: Int) throws(JSON.Invalid) -> JSON {
        var left = most
        return try value(&left)
    }

    private mutating func value(_ left: inout Int) throws(JSON.Invalid) -> JSON {
        left -= 1
        let part = try next()
        if left < 0 { throw fault("a value with too many parts") }
        switch part {
        case .object:
            var members: [JSON.Member] = []
            while let name = try nextName() { members.append(JSON.Member(name, try value(&left))) }
            return .object(members)
        case .array:
            var items: [JSON] = []
            while try nextItem() { items.append(try value(&left)) }
            return .array(items)
        case .text(let text): return .string(text)
        case .number(let number): return .number(number)
        case .bool(let bool): return .bool(bool)
        case .null, .noNumber: return .null
        }
    }
}
