import Komoku
import KomokuTesting
import Testing

@testable import KomokuRules

struct RunCodingTests {
    @Test func aSimpleWaitingRunIsShort() throws {
        let rule = Sample.rule([try Sample.put("hall.light", "true"), try Sample.wait("5m")])
        var (stage, run) = (Stage(), Sample.run(rule))
        stage.play(&run)
        #expect(
            run.coded.text
                == #"{"v":1,"s":"waiting","i":12345,"t":1763737000123000,"o":{"w":"change","k":"hall.motion","x":true,"p":false},"#
                + #""f":[{"p":1}],"e":[["1","put","hall.light",true],["2","wait",null,null,"5m"]]}"#)
        #expect(run.coded.text.utf8.count < 200)
    }

    /// As earlier versions wrote it, with sentences as effects.
    @Test func aRunThatStoodBeforeEffectsWereDataGoesOn() throws {
        let rule = Sample.rule([try Sample.put("hall.light", "true"), try Sample.wait("5m")])
        let coded = try JSON(
            parsing:
                #"{"v":1,"s":"waiting","i":12345,"t":1763737000123000,"o":{"w":"change","k":"hall.motion","x":true,"p":false},"#
                + #""f":[{"p":1}],"e":["1 put hall.light true","2 > off 1 put hall.lux 5 failed: no","3 wait 5m"],"m":2}"#
        )
        let run = try #require(Run(coding: coded, rule: rule))
        #expect(
            run.effects.map(\.description) == [
                "1 put hall.light true", "2 > off 1 put hall.lux 5 failed: no", "3 wait 5m",
            ])
        let record = run.record(ended: Sample.start)
        #expect(record.keys.map(\.text) == ["hall.light", "hall.lux"] && record.omitted == 2)
        #expect(Run(coding: run.coded, rule: rule)?.effects == run.effects)
    }

    @Test func eachPartOfAnEffectIsKept() throws {
        let rule = Sample.rule([try Sample.wait("5m")])
        var effects = [RunEffect(step: "1", verb: "log")]
        effects.append(RunEffect(step: "1", verb: "put", key: KeyName("a.b"), value: [1], outcome: .reported))
        effects.append(RunEffect(step: "1", verb: "put", text: "t", isHidden: true, outcome: .failed, reason: "r"))
        effects.append(RunEffect(step: "1", scripts: [.init(name: "s t", step: "2")], verb: "put", value: ""))
        var run = Sample.run(rule)
        for effect in effects { run.log.add(effect) }
        #expect(Run(coding: try JSON(parsing: run.coded.text), rule: rule)?.effects == effects)
    }

    /// Everything that a run can hold.
    static func laden() throws -> (run: Run, rule: Rule, script: Rule) {
        let body = [try Sample.set("x", "'é\"'"), try Sample.call("script", [("y", "-0.5")])]
        let rule = Sample.rule(
            Sample.loop(.keys(.all, as: "item"), from: 0, body), policies: [3: .init(retry: .init(times: 3))])
        let script = Sample.rule(
            Sample.loop(
                .items([.constant("a"), .constant(2)], as: "item"), from: 0,
                [try Sample.log("{item}"), try Sample.put("a", "nothing")]), name: "script",
            hash: "s1")
        let waiting = Sample.rule(
            script.procedure.instructions.map(\.operation), name: "script", hash: "s1",
            policies: [3: .init(retry: .init(times: 9))])
        var occasion = Occasion("mqtt", at: Timestamp(microseconds: .max))
        occasion.arguments = ["payload": .string("\u{0}"), "n": .number(1e-300)]
        occasion.depth = 3
        occasion.parent = .min
        occasion.source = "message on a"
        var stage = Stage(["k": .number(1)], scripts: [waiting])
        var run = Run(rule: rule, id: .max, occasion: occasion, started: Timestamp(microseconds: .min))
        stage.play(&run)
        return (run, rule, waiting)
    }

    @Test func everythingIsKept() throws {
        let (run, rule, script) = try Self.laden()
        let coded = try JSON(parsing: run.coded.text)
        let due = Sample.start + .seconds(1)
        let restored = try #require(Run(coding: coded, rule: rule, due: due, script: { _ in script }))
        #expect(restored.coded == run.coded && restored.due == due && run.standing == .pausing)
        #expect(restored.id == run.id && restored.occasion == run.occasion && restored.started == run.started)
        #expect(
            restored.step == run.step && restored.local("y") == .number(-0.5) && restored.local("item") == .string("a"))
        #expect(restored.effects == run.effects && restored.frame.attempt == 1)
    }

    @Test func aChangedScriptLeavesNoPlaceToGoOn() throws {
        let (run, rule, script) = try Self.laden()
        let changed = Sample.rule(script.procedure.instructions.map(\.operation), name: "script", hash: "s2")
        #expect(Run(coding: run.coded, rule: rule, script: { _ in changed }) == nil)
        #expect(Run(coding: run.coded, rule: rule, script: { _ in nil }) == nil)
    }

    @Test func anEndIsKept() throws {
        let rule = Sample.rule([Stop(try Sample.template("no"), fails: true)])
        var (stage, run) = (Stage(), Sample.run(rule))
        stage.play(&run)
        var restored = try #require(Run(coding: run.coded, rule: rule))
        stage.play(&restored)
        #expect(stage.taken() == ["end failed: no", "end failed: no"])
        #expect(restored.record(ended: Sample.start) == run.record(ended: Sample.start))
    }

    /// A run that is coded and restored wherever it stands demands what the same run demands that is left alone.
    @Test(arguments: 1...60 as ClosedRange<UInt64>)
    func aRestoredRunGoesOnAsItWould(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        for _ in 0..<10 {
            let world = try RandomProgram.world(using: &random)
            var stage = Stage(["n": .number(1), "b": .boolean(true), "s": .string("x")], scripts: world.scripts)
            var run = Sample.run(world.rule)
            var other = run
            for _ in 0..<200 {
                var shadow = stage
                let (demand, same) = (next(&stage, &run), next(&shadow, &other))
                #expect(demand == same, "\(demand.shown) is not \(same.shown)")
                if case .end = demand { break }
                if Int.random(in: 0..<3, using: &random) == 0 {
                    let coded = try JSON(parsing: other.coded.text)
                    let script = stage.scripts
                    other = try #require(Run(coding: coded, rule: world.rule, script: { script[$0] }))
                }
                RandomReport(using: &random).report(demand, &stage, &run, &other)
            }
            #expect(run.coded == other.coded)
        }
    }

    private func next(_ stage: inout Stage, _ run: inout Run) -> Run.Demand {
        while true {
            let demand = stage.step(&run)
            // Where turns end depends on when the run was restored.
            if demand.shown != "pause" { return demand }
        }
    }
}
