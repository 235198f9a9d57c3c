internal import Komoku

/// Texts that nobody may see: the values of the environment that rules hold. Where a text is made for people they are masked,
/// whichever way they came into it.
package struct HiddenTexts: Hashable, Sendable {
    /// The longest first, so that none is masked in part.
    private var texts: [[UInt8]] = []

    /// Shorter ones stand everywhere by chance. Steps that hold them tell nothing of themselves anyway.
    static let shortest = 4
    static let mask = "***"

    package init() {}

    package init(_ values: some Sequence<String>) {
        var found: Set<[UInt8]> = []
        for value in values {
            found.insert(Array(value.utf8))
            // An expression makes a number of `0042.50`, and tells it as 42.5.
            if let number = DecimalNumber.parse(Array(value.utf8)) {
                found.insert(Array(DecimalNumber.text(number).utf8))
            }
        }
        texts = found.filter { $0.count >= Self.shortest }.sorted { $0.count > $1.count }
    }

    package var isEmpty: Bool { texts.isEmpty }

    /// With those of an earlier configuration, whose runs may still be under way.
    package func union(_ others: HiddenTexts) -> HiddenTexts {
        var union = self
        union.texts = Set(texts + others.texts).sorted { $0.count > $1.count }
        return union
    }

    package func masked(_ text: String) -> String {
        if texts.isEmpty { return text }
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if let hidden = texts.first(where: { bytes[index...].starts(with: $0) }) {
                result += Self.mask.utf8
                index += hidden.count
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return result.count == bytes.count && result == bytes ? text : String(decoding: result, as: UTF8.self)
    }

    package func masked(_ record: RunRecord) -> RunRecord {
        if texts.isEmpty { return record }
        var masked = record
        masked.reason = record.reason.map { self.masked($0) }
        masked.effects = record.effects.map(self.masked)
        masked.occasion.value = record.occasion.value.map { self.masked($0) }
        masked.occasion.previous = record.occasion.previous.map { self.masked($0) }
        masked.occasion.arguments = record.occasion.arguments.mapValues { self.masked($0) }
        return masked
    }

    private func masked(_ effect: RunEffect) -> RunEffect {
        var masked = effect
        masked.step = self.masked(effect.step)
        for index in effect.scripts.indices { masked.scripts[index].name = self.masked(effect.scripts[index].name) }
        masked.text = effect.text.map(self.masked)
        masked.reason = effect.reason.map(self.masked)
        // What holds a mask is no name of a key any more.
        if let key = effect.key?.text, self.masked(key) != key { (masked.key, masked.text) = (nil, self.masked(key)) }
        if let value = effect.value {
            let text = RunEffect.text(of: value)
            if self.masked(text) != text { masked.value = .string(self.masked(text)) }
        }
        return masked
    }

    private func masked(_ value: Value) -> Value {
        let text = masked(value.description)
        return text == value.description ? value : .string(text)
    }
}
