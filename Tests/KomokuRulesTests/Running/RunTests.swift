import Komoku
import KomokuSystem
import Testing

@testable import KomokuRules

struct RunTests {
    @Test func anEmptyProgramIsDone() {
        #expect(Stage.demands(of: Sample.rule([])) == ["end done"])
    }

    @Test func actionsFollowOneAnotherAndSeeWhatThoseBeforeDid() throws {
        let rule = Sample.rule([
            try Sample.put("a", "b + 1"), try Sample.put("b", "a * 10"), Toggle(.key(try Sample.key("hall.light"))),
            Increment(.key(try Sample.key("n")), by: nil),
            Increment(.key(try Sample.key("n")), by: try Sample.expression("-b")),
            try Sample.log("{key} is {value}, was {previous}, by {trigger}, {nothing}"),
        ])
        #expect(
            Stage.demands(of: rule, ["b": .number(2)]) == [
                "put a 3", "put b 30", "toggle hall.light", "increment n 1", "increment n -30",
                "info hall.motion is true, was false, by change, ?", "end done",
            ])
    }

    @Test func keysAndTopicsAreFilledInFromLocals() throws {
        let computed = try ComputedKeySample.key("`{room}.light`")
        let rule = Sample.rule([
            try Sample.set("room", "'hall'"), Put(computed, .constant(true)), Toggle(computed),
            Publish(
                topic: try Sample.template("to/{room}"),
                payload: .object([.init(name: "on", content: .expression(try Sample.expression("value")))]), qos: 0,
                retain: false),
            try Sample.set("room", "'#'"), Put(computed, .constant(true)),
        ])
        #expect(
            Stage.demands(of: rule) == [
                "put hall.light true", "toggle hall.light", #"publish to/hall {"on":true} 0"#,
                "end failed: `{room}.light` makes no name of a key",
            ])
    }

    @Test func whatIsUnknownFailsAnActionAndIsNoLocal() throws {
        let rule = Sample.rule([
            try Sample.set("x", "1"), try Sample.set("x", "nothing + 1"), try Sample.set("y", "known(x)"),
            try Sample.log("{y}"), try Sample.put("a", "nothing"),
        ])
        #expect(Stage.demands(of: rule) == ["info false", "end failed: nothing has no value"])
    }

    @Test(arguments: ["a/+", "", "#", "a\0"])
    func topicsThatCannotBePublishedToFail(topic: String) throws {
        let rule = Sample.rule([
            Publish(topic: try Sample.template(topic), payload: .constant("x"), qos: 0, retain: false)
        ])
        #expect(Stage.demands(of: rule).last?.hasPrefix("end failed: '") == true)
    }

    @Test func aRunStandsAtWaits() throws {
        let rule = Sample.rule([try Sample.wait("5m + x"), try Sample.put("a", "1")])
        var (stage, run) = (Stage(), Sample.run(rule))
        run.frame.locals["x"] = .number(1)
        stage.play(&run)
        #expect(run.standing == .waiting && run.due == Sample.start + .seconds(301))
        run.succeeded()
        run.timedOut()
        run.answer([:])
        #expect(stage.step(&run) == .stand)
        run.woke()
        run.woke()
        stage.play(&run)
        #expect(stage.taken() == ["wait 5m1s", "stand", "put a 1", "end done"])
        #expect(run.effects.map(\.description) == ["1 wait 5m1s", "2 put a 1"])
    }

    @Test(arguments: [
        ("0s", "end done"), ("-5", "end done"), ("1e12", "end failed: 1000000000000 seconds cannot be waited"),
    ])
    func waitsThatAreNone(text: String, end: String) throws {
        #expect(Stage.demands(of: Sample.rule([try Sample.wait(text)])) == [end])
    }

    @Test func waitUntilLooksAgain() throws {
        let rule = Sample.rule([
            try Sample.until("not hall.motion", timeout: "10m"), try Sample.log("{timed_out}"),
        ])
        var (stage, run) = (Stage(["hall.motion": .boolean(true)]), Sample.run(rule))
        stage.play(&run)
        #expect(run.standing == .waitingUntil && run.awaitedKeys.map(\.text) == ["hall.motion"])
        #expect(!run.look { stage.lookup($0) })
        stage.values["hall.motion"] = .boolean(false)
        #expect(run.look { stage.lookup($0) })
        stage.play(&run)
        #expect(stage.taken() == ["until 10m", "info false", "end done"])
    }

    @Test(arguments: [
        (WaitLimit.OnTimeout.continue, ["until 10m", "info true", "end done"]),
        (.stop, ["until 10m", "end stopped: it did not come to hold in time"]),
        (.fail, ["until 10m", "end failed: it did not come to hold in time"]),
    ])
    func waitUntilTimesOut(onTimeout: WaitLimit.OnTimeout, demands: [String]) throws {
        let rule = Sample.rule([
            try Sample.until("not hall.motion", timeout: "10m", onTimeout), try Sample.log("{timed_out}"),
        ])
        #expect(Stage.demands(of: rule, ["hall.motion": .boolean(true)]) == demands)
    }

    @Test func whatHoldsIsNotWaitedFor() throws {
        let rule = Sample.rule([try Sample.until("value"), try Sample.log("{timed_out}")])
        #expect(Stage.demands(of: rule) == ["info false", "end done"])
    }

    @Test func branchesAndStops() throws {
        func program(_ condition: String, _ stop: any Operation) throws -> Rule {
            Sample.rule([
                Branch(try Sample.condition(condition), otherwise: 3), try Sample.log("then"), Jump(4),
                try Sample.log("else"), stop, try Sample.log("never"),
            ])
        }
        let stop = Stop(try Sample.template("it is {key}"), fails: false)
        #expect(Stage.demands(of: try program("value", stop)) == ["info then", "end stopped: it is hall.motion"])
        let fail = Stop(nil, fails: true)
        #expect(Stage.demands(of: try program("nothing", fail)) == ["info else", "end failed: stopped"])
    }

    @Test func jumpsOutOfTheProgramEndIt() throws {
        #expect(Stage.demands(of: Sample.rule([Jump(-1)])) == ["end done"])
        #expect(Stage.demands(of: Sample.rule([Jump(.max)])) == ["end done"])
        #expect(Stage.demands(of: Sample.rule([NextRound(exit: 1), Again(next: 7)])) == ["end done"])
    }

    @Test func aThousandInstructionsPauseTheTurn() {
        var (stage, run) = (Stage(), Sample.run(Sample.rule([Jump(0)])))
        for _ in 0..<3 { #expect(stage.step(&run) == .pause) }
    }

    @Test func afterTheEndNothingChanges() throws {
        var (stage, run) = (Stage(), Sample.run(Sample.rule([Stop(try Sample.template("enough"), fails: false)])))
        stage.play(&run)
        run.failed(OutputFailure("late"))
        run.woke()
        run.answer([:])
        stage.play(&run)
        #expect(stage.taken() == ["end stopped: enough", "end stopped: enough"])
        let record = run.record(ended: Sample.start)
        #expect(record.outcome == .stopped && record.reason == "enough" && record.step == "1" && record.id == 12_345)
    }

    @Test func effectsAreBounded() throws {
        let loop = Sample.loop(.count(try Sample.expression("100")), from: 0, [try Sample.log("{index}")])
        var (stage, run) = (Stage(), Sample.run(Sample.rule(loop)))
        stage.play(&run)
        #expect(run.effects.count == RunRecord.maximumEffects && run.record(ended: Sample.start).omitted == 68)
    }
}
