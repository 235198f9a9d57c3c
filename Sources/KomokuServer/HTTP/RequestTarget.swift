/// Where a request goes: the segments of its path, and its query, both decoded.
struct RequestTarget: Hashable, Sendable {
    /// `/api/keys/kitchen` is `["api", "keys", "kitchen"]`, `/` none.
    var path: [String] = []
    var query = FormFields()

    init() {}

    /// - Throws: where it is no path of this server: not absolute, empty segments, wrong escapes, bytes that are no text.
    init(parsing text: String) throws(Problem) {
        let bytes = text.utf8
        let end = bytes.firstIndex(of: UInt8(ascii: "?")) ?? bytes.endIndex
        guard bytes.first == UInt8(ascii: "/") else {
            throw .badRequest("the target of a request is a path, such as /api/keys")
        }
        if end < bytes.endIndex { query = try FormFields(parsing: bytes[bytes.index(after: end)...]) }
        var segments = bytes[..<end].dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        // A slash at the end changes nothing.
        if segments.last?.isEmpty == true { segments.removeLast() }
        for segment in segments {
            guard !segment.isEmpty, let word = Self.decoded(segment, plusIsSpace: false) else {
                throw .badRequest(
                    "the path is not a list of names between single slashes, with %XX for odd bytes of UTF-8")
            }
            path.append(word)
        }
    }

    /// Nil where an escape or the text is wrong.
    static func decoded(_ bytes: some Collection<UInt8>, plusIsSpace: Bool) -> String? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var rest = bytes[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                    return nil
                }
                decoded.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: decoded.append(UInt8(ascii: " "))
            default: decoded.append(byte)
            }
        }
        return String(validating: decoded, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

/// `name=value&…`: the query of a target, or the body of a form.
struct FormFields: Hashable, Sendable {
    struct Field: Hashable, Sendable {
        let name: String
        let value: String
    }

    private(set) var fields: [Field] = []

    /// The most fields that are read.
    static let most = 1000

    init() {}

    /// - Throws: where an escape is wrong, the bytes are no text, or there are too many.
    init(parsing bytes: some Collection<UInt8>) throws(Problem) {
        let parts = bytes.split(separator: UInt8(ascii: "&"))
        guard parts.count <= Self.most else { throw .badRequest("there are at most \(Self.most) fields") }
        for part in parts {
            let equals = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
            let value = equals < part.endIndex ? part[part.index(after: equals)...] : part[part.endIndex...]
            guard let name = RequestTarget.decoded(part[..<equals], plusIsSpace: true),
                let text = RequestTarget.decoded(value, plusIsSpace: true)
            else { throw .badRequest("the query is not 'name=value&…' with %XX for odd bytes of UTF-8") }
            fields.append(Field(name: name, value: text))
        }
    }

    /// The last of a name: nil where there is none.
    subscript(name: String) -> String? { fields.last { $0.name.utf8.elementsEqual(name.utf8) }?.value }

    /// All of a name, in order.
    func all(_ name: String) -> [String] {
        fields.lazy.filter { $0.name.utf8.elementsEqual(name.utf8) }.map(\.value)
    }

    mutating func append(_ name: String, _ value: String) { fields.append(Field(name: name, value: value)) }

    /// Takes out what has that name.
    ///
    /// - Throws: where there are several.
    mutating func takeOne(_ name: String) throws(Problem) -> String? {
        let values = all(name)
        guard values.count < 2 else { throw .repeated(name) }
        fields.removeAll { $0.name.utf8.elementsEqual(name.utf8) }
        return values.first
    }

    /// A name that several have, but those in the list, which may.
    func repeatedName(but lists: Set<String> = []) -> String? {
        var seen: Set<[UInt8]> = []
        return fields.first { !lists.contains($0.name) && !seen.insert(Array($0.name.utf8)).inserted }?.name
    }

    /// With others behind these.
    mutating func append(_ others: FormFields) { fields += others.fields }
}
