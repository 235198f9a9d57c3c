import Komoku
import Testing

@testable import KomokuRules

struct RunCallTests {
    @Test func aScriptRunsWithItsOwnLocals() throws {
        let script = Sample.rule(
            [
                try Sample.log("{room} {x ?? 'none'} {value ?? 'none'} {trigger}"), try Sample.set("x", "5"),
                Stop(nil, fails: false), try Sample.log("never"),
            ], name: "goodnight")
        let rule = Sample.rule([
            try Sample.set("x", "1"), try Sample.call("goodnight", [("room", "'hall'"), ("y", "nothing")]),
            try Sample.log("{x}"),
        ])
        #expect(
            Stage.demands(of: rule, scripts: [script]) == ["info hall none none call", "info 1", "end done"])
    }

    @Test func nobodyWaitsForARunOfItsOwn() throws {
        let rule = Sample.rule([try Sample.call("other", [("x", "1 + 1"), ("y", "nothing")], waits: false)])
        #expect(Stage.demands(of: rule) == [#"call other {"x":2}"#, "end done"])
    }

    @Test func stepsNameTheScripts() throws {
        let inner = Sample.rule([try Sample.put("a", "1"), try Sample.wait("5m")], name: "inner")
        let outer = Sample.rule([try Sample.call("inner")], name: "outer")
        let rule = Sample.rule([try Sample.log("x"), try Sample.call("outer")])
        var (stage, run) = (Stage(scripts: [inner, outer]), Sample.run(rule))
        stage.play(&run)
        #expect(run.step == "2 > outer 1 > inner 2")
        #expect(
            run.effects.map(\.description) == [
                "1 log x", "2 > outer 1 > inner 1 put a 1", "2 > outer 1 > inner 2 wait 5m",
            ])
        run.woke()
        stage.play(&run)
        #expect(stage.taken().last == "end done")
    }

    @Test func aScriptThatIsGoneFails() throws {
        let found = Stage.demands(of: Sample.rule([try Sample.call("nothing")]))
        #expect(found == ["end failed: there is no script 'nothing'"])
    }

    @Test func scriptsThatCallEachOtherForEverFail() throws {
        let script = Sample.rule([try Sample.call("self")], name: "self")
        #expect(
            Stage.demands(of: script, scripts: [script]) == ["end failed: scripts call each other more than 16 deep"])
    }

    @Test func aCallThatTakesTooLongHasFailed() throws {
        let inner = Sample.rule([try Sample.wait("1h")], name: "inner")
        let outer = Sample.rule(
            [try Sample.call("inner"), try Sample.log("never")], name: "outer",
            policies: [0: .init(timeout: .seconds(60), continuesOnError: true)])
        let rule = Sample.rule(
            [try Sample.call("outer"), try Sample.log("after")],
            policies: [0: .init(timeout: .seconds(30), continuesOnError: true)])
        var (stage, run) = (Stage(scripts: [inner, outer]), Sample.run(rule))
        stage.play(&run)
        #expect(run.callDue == Sample.start + .seconds(30))
        var restored = try #require(
            Run(coding: run.coded, rule: rule, script: { ["inner": inner, "outer": outer][$0] }))
        #expect(restored.callDue == run.callDue && !Run.waitsForTimeOnly(run.coded.bytes))
        restored.callTimedOut()
        stage.play(&restored)
        #expect(stage.taken() == ["wait 1h", "info after", "end done"])
        #expect(restored.effects.map(\.description).contains("1 call failed: 'outer' took too long"))
    }

    @Test func aFailureInAScriptIsOneOfTheCall() throws {
        let script = Sample.rule([Stop(try Sample.template("no {room}"), fails: true)], name: "bad")
        let operations = [try Sample.call("bad", [("room", "'hall'")]), try Sample.log("after")]
        #expect(Stage.demands(of: Sample.rule(operations), scripts: [script]) == ["end failed: no hall"])
        let retry = Instruction.Policy(retry: .init(times: 2), continuesOnError: true)
        #expect(
            Stage.demands(of: Sample.rule(operations, policies: [0: retry]), scripts: [script]) == [
                "wait 1s", "wait 2s", "info after", "end done",
            ])
    }

    @Test func theStepOfFailureIsTheInnermost() throws {
        let script = Sample.rule([try Sample.log("x"), try Sample.put("a", "nothing")], name: "bad")
        var (stage, run) = (Stage(scripts: [script]), Sample.run(Sample.rule([try Sample.call("bad")])))
        stage.play(&run)
        let record = run.record(ended: Sample.start)
        #expect(record.step == "1 > bad 2" && record.reason == "nothing has no value" && record.outcome == .failed)
        #expect(record.effects.map(\.description) == ["1 > bad 1 log x", "1 > bad 2 put failed: nothing has no value"])
    }
}
