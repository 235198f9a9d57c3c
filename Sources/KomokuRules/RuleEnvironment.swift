package import Komoku
package import KomokuExpression

/// The keys that rules may speak of, as the daemon knows them from the rest of the configuration and the database.
package struct RuleEnvironment {
    package typealias Declaration = TypeEnvironment.Declaration

    /// What a key is; nil where nothing can produce it. `Declaration.dynamic` where only the running hub knows its type.
    package var key: (KeyName) -> Declaration?
    /// The keys that a misspelt name may mean, and those that a pattern stands for.
    package var candidates: () -> [KeyName]

    package init(key: @escaping (KeyName) -> Declaration?, candidates: @escaping () -> [KeyName]) {
        self.key = key
        self.candidates = candidates
    }

    /// What all known keys that match have in common.
    func declaration(matching pattern: KeyPattern) -> Declaration? {
        if let name = pattern.name { return key(name) }
        let found = candidates().filter(pattern.matches).compactMap(key)
        guard let first = found.first, found.allSatisfy({ $0.kind == first.kind }) else { return .dynamic }
        return Declaration(first.kind)
    }

    func expressions(locals: [String: Declaration] = [:]) -> TypeEnvironment {
        TypeEnvironment(locals: locals, key: key, candidates: { candidates().map(\.text) })
    }

    /// With keys that rules themselves make.
    func adding(_ produced: [KeyName: Declaration]) -> RuleEnvironment {
        RuleEnvironment(
            key: { [key] in key($0) ?? produced[$0] },
            candidates: { [candidates] in candidates() + produced.keys.sorted() })
    }
}
