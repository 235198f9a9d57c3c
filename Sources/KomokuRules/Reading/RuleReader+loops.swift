import Komoku
import KomokuExpression
import KomokuYAML

/// `repeat`: an instruction that begins the loop, one that begins each round, and one at its end that goes back.
extension RuleReader {
    func loop(_ setting: Setting, _ place: Place) {
        if setting.node.entries == nil, !setting.node.isNull {
            let count = setting.node.integer.map(String.init) ?? "3"
            setting.mismatch(expecting: "a mapping", remedy: "write repeat: {count: \(count), do: […]}")
            return
        }
        setting.read { self.loop($0, place) }
    }

    private func loop(_ settings: SettingsReader, _ place: Place) {
        let before = scope
        settings.declare("as", "do")
        let kinds: Set = ["count", "while", "until", "each"]
        guard let (word, subject) = settings.only(of: kinds) else {
            let isMeant = settings.strangers(to: .loop).contains {
                kinds.contains(Vocabulary.loop.meaning(of: $0.name).word ?? "")
            }
            if isMeant {
                settings.refuseStrangers(to: .loop)
            } else {
                _ = settings.exactlyOne(of: "count", "while", "until", "each")
            }
            return
        }
        settings.refuseStrangers(to: .loop)
        let name = settings.value("as", .localName)
        if name != nil, word != "each" {
            settings.error(at: "as", "'as' belongs to 'each'", remedy: "the number of the round is 'index'")
        }
        scope.locals["index"] = Scope.Declaration(.number, mayBeUnknown: false)
        if subject.node.holdsSubstitution { readsHidden = true }
        let kind = loop(word, subject, as: name ?? "item")
        // Checked after a round, it may read what the round sets.
        let isLate = word == "until"
        let begin = kind.map { add(.loop($0), place) } ?? (isLate ? add(.jump(0), place) : nil)
        let next = add(.next(exit: 0), place)
        if let body = settings.needed("do", .item, of: .loop) { _ = block(body, path: "\(place.step).do.") }
        if isLate, let begin, let until = condition(subject) { program.replace(begin, with: .loop(.until(until))) }
        add(.again(next: next), place)
        program.land(next)
        scope = isLate ? scope : before.joined(with: scope)
        for local in ["index", name ?? "item"] { scope.locals[local] = before.locals[local] }
    }

    private func loop(_ word: String, _ subject: Setting, as name: String) -> Operation.Loop? {
        switch word {
        case "count": return expression(subject, expecting: .number).map { .count($0) }
        case "while": return condition(subject).map { .whileHolds($0) }
        case "until": return nil
        default:
            scope.locals[name] = Scope.Declaration(.text, mayBeUnknown: false)
            guard let items = subject.items else { return watched(subject).map { .keys($0.pattern, as: name) } }
            if items.isEmpty { subject.error("'each' is an empty list") }
            if let mentions = subject.mentions {
                for item in items where item.node.text?.utf8.elementsEqual(mentions.key.text.utf8) ?? false {
                    mentions.add(.computed, in: item.node)
                }
            }
            let contents = items.map { item in content(item, for: name, .dynamic, isText: true) }
            let found = contents.compactMap { $0 }
            let kind = found.first?.kind
            let isSame = found.allSatisfy { $0.kind == kind }
            scope.locals[name] = Scope.Declaration(isSame ? kind : nil, mayBeUnknown: false)
            return .items(found, as: name)
        }
    }
}
