import Komoku
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

    @Test func keysAreKeptBeyondTheTextsAndBounded() throws {
        var log = EffectLog()
        for number in 0..<1000 {
            log.add("1 put k\(number) 1")
            log.touch(try #require(KeyName("k\(number)")))
            log.touch(try #require(KeyName("k0")))
        }
        #expect(log.shown.count == RunRecord.maximumEffects)
        #expect(log.keys.map(\.text) == (0..<EffectLog.maximumKeys).map { "k\($0)" })
    }
}
