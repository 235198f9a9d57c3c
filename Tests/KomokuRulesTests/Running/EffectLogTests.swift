import Komoku
import KomokuExpression
import Testing

@testable import KomokuRules

struct EffectLogTests {
    @Test(arguments: [
        ("abcdef", 6, "abcdef"), ("abcdefg", 6, "abc…"), ("aéééé", 8, "aéé…"), ("ééééé", 8, "éé…"), ("𝄞𝄞𝄞", 8, "𝄞…"),
    ])
    func textsAreCutBetweenScalars(text: String, length: Int, cut: String) {
        #expect(text.cut(to: length) == cut && text.cut(to: length).utf8.count <= length)
    }

    @Test func aFailureBelongsToTheLastEffect() {
        var log = EffectLog()
        log.fail("nothing")
        log.add(RunEffect(step: "1", verb: "log", text: "a"))
        log.fail(String(repeating: "r", count: 500))
        #expect(log.effects.count == 1 && log.effects[0].outcome == .failed)
        #expect(log.effects[0].reason?.utf8.count == EffectLog.maximumText)
    }

    @Test func keysAreKeptBeyondTheEffectsAndBounded() throws {
        var log = EffectLog()
        for number in 0..<1000 {
            log.add(RunEffect(step: "1", verb: "put", value: 1))
            log.touch(try #require(KeyName("k\(number)")))
            log.touch(try #require(KeyName("k0")))
        }
        #expect(log.effects.count == RunRecord.maximumEffects && log.omitted == 1000 - RunRecord.maximumEffects)
        #expect(log.keys.map(\.text) == (0..<EffectLog.maximumKeys).map { "k\($0)" })
    }

    @Test(arguments: [
        ("null", "\"null\""), ("true", "true"), ("-0.5", "-0.5"), ("\"on\"", "\"on\""), ("[1,{}]", "[1,{}]"),
        ("\"\(String(repeating: "x", count: 90))\"", "\"\(String(repeating: "x", count: 57))…\""),
        ("[\(String(repeating: "1,", count: 90))1]", "\"[\(String(repeating: "1,", count: 28))…\""),
    ])
    func valuesAreWholeOrATextThatSaysThatItIsCut(value: String, excerpt: String) throws {
        #expect(try JSON(parsing: value).excerpt.text == excerpt)
    }

    @Test func whatFailsLaterIsNotedWhereItWasDone() throws {
        let key = try #require(KeyName("lamp"))
        let put = RunEffect(step: "1", verb: "put", key: key, value: true)
        let fault = LateFailure(effect: put, index: 0, key: key, outcome: .failedLater, reason: "no report")
        var effects = [put]
        #expect(effects.note(fault) == 0)
        #expect(effects.map(\.description) == ["1 put lamp true failed later: no report"])
        // The step told a second device something.
        #expect(effects.note(fault) == 0)
        #expect(effects.last?.description == "1 put lamp failed later: no report")
        effects = Array(repeating: put, count: RunRecord.maximumEffects)
        let late = LateFailure(effect: put, index: 99, key: key, outcome: .failedLater, reason: "no report")
        #expect(effects.note(late) == 1 && effects.count == RunRecord.maximumEffects)
        #expect(effects.last?.outcome == .failedLater)
    }

    @Test func hiddenContentIsToldAlikeEverywhere() {
        #expect(RunEffect.notShown == CompiledExpression.notShown)
    }
}
