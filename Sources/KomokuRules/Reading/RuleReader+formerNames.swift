import Komoku
import KomokuExpression
import KomokuYAML

/// A rule that goes on naming a key as it was called before.
extension RuleReader {
    /// - Returns: whether the name is one that a key had before, which is told once a rule.
    @discardableResult
    func warnOfFormerName(_ key: KeyName, _ setting: Setting, atOffset offset: Int = 0) -> Bool {
        guard let former = keys.environment.formerName(key) else { return false }
        guard warnedOfMissing.insert(key).inserted else { return true }
        setting.warning(
            "'\(key)' \(former.fate)", atOffset: offset,
            remedy: "write \(former.name), or let 'komoku rename \(key) \(former.name) --rewrite' do it")
        return true
    }

    /// The same for each key that an expression reads.
    func warnOfFormerNames(in syntax: Syntax, _ setting: Setting) {
        guard keys.environment.knowsHouse else { return }
        for (name, isQuoted, span) in syntax.names where isQuoted || !scope.isLocal(name) {
            guard isQuoted || !Function.isWord(name.text) else { continue }
            let key = isQuoted ? name : KeyName(KeyPlace.text(name.text, item: scope.item)) ?? name
            warnOfFormerName(key, setting, atOffset: span.lowerBound)
        }
    }
}
