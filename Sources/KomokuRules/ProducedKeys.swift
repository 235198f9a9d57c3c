import Komoku
import KomokuExpression
import KomokuYAML

/// The keys that the `put` actions of rules make, found before any expression is checked: a rule may read what another one
/// makes, in any order. It reports nothing; reading the rules does.
struct ProducedKeys {
    /// The kinds that are put to each key; nil where it is known only when the rule runs.
    private var kinds: [KeyName: Set<ValueKind?>] = [:]

    init(_ rules: [YAMLNode]) {
        for rule in rules {
            let then = rule["then"]
            for action in then?.sequence ?? then.map({ [$0] }) ?? [] {
                for entry in action["put"]?.entries ?? [] {
                    guard let key = entry.key.text.flatMap({ KeyName($0) }) else { continue }
                    kinds[key, default: []].insert(Self.kind(of: entry.value))
                }
            }
        }
    }

    private static func kind(of node: YAMLNode) -> ValueKind? {
        switch node.scalar?.value {
        case .bool: .boolean
        case .integer, .float: .number
        // The hub takes a new key's first "true" for a boolean.
        case .string("true"), .string("false"): nil
        case .string: .text
        case .null, nil: nil
        }
    }

    func unknown(to environment: RuleEnvironment) -> [KeyName: RuleEnvironment.Declaration] {
        var declarations: [KeyName: RuleEnvironment.Declaration] = [:]
        for (key, kinds) in kinds where environment.key(key) == nil {
            let kind = kinds.count == 1 ? kinds.first ?? nil : nil
            declarations[key] = RuleEnvironment.Declaration(kind)
        }
        return declarations
    }
}
