import Komoku
import KomokuExpression

/// The keys that rules may speak of, those included that rules make. Each is asked for once, however many rules name it.
final class KnownKeys {
    typealias Declaration = TypeEnvironment.Declaration

    let environment: RuleEnvironment
    /// False at a place that is worked out at once.
    var offersHistory = true
    private let produced: [KeyName: Declaration]
    private var memory: [KeyName: Declaration?] = [:]
    private var matches: [String: [KeyName]] = [:]
    private lazy var sorted = SortedKeys(environment.candidates() + produced.keys)
    private lazy var texts = sorted.names.map(\.text)
    /// How many comparisons with a misspelt name are left: beyond some faults a person has enough to do, and each comparison
    /// takes microseconds.
    private var comparisons = 100_000

    init(_ environment: RuleEnvironment, produced: [KeyName: Declaration] = [:]) {
        self.environment = environment
        self.produced = produced
    }

    /// Nil where nothing makes the key.
    func declaration(_ key: KeyName) -> Declaration? {
        if let known = memory[key] { return known }
        // What a rule puts to a key that there is not yet says more than that devices may bring any.
        let declaration = produced[key] ?? environment.key(key)
        memory[key] = .some(declaration)
        return declaration
    }

    /// Whether it is one of the keys that are known by their names; where devices bring keys every name may be one.
    func isThere(_ key: KeyName) -> Bool { !matching(KeyPattern(key)).isEmpty }

    /// Whether only rules make it, and how its type came to be known is what they put.
    func isNew(_ key: KeyName) -> Bool { produced[key] != nil }

    /// Whether nobody has it although all keys of the house are known, and no rule makes it.
    func isMissing(_ key: KeyName) -> Bool { environment.isMissing(key) && !isNew(key) }

    func matching(_ pattern: KeyPattern) -> [KeyName] {
        if let known = matches[pattern.text] { return known }
        let found = sorted.matching(pattern)
        matches[pattern.text] = found
        return found
    }

    /// What all known keys that match have in common; nil where a name is no key.
    func declaration(matching pattern: KeyPattern) -> Declaration? {
        if let name = pattern.name { return declaration(name) }
        let found = matching(pattern).lazy.compactMap { self.declaration($0) }
        guard let first = found.first, found.allSatisfy({ $0.kind == first.kind }) else { return .dynamic }
        return Declaration(first.kind)
    }

    /// The names that a misspelt one may mean; none after many faults.
    func candidates() -> [String] {
        comparisons -= texts.count
        return comparisons >= 0 ? texts : []
    }

    func question(for name: String) -> String? {
        let length = name.utf8.count
        guard comparisons >= 0 else { return nil }
        // Further apart than a suggestion may be, whatever the letters.
        let near = texts.filter { abs($0.utf8.count - length) <= 12 }
        comparisons -= near.count
        return Suggestion.question(for: name, in: near)
    }
}
