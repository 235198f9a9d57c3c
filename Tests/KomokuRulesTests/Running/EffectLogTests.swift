import Testing

@testable import KomokuRules

struct EffectLogTests {
    @Test(arguments: [
        ("abcdef", 6, "abcdef"), ("abcdefg", 6, "abc…"), ("aéééé", 8, "aéé…"), ("ééééé", 8, "éé…"), ("𝄞𝄞𝄞", 8, "𝄞…"),
    ])
    func textsAreCutBetweenScalars(text: String, length: Int, cut: String) {
        #expect(text.cut(to: length) == cut && text.cut(to: length).utf8.count <= length)
    }

    @Test func aFailureBelongsToTheLastText() {
        var log = EffectLog()
        log.fail("nothing")
        log.add("1 put a 1")
        log.fail("refused")
        #expect(log.shown == ["1 put a 1 failed: refused"])
    }
}
