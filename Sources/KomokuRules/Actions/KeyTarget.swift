import Komoku
import KomokuExpression

/// The key that an action is about.
enum KeyTarget: Sendable {
    case key(KeyName)
    /// Locals fill it in: `` `{room}.light` ``, `self.light`.
    case computed(ComputedKey)

    /// As it is written.
    var text: String {
        switch self {
        case .key(let name): name.text
        case .computed(let key): key.description
        }
    }

    /// What it is where a run stands.
    func key(_ run: Run) throws(UnknownContent) -> KeyName {
        switch self {
        case .key(let key): return key
        case .computed(let computed):
            guard let key = computed.key(run.local) else {
                throw UnknownContent(reason: "`\(computed)` makes no name of a key")
            }
            return key
        }
    }

    /// What a step does to the key, as it is told: what is made of a secret may be the name itself.
    func effect(_ word: String, _ key: KeyName, _ value: JSON? = nil, hidden: Bool) -> RunEffect {
        guard hidden else { return RunEffect(verb: word, key: key, value: value) }
        if case .key = self { return RunEffect(verb: word, key: key, isHidden: true) }
        return RunEffect(verb: word, isHidden: true)
    }
}
