import Komoku

/// The members of a coded object, in the order in which they were set.
struct CodedFields {
    private var members: [JSON.Member] = []

    mutating func set(_ name: String, _ value: JSON) {
        members.append(JSON.Member(name, value))
    }

    var json: JSON { .object(members) }
}

extension JSON {
    /// A number, or a text where no double has it exactly.
    init(exactly integer: Int64) {
        self = integer.magnitude <= 1 << 53 ? .number(Double(integer)) : .string(String(integer))
    }

    var exactInteger: Int64? {
        switch self {
        case .number(let number): Int64(exactly: number)
        case .string(let text): Int64(text)
        default: nil
        }
    }
}

extension [String: Value] {
    /// Locals and arguments, by name.
    var coded: JSON { .object(sorted { $0.key < $1.key }.map { JSON.Member($0.key, $0.value.json) }) }

    /// Nil where it is no object of values.
    init?(coded json: JSON) {
        guard let members = json.object else { return nil }
        self.init()
        for member in members {
            guard let value = Value(coded: member.value) else { return nil }
            self[member.name] = value
        }
    }
}

extension JSON? {
    /// - Parameter other: what a missing member stands for; nil where it must be there.
    /// - Returns: nil for anything but a whole number of the range.
    func integer(in range: ClosedRange<Int>, default other: Int? = nil) -> Int? {
        guard let json = self else { return other }
        guard let integer = json.exactInteger.flatMap({ Int(exactly: $0) }), range.contains(integer) else { return nil }
        return integer
    }

    /// - Returns: nil where the member is there and is not what it has to be.
    func checked<Part>(_ read: (JSON) -> Part?) -> Part?? {
        guard let json = self else { return .some(nil) }
        return read(json).map { .some($0) }
    }
}

extension Value {
    init?(coded json: JSON) {
        switch json {
        case .bool(let bool): self = .boolean(bool)
        case .number(let number) where number.isFinite: self = .number(number)
        case .string(let text) where text.utf8.count <= Value.maximumStringLength: self = .string(text)
        default: return nil
        }
    }
}
