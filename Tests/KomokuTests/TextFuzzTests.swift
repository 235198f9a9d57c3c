import Komoku
import KomokuTesting
import Testing

@Suite struct TextFuzzTests {
    private static let pieces = [
        "1", "0", "99999999999999999999", ".", "-", "+", "s", "ms", "m", "h", "d", "y", "S", "M", "e9", "a", "ä",
        "e\u{301}",
        "*", "**", " ", "\u{0}", "/", "_", "😀", "٣", "\u{FEFF}", "nan", "on",
    ]

    @Test(arguments: 0..<8)
    func `readers of short texts never trap, and what they accept reads back`(seed: Int) throws {
        var random = SplitMix(seed: UInt64(seed))
        let name = try KeyName(validating: "a.b.c.d")
        for _ in 0..<4000 {
            let count = Int.random(in: 0...8, using: &random)
            let text = (0..<count).map { _ in Self.pieces.randomElement(using: &random) ?? "" }.joined()
            if let duration = try? Duration(parsing: text) {
                let again = try? Duration(parsing: duration.description)
                #expect(again == duration, "seed \(seed): \(text) \(duration)")
            }
            _ = WireStep(text)
            if let name = KeyName(text) { #expect(KeyPattern(name).matches(name), "seed \(seed): \(text)") }
            if let pattern = try? KeyPattern(validating: text) { _ = pattern.matches(name) }
            if let segment = KeyName.segment(from: text) {
                #expect(KeyName(segment) != nil || segment.utf8.count > 255)
            }
            if let inferred = Value.infer(text) { #expect(inferred.value.isOf(inferred.type)) }
            _ = DecimalNumber.parse(Array(text.utf8))
        }
    }
}
