import Komoku

/// What a run did. Bounded, however long the run.
struct EffectLog: Hashable, Sendable {
    private(set) var effects: [RunEffect] = []
    /// How many more there were.
    private(set) var omitted = 0
    /// The keys that it changed or tried to, each once, however many effects were left out.
    private(set) var keys: [KeyName] = []

    /// The longest text of an effect, in bytes of UTF-8.
    static let maximumText = 120
    static let maximumEffects = RunRecord.maximumEffects
    /// The most keys that are kept.
    static let maximumKeys = 256

    mutating func add(_ effect: RunEffect) {
        if omitted == 0, effects.count < Self.maximumEffects { effects.append(effect) } else { omitted += 1 }
    }

    /// More of them were left out.
    mutating func omit(_ count: Int) { omitted += count }

    /// About how much memory it takes beyond what is usual, in bytes.
    var weight: Int {
        keys.reduce(0) { $0 + $1.text.utf8.count } + effects.reduce(0) { $0 + max(0, $1.weight - Self.maximumText) }
    }

    mutating func touch(_ key: KeyName) {
        if keys.count < Self.maximumKeys, !keys.contains(key) { keys.append(key) }
    }

    /// What was added last came to nothing.
    mutating func fail(_ reason: String) { end(.failed, reason) }

    /// What became of what was added last.
    mutating func end(_ outcome: RunEffect.Outcome, _ reason: String? = nil) {
        guard omitted == 0, !effects.isEmpty else { return }
        effects[effects.count - 1].outcome = outcome
        effects[effects.count - 1].reason = reason?.cut(to: Self.maximumText)
    }

    /// What became of an effect that was the last one when there were `count` of them, the omitted ones included.
    mutating func note(_ fault: LateFailure) { omitted += effects.note(fault) }

    var count: Int { effects.count + omitted }

    init() {}

    /// - Returns: nil for more than it takes.
    init?(effects: [RunEffect], omitted: Int, keys: [KeyName]) {
        guard effects.count <= Self.maximumEffects, effects.allSatisfy(\.isBounded), 0...1 << 32 ~= omitted,
            keys.count <= Self.maximumKeys
        else { return nil }
        self.effects = effects
        self.omitted = omitted
        self.keys = keys
    }

    /// The keys that effects changed or tried to.
    static func keys(of effects: [RunEffect]) -> [KeyName] {
        var keys: [KeyName] = []
        for case let key? in effects.lazy.map(\.key) where !keys.contains(key) { keys.append(key) }
        return keys
    }
}

/// What a device did not do after the run had gone on.
struct LateFailure: Sendable {
    /// That told the device, and its index among all effects of the run.
    let effect: RunEffect
    let index: Int
    let key: KeyName
    let outcome: RunEffect.Outcome
    let reason: String

    /// As a sentence.
    var text: String { RunEffect(verb: "", key: key, outcome: outcome, reason: reason).description }
}

extension [RunEffect] {
    /// - Returns: how many had to go to make room.
    mutating func note(_ fault: LateFailure) -> Int {
        let reason = fault.reason.cut(to: EffectLog.maximumText)
        // One step may tell several devices something: the first that fails is noted there.
        if indices.contains(fault.index), self[fault.index].key == fault.key, self[fault.index].outcome == nil {
            self[fault.index].outcome = fault.outcome
            self[fault.index].reason = reason
            return 0
        }
        let isFull = count >= EffectLog.maximumEffects
        if isFull { removeLast() }
        append(
            RunEffect(
                step: fault.effect.step, scripts: fault.effect.scripts, verb: fault.effect.verb, key: fault.key,
                outcome: fault.outcome, reason: reason))
        return isFull ? 1 : 0
    }
}

extension RunEffect {
    var weight: Int {
        scripts.reduce(0) { $0 + $1.name.utf8.count } + (key?.text.utf8.count ?? 0) + (value?.string?.utf8.count ?? 0)
            + (text?.utf8.count ?? 0) + (reason?.utf8.count ?? 0)
    }

    /// Whether it is no longer than the log makes them.
    fileprivate var isBounded: Bool {
        scripts.count < Run.maximumFrames && scripts.allSatisfy { $0.name.utf8.count <= Rule.maximumName }
            && [text, reason].allSatisfy { $0?.utf8.count ?? 0 <= EffectLog.maximumText }
            && value?.text.utf8.count ?? 0 <= 8 * EffectLog.maximumText
    }
}

extension JSON {
    /// As an effect has it: whole, or a text that ends in `…`.
    var excerpt: JSON {
        switch self {
        case .bool, .number: self
        case .string(let text): .string(text.cut(to: Self.maximumExcerpt))
        case .null: "null"
        case .array, .object:
            text.utf8.count <= Self.maximumExcerpt ? self : .string(text.cut(to: Self.maximumExcerpt))
        }
    }

    private static let maximumExcerpt = 60
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
