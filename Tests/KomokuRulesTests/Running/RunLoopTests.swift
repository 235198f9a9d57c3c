import Komoku
import Testing

@testable import KomokuRules

struct RunLoopTests {
    private func demands(
        _ loop: Loop, _ body: [any Operation], _ values: [String: Value] = [:]
    ) -> [String] {
        Stage.demands(of: Sample.rule(Sample.loop(loop, from: 0, body)), values)
    }

    @Test(arguments: [("3", 3), ("0", 0), ("-2", 0), ("2.9", 2)])
    func countGoesRound(count: String, rounds: Int) throws {
        let found = demands(.count(try Sample.expression(count)), [try Sample.log("{index}")])
        #expect(found == (0..<rounds).map { "info \($0 + 1)" } + ["end done"])
    }

    @Test func whileIsCheckedBeforeARoundAndUntilAfterIt() throws {
        let body = [try Sample.put("n", "n + 1")]
        let condition = try Sample.condition("n < 2")
        #expect(demands(.whileHolds(condition), body, ["n": .number(0)]) == ["put n 1", "put n 2", "end done"])
        #expect(demands(.whileHolds(condition), body, ["n": .number(2)]) == ["end done"])
        let end = try Sample.condition("n >= 2")
        #expect(demands(.until(end), body, ["n": .number(0)]) == ["put n 1", "put n 2", "end done"])
        #expect(demands(.until(end), body, ["n": .number(7)]) == ["put n 8", "end done"])
    }

    @Test func keysAreThoseOfTheBeginning() throws {
        let found = demands(
            .keys(try KeyPattern(validating: "*.motion"), as: "item"),
            [try Sample.put("b.motion", "0"), try Sample.log("{index} {item}")],
            ["c.motion": .number(1), "a.motion": .number(1), "a.lux": .number(1)])
        #expect(
            found == ["put b.motion 0", "info 1 a.motion", "put b.motion 0", "info 2 c.motion", "end done"])
    }

    @Test func itemsAreWorkedOutRoundByRound() throws {
        let items: [Content] = [
            .constant("a"), .expression(try Sample.expression("n")), .constant(.null), .constant(7),
        ]
        let found = demands(
            .items(items, as: "item"), [try Sample.put("n", "index * 10"), try Sample.log("{item ?? 'none'}")],
            ["n": .number(1)])
        #expect(
            found == [
                "put n 10", "info a", "put n 20", "info 10", "put n 30", "info none", "put n 40", "info 7", "end done",
            ])
    }

    @Test func anInnerLoopLeavesTheOuterRoundAlone() throws {
        let inner = Sample.loop(.count(try Sample.expression("2")), from: 3, [try Sample.log("in {index}{item}")])
        let found = demands(
            .items([.constant("a"), .constant("b")], as: "item"),
            [try Sample.log("out {index}")] + inner + [try Sample.log("after {index}")])
        #expect(
            found.dropLast() == [
                "info out 1", "info in 1a", "info in 2a", "info after 1", "info out 2", "info in 1b", "info in 2b",
                "info after 2",
            ])
    }

    @Test func aLoopEndsAsFailedAfterItsMostRounds() throws {
        let reason = "end failed: more than 10000 rounds"
        let (forever, many) = (try Sample.condition("true"), try Sample.expression("1e300"))
        #expect(demands(.whileHolds(forever), []).last == reason)
        #expect(demands(.count(many), []).last == reason)
        #expect(demands(.count(try Sample.expression("10000")), []).last == "end done")
        #expect(demands(.count(try Sample.expression("nothing")), []).last == "end failed: nothing has no value")
    }
}
