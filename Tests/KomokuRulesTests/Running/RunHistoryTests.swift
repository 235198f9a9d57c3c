import Komoku
import KomokuExpression
import Testing

@testable import KomokuRules

struct RunHistoryTests {
    @Test func questionsOfOneStepAreAskedTogether() throws {
        let rule = Sample.rule([
            try Sample.put("a", "avg(lux, 10m) + max(lux, 1h)"), try Sample.put("b", "avg(lux, 10m)"),
        ])
        let found = Stage.demands(
            of: rule, recorded: ["avg(lux, 10m)": .number(1), "max(lux, 1h)": .number(2)])
        #expect(
            found == [
                "history avg(lux, 10m) max(lux, 1h)", "put a 3", "history avg(lux, 10m)", "put b 1", "end done",
            ])
    }

    @Test func whatIsNotKnownIsNotTakenForUnknown() throws {
        let rule = Sample.rule([
            try Sample.put("a", "avg(lux, 10m) ?? 7"),
            Branch(try Sample.condition("known(avg(lux, 10m))"), otherwise: 3),
            try Sample.log("known"),
        ])
        #expect(
            Stage.demands(of: rule, recorded: ["avg(lux, 10m)": .number(1)]) == [
                "history avg(lux, 10m)", "put a 1", "history avg(lux, 10m)", "info known", "end done",
            ])
        #expect(
            Stage.demands(of: rule) == [
                "history avg(lux, 10m)", "put a 7", "history avg(lux, 10m)", "end done",
            ])
    }

    @Test func aMomentMadeOfTheClockIsAskedForOnce() throws {
        let rule = Sample.rule([try Sample.put("a", "at(lux, now - 1h)")])
        var (stage, run) = (Stage(), Sample.run(rule))
        guard case .history(let calls) = stage.step(&run) else {
            Issue.record("not asked")
            return
        }
        stage.now = stage.now + .seconds(1)
        run.answer([calls[0]: .number(5)])
        #expect(stage.step(&run).shown == "put a 5")
    }

    @Test func questionsThatNeverEndAreUnknown() throws {
        let rule = Sample.rule([try Sample.put("a", "at(lux, since)")])
        var (stage, run) = (Stage(["since": .number(1)]), Sample.run(rule))
        for round in 2..<30 {
            guard case .history(let calls) = stage.step(&run) else { break }
            stage.values["since"] = .number(Double(round))
            run.answer([calls[0]: .number(5)])
        }
        #expect(stage.taken().last == "end failed: at(lux, 9s) has no value")
    }

    @Test func waitUntilAsksWhenItLooks() throws {
        let rule = Sample.rule([try Sample.until("avg(lux, 10m) < n", timeout: "1h")])
        var (stage, run) = (Stage(["n": .number(1)]), Sample.run(rule))
        stage.recorded = ["avg(lux, 10m)": .number(5)]
        stage.play(&run)
        #expect(stage.taken() == ["history avg(lux, 10m)", "until 1h"])
        #expect(run.look { stage.lookup($0) })
        stage.play(&run)
        #expect(stage.taken() == ["history avg(lux, 10m)", "stand"] && run.due == Sample.start + .seconds(3600))
        stage.values["n"] = .number(10)
        #expect(run.look { stage.lookup($0) })
        guard case .history(let calls) = stage.step(&run) else {
            Issue.record("not asked")
            return
        }
        #expect(!run.look { stage.lookup($0) }, "it was asked already")
        run.answer([calls[0]: .number(5)])
        stage.play(&run)
        #expect(stage.taken() == ["history avg(lux, 10m)", "end done"])
    }

    @Test func aConditionCanBeLookedAtWithoutARun() throws {
        var answers = HistoryAnswers()
        let condition = try Sample.condition("avg(lux, 10m) < 40")
        guard case .asks(let calls) = answers.evaluate(condition, { _ in nil }) else {
            Issue.record("not asked")
            return
        }
        answers.add([calls[0]: .number(20)])
        #expect(answers.evaluate(condition) { _ in nil } == .outcome(.value(.boolean(true))))
    }
}
