import Komoku
import KomokuSystem
import Testing

@testable import KomokuRules

struct RunPolicyTests {
    private func http(_ headers: [(String, String)] = []) throws -> any Operation {
        HTTP(
            url: try Sample.template("https://user:pw@example.org:8443/bot123/x?key=1"), method: "POST",
            headers: try headers.map { ($0.0, try Sample.template($0.1)) },
            body: .object([.init(name: "a", content: .constant(1))]), into: "answer")
    }

    @Test func aFailedStepIsTriedAgainThenFails() throws {
        let policy = Instruction.Policy(retry: .init(times: 3, delay: .seconds(1), factor: 3, longest: .seconds(5)))
        var (stage, run) = (Stage(), Sample.run(Sample.rule([try Sample.put("a", "1")], policies: [0: policy])))
        for _ in 0..<4 {
            _ = stage.step(&run)
            run.failed(OutputFailure("the hub refused it"))
            _ = stage.step(&run)
            run.woke()
        }
        #expect(
            stage.taken() == [
                "put a 1", "wait 1s", "put a 1", "wait 3s", "put a 1", "wait 5s", "put a 1",
                "end failed: the hub refused it",
            ])
        #expect(run.effects.last?.description == "1 put a 1 failed: the hub refused it" && run.effects.count == 4)
    }

    @Test func whatNoOtherAttemptCanMendIsNotTriedAgain() throws {
        let policy = Instruction.Policy(retry: .init(times: 3), continuesOnError: true)
        let rule = Sample.rule([try Sample.put("a", "1"), try Sample.log("after")], policies: [0: policy])
        var (stage, run) = (Stage(), Sample.run(rule))
        _ = stage.step(&run)
        run.failed(OutputFailure("no number", isTransient: false))
        stage.play(&run)
        #expect(stage.taken() == ["put a 1", "info after", "end done"])
    }

    @Test func attemptsAreCountedStepByStep() throws {
        let policy = Instruction.Policy(retry: .init(times: 1))
        let rule = Sample.rule(
            [try Sample.put("a", "1"), try Sample.put("b", "1")], policies: [0: policy, 1: policy])
        var (stage, run) = (Stage(), Sample.run(rule))
        for _ in 0..<2 {
            _ = stage.step(&run)
            run.failed(OutputFailure("no"))
            _ = stage.step(&run)
            run.woke()
            _ = stage.step(&run)
            run.succeeded()
        }
        stage.play(&run)
        #expect(stage.taken() == ["put a 1", "wait 1s", "put a 1", "put b 1", "wait 1s", "put b 1", "end done"])
    }

    @Test func aBranchThatCannotBeDecidedIsNotPassedOver() throws {
        let policy = Instruction.Policy(continuesOnError: true)
        let loop = Sample.loop(.count(try Sample.expression("nothing")), from: 0, [try Sample.log("in")])
        #expect(Stage.demands(of: Sample.rule(loop, policies: [0: policy])) == ["end failed: nothing has no value"])
    }

    @Test(arguments: [
        (200, "info 200 ok"), (299, "info 299 ok"), (404, "end failed: the server answered 404"), (503, "wait 1s"),
    ])
    func statusesDecide(status: Int, next: String) throws {
        let policy = Instruction.Policy(timeout: .seconds(5), retry: .init(times: 1))
        let rule = Sample.rule([try http(), try Sample.log("{answer_status} {answer}")], policies: [0: policy])
        var (stage, run) = (Stage(), Sample.run(rule))
        guard let request = stage.step(&run).request else {
            Issue.record("no request")
            return
        }
        #expect(request.timeout == .seconds(5) && request.body == Array(#"{"a":1}"#.utf8))
        #expect(request.headers == [.init(name: "Content-Type", value: "application/json")])
        run.answered(OutputAnswer(status: status, text: "ok"))
        #expect(stage.step(&run).shown == next)
    }

    @Test func secretsAreNotShown() throws {
        let program = RunProgram(
            words: try ["/bin/send", "--token=hidden1"].map(Sample.template), usesShell: false,
            environment: [("TOKEN", try Sample.template("hidden2"))])
        let shell = RunProgram(words: [try Sample.template("echo hidden3")], usesShell: true)
        let policy = Instruction.Policy(continuesOnError: true)
        let rule = Sample.rule(
            [try http([("Authorization", "hidden4")]), program, shell], policies: [0: policy, 1: policy, 2: policy])
        var (stage, run) = (Stage(), Sample.run(rule))
        for status in [500, 1, 137] {
            _ = stage.step(&run)
            // Of what a program says the last lines are shown; known secrets in them are masked where the run is recorded.
            run.answered(OutputAnswer(status: status, text: status == 137 ? "\n no\tluck \n" : ""))
        }
        #expect(
            run.effects.map(\.description) == [
                "1 http POST https://example.org:8443 failed: the server answered 500",
                "2 run /bin/send failed: ended with exit code 1", "3 run shell failed: ended by signal 9: no luck",
            ])
    }

    @Test(arguments: [
        ("https://h/x?text={note}&z=1", "https://h/x?text=a%20b%26c%2F%C3%A9&z=1"),
        ("https://h/{note}", "https://h/a%20b%26c%2F%C3%A9"), ("{base}/{note}", "http://h:1/y/a%20b%26c%2F%C3%A9"),
        ("http://{host}/x", "http://h.example:8/x"),
    ])
    func valuesBehindTheHostOfAURLAreOneValueEach(url: String, expected: String) throws {
        let action = HTTP(url: try Sample.template(url), method: "GET")
        let values: [String: Value] = [
            "note": .string("a b&c/é"), "base": .string("http://h:1/y"), "host": .string("h.example:8"),
        ]
        var (stage, run) = (Stage(values), Sample.run(Sample.rule([action])))
        guard let request = stage.step(&run).request else {
            Issue.record("no request")
            return
        }
        #expect(request.url == expected)
    }

    @Test func aStepThatHoldsAValueOfTheEnvironmentIsToldWithoutWhatItSays() throws {
        let policy = Instruction.Policy(hidesContent: true)
        let rule = Sample.rule([try Sample.log("hidden"), try Sample.log("open")], policies: [0: policy])
        var (stage, run) = (Stage(), Sample.run(rule))
        stage.play(&run)
        #expect(
            run.effects.map(\.description) == ["1 log (not shown: it holds a value of the environment)", "2 log open"])
    }

    @Test func aHeaderCannotAddOthers() throws {
        let rule = Sample.rule([try http([("X-Note", "a\r\nX-Other: 1")])])
        #expect(Stage.demands(of: rule) == ["end failed: the header X-Note has a line break"])
    }

    @Test func noAnswerInTimeIsAFailure() throws {
        var (stage, run) = (Stage(), Sample.run(Sample.rule([try http()])))
        _ = stage.step(&run)
        run.timedOut()
        #expect(stage.step(&run).shown == "end failed: no answer in time")
    }

    @Test func aNoteIsFilledInAsFarAsItIsKnown() throws {
        let note = Notify(
            target: "phone", title: try Sample.template("{key}"), message: try Sample.template("it is {nothing}"),
            quietFor: .seconds(3600), isUrgent: true, escalation: (after: .seconds(600), to: "hall"))
        var (stage, run) = (Stage(), Sample.run(Sample.rule([note])))
        let expected = Notification(
            rule: "hall-light", target: "phone", title: "hall.motion", message: "it is ?", topic: "it is ?",
            quietFor: .seconds(3600), isUrgent: true, escalation: .init(after: .seconds(600), target: "hall"))
        #expect(stage.step(&run) == .outside(NotifyErrand(note: expected)))
    }

    @Test func afterARestartWhatWasNotReportedIsDemandedAgain() throws {
        let rule = Sample.rule([try http()])
        var (stage, run) = (Stage(), Sample.run(rule))
        let demand = stage.step(&run)
        var restored = try #require(Run(coding: run.coded, rule: rule))
        #expect(restored.standing == .outside && stage.step(&restored) == demand)
        #expect(restored.effects == run.effects && run.effects.count == 1)
    }
}
