import Komoku
import KomokuExpression
import Testing

@testable import KomokuRules

struct ReactorTests {
    private func house(_ rules: String, values: [String: Value] = [:]) throws -> House {
        let (rules, diagnostics) = House.read(rules)
        #expect(diagnostics.isEmpty)
        try #require(!rules.isEmpty)
        return House(rules, values: values)
    }

    @Test func aChangeToAValueRunsTheActionsInOrder() throws {
        var house = try house(
            """
            rules:
              - name: hall-light
                when: {change: hall.motion, to: true}
                if: hall.lux < 40 and not house.asleep
                then:
                  - put: {hall.light: true}
                  - publish: {topic: "cmnd/hall/POWER", payload: "ON", qos: 1, retain: true}
                  - log: "{key} was {previous ?? false} and is {value}, {hall.lux} lux"
            """, values: ["hall.lux": .number(12.5), "house.asleep": .boolean(false)])
        #expect(
            house.put("hall.motion", .boolean(true)) == [
                "put hall.light=true", "publish cmnd/hall/POWER ON qos 1 retained",
                "log hall.motion was false and is true, 12.5 lux",
            ])
        #expect(house.put("hall.motion", .boolean(false)) == [])
        #expect(house.put("hall.lux", .number(50)) == [])
        #expect(house.put("hall.motion", .boolean(true)) == [])
        let statistics = try #require(house.reactor.statistics.first)
        #expect(statistics.rule == "hall-light")
        #expect(statistics.statistics.runs == 1 && statistics.statistics.skipped == 1)
        #expect(statistics.statistics.lastRun == Timestamp(microseconds: 1))
    }

    @Test func aConditionThatIsUnknownDoesNotHold() throws {
        var house = try house(
            "rules: [{name: a, when: {change: hall.motion}, if: hall.lux < 40, then: {log: x}}]")
        #expect(house.put("hall.motion", .boolean(true)) == [])
        #expect(house.reactor.statistics.first?.statistics.skipped == 1)
    }

    @Test func fromNeedsAPreviousValue() throws {
        var house = try house(
            "rules: [{name: a, when: {change: hall.scene, from: [dim], to: [bright]}, then: {log: x}}]")
        #expect(house.put("hall.scene", .string("bright")) == [])
        #expect(house.put("hall.scene", .string("dim")) == [])
        #expect(house.put("hall.scene", .string("bright")) == ["log x"])
    }

    @Test func becomesFiresOnTheEdgeOnly() throws {
        var house = try house("rules: [{name: dark, when: {becomes: 'hall.lux < 10'}, then: {log: '{hall.lux}'}}]")
        #expect(house.put("hall.lux", .number(5)) == ["log 5"], "from unknown to true")
        #expect(house.put("hall.lux", .number(4)) == [])
        #expect(house.put("hall.lux", .number(20)) == [])
        #expect(house.put("hall.lux", .number(9)) == ["log 9"])
    }

    @Test func becomesStartsFromWhatItIsAtLoad() throws {
        let text = "rules: [{name: dark, when: {becomes: 'hall.lux < 10'}, then: {log: dark}}]"
        var house = try house(text, values: ["hall.lux": .number(5)])
        #expect(house.put("hall.lux", .number(4)) == [])
        #expect(house.put("hall.lux", .number(11)) == [])
        #expect(house.put("hall.lux", .number(4)) == ["log dark"])
    }

    @Test func aReplayedMessageSetsTheStateAndFiresNothingUnlessAsked() throws {
        var house = try house(
            """
            rules:
              - {name: a, when: {change: hall.lux}, then: {log: a}}
              - {name: b, when: {change: hall.lux, retained: true}, then: {log: b}}
              - {name: c, when: {becomes: hall.lux < 10}, then: {log: c}}
              - {name: d, when: {becomes: hall.lux < 10, retained: true}, then: {log: d}}
            """)
        #expect(house.put("hall.lux", .number(5), provenance: .retained) == ["log b", "log d"])
        #expect(house.put("hall.lux", .number(6)) == ["log a", "log b"])
        #expect(house.put("hall.lux", .number(7), provenance: .restored) == [])
    }

    @Test func aPatternSeesEveryKeyThatMatches() throws {
        var house = try house(
            "rules: [{name: warm, when: {change: '*.temperature'}, if: value > 25, then: {log: '{key} {value}'}}]")
        #expect(house.put("room1.temperature", .number(26)) == ["log room1.temperature 26"])
        #expect(house.put("room2.temperature", .number(20)) == [])
        #expect(house.put("room3.temperature", .number(30)) == ["log room3.temperature 30"])
    }

    @Test func severalTriggersMakeOneRun() throws {
        var house = try house(
            "rules: [{name: a, when: [{change: hall.lux}, {becomes: hall.lux > 5}, {change: hall.*}], then: {log: a}}]")
        #expect(house.put("hall.lux", .number(6)) == ["log a"])
    }

    @Test func laterActionsSeeEarlierOnes() throws {
        var house = try house(
            """
            rules:
              - name: a
                when: {change: hall.motion}
                then: [{put: {count: 1}}, {put: {count: "count + 1"}}, {put: {note: "now {count}", found: {expr: count}}}]
            """)
        #expect(
            house.put("hall.motion", .boolean(true)) == [
                "put count=1", "put count=2", "put note=\"now 2\"", "put found=2",
            ])
    }

    @Test func aFailureEndsItsRunAndNoOther() throws {
        var house = try house(
            """
            rules:
              - name: a
                when: {change: hall.motion}
                then: [{log: one}, {put: {count: "1 / hall.lux"}}, {log: never}]
              - {name: b, when: {change: hall.motion}, then: {log: other}}
              - {name: c, when: {change: hall.motion}, then: {publish: {topic: "x/{note}", payload: 1}}}
            """, values: ["hall.lux": .number(0), "note": .string("a+b")])
        #expect(
            house.put("hall.motion", .boolean(true)) == [
                "log one", "failed step 2 (put count): division by zero", "log other",
                "failed step 1 (publish): 'x/a+b' is not a topic to publish to: '+' and '#' are for subscribing",
            ])
        #expect(house.reactor.statistics.map(\.statistics.failures) == [1, 0, 1])
    }

    @Test func aRuleThatTriggersItselfIsPausedAndTheOthersGoOn() throws {
        var house = try house(
            """
            rules:
              - {name: loop, when: {change: count}, then: {put: {count: value + 1}}}
              - {name: other, when: {change: count, to: 3}, then: {log: three}}
            """)
        let done = house.put("count", .number(1))
        #expect(done.count { $0.hasPrefix("put") } == Reactor.maximumDepth)
        #expect(done.last == "paused loop" && done.contains("log three"))
        #expect(house.put("count", .number(1)) == [])
        #expect(house.put("count", .number(3)) == ["log three"])
    }

    @Test func aReloadKeepsTheStateOfRulesThatDidNotChange() throws {
        let dark = "{name: dark, when: {becomes: hall.lux < 10}, then: {log: dark}}"
        var house = try house("rules: [\(dark)]")
        #expect(house.put("hall.lux", .number(20)) == [])
        house.reload(House.read("rules: [{name: x, when: {change: note}, then: {log: x}}, \(dark)]").rules)
        #expect(house.put("hall.lux", .number(5)) == ["log dark"])
        house.reload(House.read("rules: [\n\n  \(dark)]").rules)
        #expect(house.reactor.statistics.last?.statistics.runs == 1)
        house.reload(House.read("rules: [\(dark.replacing("10", with: "11"))]").rules)
        #expect(house.reactor.statistics.last?.statistics.runs == 0)
        #expect(house.put("hall.lux", .number(4)) == [], "it holds already")
    }

    @Test func jsonPayloadsAreWrittenAsYAML() throws {
        var house = try house(
            """
            rules:
              - name: a
                when: {change: hall.motion}
                then:
                  - publish:
                      topic: zigbee2mqtt/lamp/set
                      payload: {state: "ON", brightness: 200, text: "{key}!", list: [1, {expr: "hall.lux * 2"}, true]}
                  - publish: {topic: t, payload: '{{"lux": {hall.lux}}}'}
                  - publish: {topic: t, payload: }
                  - publish: {topic: t, payload: 1.50}
            """, values: ["hall.lux": .number(4)])
        #expect(
            house.put("hall.motion", .boolean(true)) == [
                #"publish zigbee2mqtt/lamp/set {"state":"ON","brightness":200,"text":"hall.motion!","list":[1,8,true]}"#,
                #"publish t {"lux": 4}"#, "publish t ", "publish t 1.50",
            ])
    }

    @Test func anEventKeyFiresEachTime() throws {
        var house = try house("rules: [{name: a, when: {change: button.action, to: single}, then: {log: press}}]")
        #expect(house.put("button.action", .string("single")) == ["log press"])
        #expect(house.put("button.action", .string("single")) == ["log press"])
    }
}
