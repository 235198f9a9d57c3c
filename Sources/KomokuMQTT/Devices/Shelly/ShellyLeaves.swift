internal import Komoku

/// The leaves of a component's status.
struct ShellyLeaves {
    struct Leaf {
        /// Levels joined by dots.
        let path: String
        let value: JSON
    }

    private(set) var leaves: [Leaf] = []

    /// The most leaves of one component, and how deep they lie.
    private static let maximumCount = 256
    private static let maximumDepth = 4

    init(_ status: JSON) {
        add(status, at: "", depth: 0)
    }

    private mutating func add(_ json: JSON, at path: String, depth: Int) {
        guard leaves.count < Self.maximumCount, path.utf8.count <= 128 else { return }
        guard case .object(let members) = json else {
            // Of lists only this one is a value: a colour.
            if json.array == nil || path == "rgb" { leaves.append(Leaf(path: path, value: json)) }
            return
        }
        guard depth < Self.maximumDepth else { return }
        for member in members {
            add(member.value, at: path.isEmpty ? member.name : "\(path).\(member.name)", depth: depth + 1)
        }
    }
}

extension JSON {
    /// The type that a leaf shows; nil for null.
    var shellyType: KeyType? {
        switch self {
        case .null: nil
        case .bool: .boolean
        case .number: .numeric
        case .string, .array, .object: .string
        }
    }

    /// As a decoder takes it; nil for null.
    var deviceInput: DeviceInput? {
        switch self {
        case .null: nil
        case .bool(let bool): .bool(bool)
        case .number(let number): .number(number)
        case .string(let text): .text(text)
        case .array, .object: .composite(text)
        }
    }
}
