import Komoku

/// What a run did, in short texts for a person. Bounded, however long the run.
struct EffectLog: Hashable, Sendable {
    /// One fewer than a record takes: the last one counts those left out.
    private(set) var texts: [String] = []
    private(set) var omitted = 0

    /// The longest text, in bytes of UTF-8.
    static let maximumText = 120
    static let maximumTexts = RunRecord.maximumEffects - 1

    mutating func add(_ text: String) {
        if texts.count < Self.maximumTexts { texts.append(text.cut(to: Self.maximumText)) } else { omitted += 1 }
    }

    /// What was added last came to nothing.
    mutating func fail(_ reason: String) {
        guard omitted == 0, let last = texts.popLast() else { return }
        add("\(last) failed: \(reason)")
    }

    var shown: [String] { omitted == 0 ? texts : texts + ["and \(omitted) more"] }

    init() {}

    /// - Returns: nil for more than it takes.
    init?(texts: [String], omitted: Int) {
        guard texts.count <= Self.maximumTexts, texts.allSatisfy({ $0.utf8.count <= Self.maximumText }),
            0...1 << 32 ~= omitted
        else { return nil }
        self.texts = texts
        self.omitted = omitted
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
