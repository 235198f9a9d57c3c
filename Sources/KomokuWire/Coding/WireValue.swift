public import Komoku

/// A value of a member, both directions.
public protocol WireValue {
    /// - Throws: `Refusal` with the member's name and what it should be.
    init(wire json: JSON, of name: StaticString) throws(Refusal)

    var wire: JSON { get }

    /// What it is as JSON; an empty schema says nothing.
    static var schema: JSON { get }
}

extension WireValue {
    public static var schema: JSON { .object([]) }
}

extension JSON: WireValue {
    public init(wire json: JSON, of name: StaticString) { self = json }
    public var wire: JSON { self }
}

extension String: WireValue {
    public static var schema: JSON { ["type": "string"] }

    public init(wire json: JSON, of name: StaticString) throws(Refusal) {
        guard let text = json.string else { throw .invalidQuery("'\(name)' is a text") }
        self = text
    }

    public var wire: JSON { .string(self) }
}

extension Bool: WireValue {
    public static var schema: JSON { ["type": "boolean"] }

    public init(wire json: JSON, of name: StaticString) throws(Refusal) {
        guard let flag = json.bool else { throw .invalidQuery("'\(name)' is true or false") }
        self = flag
    }

    public var wire: JSON { .bool(self) }
}

extension Double: WireValue {
    public static var schema: JSON { ["type": ["number", "null"]] }

    public init(wire json: JSON, of name: StaticString) throws(Refusal) {
        guard let number = json.number else { throw .invalidQuery("'\(name)' is a number") }
        self = number
    }

    /// What JSON has no number for is null.
    public var wire: JSON { isFinite ? .number(self) : .null }
}

extension Int: WireValue {
    public static var schema: JSON { ["type": "integer"] }

    public init(wire json: JSON, of name: StaticString) throws(Refusal) {
        guard let number = json.number.flatMap({ Int(exactly: $0) }) else {
            throw .invalidQuery("'\(name)' is a whole number")
        }
        self = number
    }

    public var wire: JSON { .number(Double(self)) }
}

extension Int64: WireValue {
    public static var schema: JSON { ["type": "integer"] }

    public init(wire json: JSON, of name: StaticString) throws(Refusal) {
        guard let number = json.number.flatMap({ Int64(exactly: $0) }) else {
            throw .invalidQuery("'\(name)' is a whole number")
        }
        self = number
    }

    public var wire: JSON { .number(Double(self)) }
}

/// Seconds since 1970.
extension Timestamp: WireValue {
    public static var schema: JSON { ["type": "number", "description": "seconds since 1970"] }

    public init(wire json: JSON, of name: StaticString) throws(Refusal) {
        guard let time = json.number.flatMap(Timestamp.init(seconds:)) else {
            throw .invalidQuery("'\(name)' is a time in seconds since 1970")
        }
        self = time
    }

    public var wire: JSON { .number(seconds) }
}

extension Timestamp {
    /// A number of seconds or text with a zone; nil where it is neither.
    init?(moment json: JSON) {
        /// The ends of the years -9999 and 9999, seconds from 1970.
        let farthest = 253_402_300_799.0
        switch json {
        // A bound beyond all times is as good as the farthest time.
        case .number(let seconds): self.init(seconds: min(max(seconds, -farthest), farthest))
        case .string(let text): self.init(dated: text)
        default: return nil
        }
    }
}

/// Seconds.
extension Komoku.Duration: WireValue {
    public static var schema: JSON { ["type": "number", "description": "seconds"] }

    public init(wire json: JSON, of name: StaticString) throws(Refusal) {
        guard let length = json.number.flatMap(Komoku.Duration.init(seconds:)) else {
            throw .invalidQuery("'\(name)' is a number of seconds")
        }
        self = length
    }

    public var wire: JSON { .number(seconds) }
}

extension KeyName: WireValue {
    public static var schema: JSON { ["type": "string"] }

    public init(wire json: JSON, of name: StaticString) throws(Refusal) {
        guard let text = json.string else { throw .invalidQuery("'\(name)' is the name of a key") }
        guard let key = KeyName(text) else {
            throw Refusal(.invalidKey, "'\(text.prefix(300))' cannot be the name of a key")
        }
        self = key
    }

    public var wire: JSON { .string(text) }

    /// The name of a blank, until the true one is read.
    static let blank = KeyName("_") ?? { preconditionFailure("'_' is a name") }()
}

extension KeyPattern: WireValue {
    public static var schema: JSON { ["type": "string"] }

    public init(wire json: JSON, of name: StaticString) throws(Refusal) {
        guard let text = json.string else { throw .invalidQuery("'\(name)' is a text") }
        guard let pattern = try? KeyPattern(validating: text) else {
            throw Refusal(
                .invalidKey, "'\(text.prefix(300))' is no pattern: '*' and '**' stand for whole segments of a name")
        }
        self = pattern
    }

    public var wire: JSON { .string("\(self)") }
}

extension Array: WireValue where Element: WireValue {
    public static var schema: JSON { ["type": "array", "items": Element.schema] }

    public init(wire json: JSON, of name: StaticString) throws(Refusal) {
        guard let items = json.array else { throw .invalidQuery("'\(name)' is a list") }
        var values: [Element] = []
        values.reserveCapacity(items.count)
        for item in items { values.append(try Element(wire: item, of: name)) }
        self = values
    }

    public var wire: JSON { .array(map(\.wire)) }
}

/// A shape within a shape.
extension WireValue where Self: Shape {
    public static var schema: JSON { membersSchema }

    public init(wire json: JSON, of name: StaticString) throws(Refusal) {
        guard json.object != nil else { throw .invalidQuery("'\(name)' is an object") }
        try self.init(json)
    }

    public var wire: JSON { json }
}

/// A word of several.
extension WireValue where Self: RawRepresentable & CaseIterable, RawValue == String {
    public static var schema: JSON { ["type": "string"] }

    public init(wire json: JSON, of name: StaticString) throws(Refusal) {
        guard let word = json.string, let value = Self(rawValue: word) else {
            let words = Self.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
            throw .invalidQuery("'\(name)' is one of \(words)")
        }
        self = value
    }

    public var wire: JSON { .string(rawValue) }
}

/// A word of an answer, where a newer hub may know others.
public protocol OpenWord: WireValue, RawRepresentable, CaseIterable where RawValue == String {
    /// What this program has no word for.
    static var other: Self { get }
}

extension OpenWord {
    public init(wire json: JSON, of name: StaticString) throws(Refusal) {
        guard let word = json.string else { throw .invalidQuery("'\(name)' is a word") }
        self = Self(rawValue: word) ?? .other
    }
}

extension KeyType: WireValue {}

/// An object whose members are not known before, by name.
extension Dictionary: WireValue where Key == String, Value: WireValue {
    public static var schema: JSON { ["type": "object", "additionalProperties": Value.schema] }

    public init(wire json: JSON, of name: StaticString) throws(Refusal) {
        guard let members = json.object else { throw .invalidQuery("'\(name)' is an object") }
        self.init()
        for member in members { self[member.name] = try Value(wire: member.value, of: name) }
    }

    public var wire: JSON {
        .object(sorted { $0.key < $1.key }.map { JSON.Member($0.key, $0.value.wire) })
    }
}
