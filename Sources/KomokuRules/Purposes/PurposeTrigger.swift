package import Komoku
package import KomokuHub

/// `motion: hall`: stands for a plain trigger of each key that tells of it, also of keys that come later.
package struct PurposeTrigger: Sendable {
    let purpose: Purpose
    package let target: PurposeTarget
    /// What counts as a low number, instead of the usual.
    var below: Double?
    /// Of `pressed`: only these.
    var actions: [Value]?

    package typealias Entries = (KeyName) -> KeyCatalogue.Entry?

    /// How a key tells of a subject.
    enum Sense: Equatable {
        /// This is what it is where it is so.
        case boolean(Bool)
        case texts(so: [Value], not: [Value])
        case number
        case event
    }

    /// The plain trigger that it is for a key; nil where the key does not tell of it.
    ///
    /// - Parameter entries: what is known of keys.
    package func trigger(for key: KeyName, like whole: Trigger, _ entries: Entries) -> Trigger? {
        guard let match = target.match(key), let entry = entries(key),
            let sense = sense(of: key, entry, match, entries)
        else { return nil }
        let pattern = KeyPattern(key)
        let isEnd = purpose.isEnd
        func change(_ to: [Value]?, from: [Value]? = nil) -> Trigger {
            Trigger(
                .change(pattern, to: to, from: from, by: nil), hold: whole.hold, firesOnRetained: whole.firesOnRetained,
                position: whole.position)
        }
        var trigger: Trigger
        switch sense {
        case .boolean(let so):
            trigger = change([.boolean(so != isEnd)], from: purpose.wasOtherwise ? [.boolean(so == isEnd)] : nil)
        case .texts(let so, let not):
            let (new, old) = isEnd ? (not, so) : (so, not)
            trigger = change(new, from: purpose.wasOtherwise ? old : nil)
            // From `opening` to `open` it opens no more.
            if !purpose.wasOtherwise { trigger.notFrom = new }
        case .number:
            trigger = change(nil)
            trigger.threshold = Trigger.Threshold(below: below ?? purpose.subject.below ?? 0)
        case .event:
            trigger = Trigger(
                .event(pattern, actions), firesOnRetained: whole.firesOnRetained, position: whole.position)
        }
        (trigger.isHidden, trigger.id, trigger.purpose) = (whole.isHidden, whole.id, purpose.word)
        return trigger
    }

    func sense(
        of key: KeyName, _ entry: KeyCatalogue.Entry, _ match: PurposeTarget.Match, _ entries: Entries
    ) -> Sense? {
        let (subject, isMeant) = (purpose.subject, match == .named)
        if entry.isEvent || subject.isEvent { return entry.isEvent && subject.isEvent ? .event : nil }
        let name = KeyWords(key)
        let isClass = entry.deviceClass.map(subject.classes.contains) ?? false
        let isOpposite = name.says(subject.opposites) || isUnlocked(entry)
        guard isMeant || isClass || isOpposite || name.says(subject.names) || isWorded(entry, name) else { return nil }
        if !isMeant {
            // A door that its device calls a lock is none, and a setting of a device tells of nothing.
            if !isClass, entry.deviceClass.map(Purpose.allClasses.contains) ?? false { return nil }
            if entry.isSetting || subject.isCommanded && entry.access == .report { return nil }
        }
        switch entry.type {
        case .boolean, .uptime: return hasNumber(beside: key, entries) ? nil : .boolean(!isOpposite)
        case .numeric: return subject.below != nil && (entry.unit ?? "%") == "%" ? .number : nil
        case .string: return texts(entry)
        default: return nil
        }
    }

    /// Devices that lock say so; sensors of locks call them open.
    private func isUnlocked(_ entry: KeyCatalogue.Entry) -> Bool {
        entry.deviceClass == "lock" && entry.access == .report && purpose.subject.classes.contains("lock")
    }

    /// `state` says it, where its texts do.
    private func isWorded(_ entry: KeyCatalogue.Entry, _ name: KeyWords) -> Bool {
        guard entry.type == .string, name.says(["state"]), let texts = entry.values.map(Set.init) else { return false }
        let subject = purpose.subject
        return !texts.isDisjoint(with: subject.words.flatMap(\.spellings))
            && !texts.isDisjoint(with: subject.otherWords.flatMap(\.spellings))
    }

    private func texts(_ entry: KeyCatalogue.Entry) -> Sense? {
        let subject = purpose.subject
        guard !subject.words.isEmpty else { return nil }
        func values(_ words: [String]) -> [Value] {
            words.flatMap(\.spellings).filter { entry.values?.contains($0) ?? true }.map { .string($0) }
        }
        let so = values(subject.words), not = values(subject.otherWords)
        return so.isEmpty || not.isEmpty ? nil : .texts(so: so, not: not)
    }

    /// Where a device tells the charge of its battery, its own opinion of that would fire a second time.
    private func hasNumber(beside key: KeyName, _ entries: Entries) -> Bool {
        guard purpose.subject.below != nil, let end = key.text.lastIndex(of: "."),
            let other = KeyName(key.text[..<end] + ".battery"), other != key, let entry = entries(other)
        else { return false }
        return entry.type == .numeric && (entry.unit ?? "%") == "%"
    }
}

/// The words of the last part of a key's name that is more than a number, without which of several it is: `door` of `door_2`,
/// `state` of `state_left`.
struct KeyWords {
    private let whole: String
    private let last: String

    init(_ key: KeyName) {
        let parts = key.text.split(separator: ".").map { $0.lowercased() }
        let part = parts.last { !$0.utf8.allSatisfy(\.isDigit) } ?? parts.last ?? ""
        var words = part.split { $0 == "_" || $0 == "-" }.map(String.init)
        while words.count > 1, let word = words.last, Self.places.contains(word) || word.isPlace { words.removeLast() }
        if words.count == 1, let word = words.first { words = [word.withoutNumber] }
        (whole, last) = (words.joined(separator: "_"), words.last ?? "")
    }

    private static let places: Set<String> = ["left", "right", "center", "top", "bottom"]

    func says(_ names: Set<String>) -> Bool { names.contains(whole) || names.contains(last) }
}

extension UInt8 {
    fileprivate var isDigit: Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= self }
}

extension String {
    /// `2`, `l1`.
    fileprivate var isPlace: Bool {
        let digits = utf8.first == UInt8(ascii: "l") ? utf8.dropFirst() : utf8[...]
        return !digits.isEmpty && digits.allSatisfy(\.isDigit)
    }

    /// `power` of `power1`.
    fileprivate var withoutNumber: String {
        var text = self
        while text.utf8.count > 1, text.utf8.last?.isDigit ?? false { text.removeLast() }
        return text
    }

    /// As devices spell a word.
    fileprivate var spellings: [String] { [self, uppercased(), prefix(1).uppercased() + dropFirst()] }
}

extension PurposeTrigger {
    /// What stands behind its word.
    package var written: String {
        target.text + (below.map { " below \(DecimalNumber.text($0))" } ?? "")
            + (actions.map { " action " + $0.map(\.json.text).joined(separator: "|") } ?? "")
    }
}
