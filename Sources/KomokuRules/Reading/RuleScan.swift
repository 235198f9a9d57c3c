import Komoku
import KomokuExpression
import KomokuYAML

/// What rules and scripts make and are called, found before any expression is checked: a rule may read what another one makes,
/// and call a later one. It reports nothing; reading the rules does.
struct RuleScan {
    typealias Declaration = TypeEnvironment.Declaration

    /// What can be called.
    private(set) var callees: [String: Callee] = [:]
    /// The names of snapshots that are taken.
    var snapshots: Set<String> = []
    /// The kinds that are put to each key; nil where it is known only when the rule runs.
    private var kinds: [KeyName: Set<ValueKind?>] = [:]
    private let known: KnownKeys

    /// What is known of the names in keys at one place.
    struct Place {
        var item: String?
        /// All that a local can be.
        var locals: [String: [String]] = [:]
    }

    /// The most keys that one name with locals in it stands for.
    private static let maximumKeys = 1_000

    init(scripts: [YAMLNode], rules: [YAMLNode], _ known: KnownKeys) {
        self.known = known
        for script in scripts {
            if let name = script["name"]?.text {
                callees[name] = Callee(script: script)
            }
            scan(script["then"], Place())
        }
        for rule in rules {
            let name = rule["name"]?.text
            guard let each = rule["each"] else {
                if let name { callees[name] = Callee() }
                scan(rule, item: nil)
                continue
            }
            for item in items(each) where callees.count <= RuleSet.maximumRules {
                if let name { callees["\(name)/\(item)"] = Callee() }
                scan(rule, item: item)
            }
        }
    }

    /// The keys that nothing else makes.
    var produced: [KeyName: Declaration] {
        var declarations: [KeyName: Declaration] = [:]
        for (key, kinds) in kinds where known.declaration(key) == nil || known.isMissing(key) {
            declarations[key] = Declaration(kinds.count == 1 ? kinds.first ?? nil : nil)
        }
        return declarations
    }

    private func items(_ each: YAMLNode) -> [String] {
        if let items = each.sequence { return items.compactMap(\.text) }
        guard let pattern = each.text.flatMap({ try? KeyPattern(validating: $0) }) else { return [] }
        return known.matching(pattern).map(\.text)
    }

    private mutating func scan(_ rule: YAMLNode, item: String?) {
        var place = Place(item: item)
        place.locals["key"] = triggerKeys(rule["when"], item)
        scan(rule["then"], place)
    }

    /// The keys that the triggers of a rule see; nil where one of them sees others, or none.
    private func triggerKeys(_ when: YAMLNode?, _ item: String?) -> [String]? {
        var keys: [String] = []
        for trigger in when?.sequence ?? when.map({ [$0] }) ?? [] {
            let word = ["change", "event", "stale", "recovered"].lazy.compactMap { trigger[$0] }.first
            guard let word else { return nil }
            for node in word.sequence ?? [word] {
                guard let found = matching(node, item) else { return nil }
                keys += found
            }
        }
        return keys.count <= Self.maximumKeys ? keys : nil
    }

    private func matching(_ node: YAMLNode, _ item: String?) -> [String]? {
        let text = node.text.map { KeyPlace.text($0, item: item) }
        guard let pattern = text.flatMap({ try? KeyPattern(validating: $0) }) else { return nil }
        if let name = pattern.name { return [name.text] }
        let found = known.matching(pattern)
        return found.count <= Self.maximumKeys ? found.map(\.text) : nil
    }

    /// A block of actions.
    mutating func scan(_ block: YAMLNode?, _ place: Place) {
        for action in block?.sequence ?? block.map({ [$0] }) ?? [] {
            for entry in action.entries ?? [] {
                scan(entry, place)
                if let word = entry.key.text { ActionTable[word]?.scan(entry.value, beside: action, &self) }
            }
        }
    }

    private mutating func scan(_ entry: YAMLNode.Entry, _ place: Place) {
        guard let word = entry.key.text else { return }
        if let action = ActionTable[word] {
            action.scan(entry.value, &self, place)
        } else if word == "then" || word == "else" {
            scan(entry.value, place)
        }
    }

    /// What a loop goes over; nil where it is known only when the rule runs.
    func values(of each: YAMLNode, _ item: String?) -> [String]? {
        guard let items = each.sequence else { return matching(each, item) }
        let texts = items.compactMap(\.text)
        return texts.count == items.count && !texts.contains { $0.utf8.contains(UInt8(ascii: "{")) } ? texts : nil
    }

    /// A key of a name is made.
    mutating func make(_ node: YAMLNode, _ place: Place, _ kind: ValueKind?) {
        guard let text = node.text.map({ KeyPlace.text($0, item: place.item) }) else { return }
        if let key = KeyName(text) {
            kinds[key, default: []].insert(kind)
            return
        }
        for key in Self.names(text, place.locals).compactMap({ KeyName($0) }) { kinds[key, default: []].insert(kind) }
    }

    /// A name with locals in it, completed with all that they can be; none where that is not known, or too many.
    private static func names(_ text: String, _ locals: [String: [String]]) -> [String] {
        var names = [text]
        for (local, values) in locals {
            let place = "{\(local)}"
            guard names.contains(where: { $0.contains(place) }) else { continue }
            guard names.count * values.count <= maximumKeys else { return [] }
            names = names.flatMap { name in
                values.map { name.split(separator: place, omittingEmptySubsequences: false).joined(separator: $0) }
            }
        }
        return names
    }
}
