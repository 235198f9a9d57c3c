import Komoku

/// What a run did, in short texts for a person. Bounded, however long the run.
struct EffectLog: Hashable, Sendable {
    /// One fewer than a record takes: the last one counts those left out.
    private(set) var texts: [String] = []
    private(set) var omitted = 0
    /// The keys that it changed or tried to, each once, however many texts were left out.
    private(set) var keys: [KeyName] = []

    /// The longest text, in bytes of UTF-8.
    static let maximumText = 120
    static let maximumTexts = RunRecord.maximumEffects - 1
    /// The most keys that are kept.
    static let maximumKeys = 256

    mutating func add(_ text: String) {
        if texts.count < Self.maximumTexts { texts.append(text.cut(to: Self.maximumText)) } else { omitted += 1 }
    }

    /// About how much memory the names of keys take, in bytes; the texts are bounded.
    var weight: Int { keys.reduce(0) { $0 + $1.text.utf8.count } }

    mutating func touch(_ key: KeyName) {
        if keys.count < Self.maximumKeys, !keys.contains(key) { keys.append(key) }
    }

    /// What was added last came to nothing.
    mutating func fail(_ reason: String) {
        guard omitted == 0, let last = texts.popLast() else { return }
        add("\(last) failed: \(reason)")
    }

    /// The keys that its texts name: `2 put hall.light true`. Those in scripts have longer steps, and are not found.
    static func keys(namedBy texts: [String]) -> [KeyName] {
        var keys: [KeyName] = []
        for text in texts {
            let words = text.split(separator: " ", maxSplits: 3)
            guard words.count >= 3, ["put", "toggle", "increment"].contains(words[1]),
                let key = KeyName(String(words[2])), !keys.contains(key)
            else { continue }
            keys.append(key)
        }
        return keys
    }

    var shown: [String] { omitted == 0 ? texts : texts + ["and \(omitted) more"] }

    init() {}

    /// - Returns: nil for more than it takes.
    init?(texts: [String], omitted: Int, keys: [KeyName] = []) {
        guard texts.count <= Self.maximumTexts, texts.allSatisfy({ $0.utf8.count <= Self.maximumText }),
            0...1 << 32 ~= omitted, keys.count <= Self.maximumKeys
        else { return nil }
        self.texts = texts
        self.omitted = omitted
        self.keys = keys
    }
}

extension String {
    /// At most so many bytes of UTF-8, whole scalars; what is missing shows as `…`.
    func cut(to length: Int) -> String {
        guard utf8.count > length else { return self }
        var end = utf8.index(utf8.startIndex, offsetBy: max(0, length - 3))
        while end > utf8.startIndex, unicodeScalars.index(where: end) { end = utf8.index(before: end) }
        return String(self[..<end]) + "…"
    }
}

extension String.UnicodeScalarView {
    /// Whether a place is inside of a scalar.
    fileprivate func index(where place: Index) -> Bool { place.samePosition(in: self) == nil }
}
