internal import Komoku
internal import NIOHTTP1

/// Something that a request says: in its path, its query or its body.
struct Parameter: Hashable, Sendable {
    enum Place: String, Hashable, Sendable {
        case path, query, body
    }

    /// What it may be. In a query everything is text, in a body it is JSON.
    enum Kind: Hashable, Sendable {
        case key
        case pattern
        case text
        case words([String])
        case flag
        case count(ClosedRange<Int>)
        case number
        /// Seconds since 1970, text with a zone, or a duration before now: `-24h`.
        case time
        /// Texts, in a query separated by commas.
        case list
        case numbers
        /// A number, a text, true or false.
        case value
        case object
        case any
    }

    let name: String
    let place: Place
    let kind: Kind
    let isRequired: Bool
    /// A sentence for people.
    let text: String
    /// Of the command; usually the same.
    let member: String

    var isList: Bool { kind == .list || kind == .numbers }

    private init(_ name: String, _ place: Place, _ kind: Kind, _ isRequired: Bool, _ text: String, _ member: String?) {
        (self.name, self.place, self.kind, self.isRequired, self.text) = (name, place, kind, isRequired, text)
        self.member = member ?? name
    }

    static func path(_ name: String, _ kind: Kind, _ text: String, member: String? = nil) -> Parameter {
        Parameter(name, .path, kind, true, text, member)
    }

    static func query(
        _ name: String, _ kind: Kind, _ text: String, isRequired: Bool = false, member: String? = nil
    ) -> Parameter {
        Parameter(name, .query, kind, isRequired, text, member)
    }

    static func body(
        _ name: String, _ kind: Kind, _ text: String, isRequired: Bool = false, member: String? = nil
    ) -> Parameter {
        Parameter(name, .body, kind, isRequired, text, member)
    }

    /// The member as the command has it, of what stands in a path or a query.
    ///
    /// - Throws: where the text is no such thing.
    func json(of text: String, now: Timestamp) throws(Problem) -> JSON {
        switch kind {
        case .key, .pattern:
            try check(.string(text))
            return .string(text)
        case .text: return .string(text)
        case .words(let words):
            guard words.contains(where: { $0.utf8.elementsEqual(text.utf8) }) else {
                throw mismatch("one of \(words.joined(separator: ", "))")
            }
            return .string(text)
        case .flag:
            guard let flag = Self.flags[text] else { throw mismatch("true or false") }
            return .bool(flag)
        case .count(let range):
            guard let count = Int(text), range.contains(count) else {
                throw mismatch("a whole number, \(range.lowerBound) to \(range.upperBound)")
            }
            return .number(Double(count))
        case .number: return .number(try number(text))
        case .time: return try time(text, now: now)
        case .list: return .array(text.split(separator: ",").map { .string(String($0)) })
        case .numbers:
            var numbers: [JSON] = []
            for item in text.split(separator: ",") { numbers.append(.number(try number(String(item)))) }
            return .array(numbers)
        case .value, .object, .any: return (try? JSON(parsing: text)) ?? .string(text)
        }
    }

    /// Looks at names of keys and patterns. It is said here: of a name that could be one, the same code says that there is no such
    /// key.
    func check(_ json: JSON) throws(Problem) {
        guard let text = json.string else { return }
        let fault: String
        switch kind {
        case .key where KeyName(text) == nil: fault = "cannot be the name of a key"
        case .pattern where (try? KeyPattern(validating: text)) == nil:
            fault = "is no pattern: * and ** stand for whole segments of a name"
        default: return
        }
        throw Problem(status: .badRequest, code: "invalid_key", detail: "'\(text.prefix(300))' \(fault)")
    }

    private static let flags = ["": true, "true": true, "1": true, "false": false, "0": false]

    private func number(_ text: String) throws(Problem) -> Double {
        guard let number = Double(text), number.isFinite else { throw mismatch("a number") }
        return number
    }

    private func time(_ text: String, now: Timestamp) throws(Problem) -> JSON {
        if text.hasPrefix("-"), let length = try? Komoku.Duration(parsing: String(text.dropFirst())) {
            return .number((now - length).seconds)
        }
        if text.utf8.elementsEqual("now".utf8) { return .number(now.seconds) }
        if let seconds = Double(text), seconds.isFinite { return .number(seconds) }
        // Somebody wrote the plus of a zone as it is, which in a query stands for a space.
        let text = text.replacing(" ", with: "+")
        guard Timestamp(dated: text) != nil else {
            throw mismatch(
                "a time: seconds since 1970, 2026-01-31T08:30:00+01:00, or how long ago it was, such as -24h")
        }
        return .string(text)
    }

    private func mismatch(_ expectation: String) -> Problem { .badRequest("'\(name)' is \(expectation)") }
}

extension Parameter {
    /// Segments between dots; which characters they have besides is more than a pattern can say.
    private static func segments(_ segment: String) -> String {
        let plain = segment.replacing("[^.*]", with: "[^.*\\s/+#{}\\x00-\\x1f]")
        return "^\(plain)(\\.\(plain))*$"
    }

    /// Of OpenAPI. A member of a body that need not be there may be null as well.
    var schema: JSON {
        guard place == .body, !isRequired, let type = ownSchema["type"] else { return ownSchema }
        let types = (type.array ?? [type]) + ["null"]
        let members = (ownSchema.object ?? []).filter { !$0.name.utf8.elementsEqual("type".utf8) }
        return .object([JSON.Member("type", .array(types))] + members)
    }

    /// Of tools.
    var ownSchema: JSON {
        switch kind {
        case .key: ["type": "string", "minLength": 1, "maxLength": 255, "pattern": .string(Self.segments("[^.*]+"))]
        case .pattern:
            ["type": "string", "minLength": 1, "maxLength": 255, "pattern": .string(Self.segments("(\\*\\*?|[^.*]+)"))]
        case .text: ["type": "string"]
        case .words(let words): ["type": "string", "enum": .array(words.map(JSON.string))]
        case .flag: ["type": "boolean"]
        case .count(let range):
            [
                "type": "integer", "minimum": .number(Double(range.lowerBound)),
                "maximum": .number(Double(range.upperBound)),
            ]
        case .number: ["type": "number"]
        case .time: ["type": ["number", "string"]]
        case .list: ["type": "array", "items": ["type": "string"]]
        case .numbers: ["type": "array", "items": ["type": "number"]]
        case .value: ["type": ["number", "string", "boolean"]]
        case .object: ["type": "object"]
        case .any: .object([])
        }
    }
}
