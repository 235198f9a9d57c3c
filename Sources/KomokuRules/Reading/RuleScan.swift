import Komoku
import KomokuExpression
import KomokuYAML

/// What rules and scripts make and are called, found before any expression is checked: a rule may read what another one makes,
/// and call a later one. It reports nothing; reading the rules does.
struct RuleScan {
    typealias Declaration = TypeEnvironment.Declaration

    /// What can be called, with its parameters; nil is a rule.
    private(set) var callees: [String: [String]?] = [:]
    /// The kinds that are put to each key; nil where it is known only when the rule runs.
    private var kinds: [KeyName: Set<ValueKind?>] = [:]
    private let known: KnownKeys

    init(scripts: [YAMLNode], rules: [YAMLNode], _ known: KnownKeys) {
        self.known = known
        for script in scripts {
            if let name = script["name"]?.text {
                callees[name] = .some(script["parameters"]?.sequence?.compactMap(\.text) ?? [])
            }
            scan(script["then"], item: nil)
        }
        for rule in rules {
            let name = rule["name"]?.text
            guard let each = rule["each"] else {
                if let name { callees.updateValue(nil, forKey: name) }
                scan(rule["then"], item: nil)
                continue
            }
            for item in items(each) where callees.count <= RuleSet.maximumRules {
                if let name { callees.updateValue(nil, forKey: "\(name)/\(item)") }
                scan(rule["then"], item: item)
            }
        }
    }

    /// The keys that nothing else makes.
    var produced: [KeyName: Declaration] {
        var declarations: [KeyName: Declaration] = [:]
        for (key, kinds) in kinds where known.declaration(key) == nil {
            declarations[key] = Declaration(kinds.count == 1 ? kinds.first ?? nil : nil)
        }
        return declarations
    }

    private func items(_ each: YAMLNode) -> [String] {
        if let items = each.sequence { return items.compactMap(\.text) }
        guard let pattern = each.text.flatMap({ try? KeyPattern(validating: $0) }) else { return [] }
        return known.matching(pattern).map(\.text)
    }

    private mutating func scan(_ block: YAMLNode?, item: String?) {
        for action in block?.sequence ?? block.map({ [$0] }) ?? [] {
            for entry in action.entries ?? [] { scan(entry, item: item) }
        }
    }

    private mutating func scan(_ entry: YAMLNode.Entry, item: String?) {
        let value = entry.value
        switch entry.key.text {
        case "put":
            for entry in value.entries ?? [] { make(entry.key, item, Self.kind(of: entry.value)) }
        case "toggle":
            for key in value.sequence ?? [value] { make(key, item, .boolean) }
        case "increment":
            for key in value.entries?.map(\.key) ?? [value] { make(key, item, .number) }
        case "then", "else": scan(value, item: item)
        case "repeat": scan(value["do"], item: item)
        case "choose": scan(value, item: item)
        default: break
        }
    }

    private mutating func make(_ node: YAMLNode, _ item: String?, _ kind: ValueKind?) {
        guard let key = node.text.flatMap({ KeyName(KeyPlace.text($0, item: item)) }) else { return }
        kinds[key, default: []].insert(kind)
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
}
