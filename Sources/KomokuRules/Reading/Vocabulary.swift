import Komoku
import KomokuYAML

/// The settings that one place has, and what other programs call them: a mistake is told once, with what was meant.
struct Vocabulary: Sendable {
    let words: [String]
    private let set: Set<String>
    /// By what is written elsewhere: one of the words, or a remedy.
    private let elsewhere: [String: String]

    init(_ words: [String], _ elsewhere: [(names: [String], meaning: String)] = []) {
        self.words = words
        set = Set(words)
        var table: [String: String] = [:]
        for (names, meaning) in elsewhere { for name in names { table[name] = meaning } }
        self.elsewhere = table
    }

    func contains(_ word: String) -> Bool { set.contains(word) }

    /// The word that is meant by another one, and what to say of it.
    ///
    /// - Parameter present: words that are there already, and so are not meant.
    func meaning(of name: String, besides present: Set<String> = []) -> (word: String?, remedy: String?) {
        if let meaning = elsewhere[name.lowercased()] {
            return set.contains(meaning) ? (meaning, "it is called '\(meaning)' here") : (nil, meaning)
        }
        let free = words.filter { !present.contains($0) }
        guard let word = Suggestion.closest(to: name, in: free) else { return (nil, nil) }
        return (word, "did you mean '\(word)'?")
    }
}

extension SettingsReader {
    /// A setting that is none of its place.
    struct Stranger {
        let name: String
        let position: SourcePosition

        var shown: String { YAMLScalar(name).shownName }
    }

    /// Settings that are none of some words; what came from the environment is left to `finish()`, which does not show it.
    func strangers(to vocabulary: Vocabulary) -> [Stranger] {
        guard let entries = node.entries else { return [] }
        var found: [Stranger] = []
        for entry in entries where found.count < YAMLLimits.unknownKeys {
            guard let name = entry.key.scalar, !vocabulary.contains(name.text), !name.isSubstituted else { continue }
            found.append(Stranger(name: name.text, position: entry.key.position))
        }
        return found
    }

    /// Reports each setting that there is not, with what was probably meant.
    ///
    /// - Parameter known: what is of use here, where that is less than all.
    func refuseStrangers(to vocabulary: Vocabulary, known: [String]? = nil) {
        let strangers = strangers(to: vocabulary)
        if strangers.isEmpty { return }
        let present = present(of: vocabulary)
        let list = (known ?? vocabulary.words).map { "'\($0)'" }.joined(separator: ", ")
        for stranger in strangers {
            declare(stranger.name)
            report.error(
                at: stranger.position, "\(subject) has no setting '\(stranger.shown)'",
                remedy: vocabulary.meaning(of: stranger.name, besides: present).remedy
                    ?? (list.isEmpty ? nil : "known are \(list)"))
        }
    }

    /// Reports a mapping that has not one of some words, but none or several.
    ///
    /// - Parameters:
    ///   - kind: what each of the words is: `action`.
    ///   - several: what to do where it has several.
    ///   - meaning: what else a word may mean.
    func refuse(
        _ kind: String, _ words: Set<String>, _ vocabulary: Vocabulary, several: String,
        options: [String] = [], meaning: (String) -> String? = { _ in nil }
    ) {
        let found = (node.entries ?? []).compactMap { entry in
            entry.key.text.flatMap { words.contains($0) ? (name: $0, position: entry.key.position) : nil }
        }
        let strangers = strangers(to: vocabulary).filter { !options.contains($0.name) }
        for entry in node.entries ?? [] { declare(entry.key.scalar?.isSubstituted ?? true ? "" : entry.key.text ?? "") }
        if found.count > 1 {
            report.error(
                at: found[1].position, "\(subject) has '\(found[0].name)' and '\(found[1].name)'", remedy: several)
            return
        }
        let list = vocabulary.words.filter(words.contains).map { "'\($0)'" }.joined(separator: ", ")
        if strangers.isEmpty {
            report.error(at: position, "\(subject) has no \(kind)", remedy: "known are \(list)")
        }
        for stranger in strangers {
            report.error(
                at: stranger.position, "there is no \(kind) '\(stranger.shown)'",
                remedy: vocabulary.meaning(of: stranger.name).remedy ?? meaning(stranger.name) ?? "known are \(list)")
        }
    }

    /// The value of a setting that has to be there. Where one that there is not was probably meant for it, that is enough of
    /// a report.
    func needed<Value>(
        _ key: String, _ type: SettingType<Value>, of vocabulary: Vocabulary, remedy: String? = nil
    ) -> Value? {
        if let setting = setting(key) { return setting.value(type) }
        let present = present(of: vocabulary)
        let isMeant = strangers(to: vocabulary).contains {
            vocabulary.meaning(of: $0.name, besides: present).word?.utf8.elementsEqual(key.utf8) ?? false
        }
        if !isMeant { report.error(at: position, "\(subject) needs '\(key)'", remedy: remedy) }
        return nil
    }

    private func present(of vocabulary: Vocabulary) -> Set<String> {
        Set((node.entries ?? []).compactMap(\.key.text)).intersection(vocabulary.words)
    }
}

extension Setting {
    /// Reads the mapping that it is, whose settings are those of a vocabulary.
    func read(_ vocabulary: Vocabulary? = nil, _ body: (SettingsReader) -> Void) {
        if case .refused = node.content { return }
        guard let reader = reader() else { return }
        body(reader)
        if let vocabulary { reader.refuseStrangers(to: vocabulary) }
        reader.finish()
    }
}
