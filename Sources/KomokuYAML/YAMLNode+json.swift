package import Komoku

extension YAMLNode {
    /// The same value as JSON; nil where a part of it was refused or is no finite number.
    package var json: JSON? {
        switch content {
        case .scalar(let scalar): return Self.json(scalar)
        case .refused: return nil
        case .sequence(let items):
            let values = items.compactMap(\.json)
            return values.count == items.count ? .array(values) : nil
        case .mapping(let entries):
            let members = entries.compactMap { entry in
                entry.value.json.map { JSON.Member(entry.key.text ?? "", $0) }
            }
            return members.count == entries.count ? .object(members) : nil
        }
    }

    private static func json(_ scalar: YAMLScalar) -> JSON? {
        switch scalar.value {
        case .null: .null
        case .bool(let bool): .bool(bool)
        case .integer(let whole): .number(Double(whole))
        case .float(let number): number.isFinite ? .number(number) : nil
        case .string(let text): .string(text)
        }
    }
}
