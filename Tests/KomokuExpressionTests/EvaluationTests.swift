import Komoku
import KomokuExpression
import Testing

struct EvaluationTests {
    private func evaluation(_ text: String, _ answers: [String: Answer] = [:]) throws -> Evaluation {
        try House.compileRule(text).evaluation { answers[$0.description] ?? .unknown }
    }

    @Test(arguments: [
        ("1 / 0 + 1", "division by zero"), ("1e308 * 10", "the result is too large for a number"),
        ("number('x')", "'x' is not a number"), ("split_part('a', ',', 3)", "there is no part 3"),
        ("substring('abc', 0.5)", "0.5 is no count"),
    ])
    func aFaultIsSaid(_ text: String, _ reason: String) throws {
        #expect(try evaluation(text) == Evaluation(value: nil, reason: reason, isFault: true))
    }

    @Test func aMissingValueIsNoFault() throws {
        #expect(
            try evaluation("hall.lux + 1") == Evaluation(value: nil, reason: "hall.lux has no value", isFault: false))
        #expect(try evaluation("any.thing + 1", ["any.thing": .value(.string("a"))]).isFault)
    }

    @Test func aLookupCanFail() throws {
        let answers: [String: Answer] = ["avg(hall.lux, 1h)": .fault("the disk does not answer")]
        #expect(
            try evaluation("avg(hall.lux, 1h) > 3", answers)
                == Evaluation(value: nil, reason: "avg(hall.lux, 1h): the disk does not answer", isFault: true))
        #expect(try evaluation("(avg(hall.lux, 1h) ?? 4) > 3", answers).value == .boolean(true))
        #expect(try evaluation("known(avg(hall.lux, 1h))", answers).value == .boolean(false))
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity])
    func whatIsNoNumberNeverGetsIn(_ number: Double) throws {
        for text in ["hall.lux", "hall.lux ?? hall.lux", "hall.lux = hall.lux", "hall.lux in [1]", "max(hall.lux, 1)"] {
            #expect(try House.compileRule(text).evaluate { _ in .number(number) } == nil)
        }
    }

    @Test(arguments: [
        (
            "hall.lux < 40 and not house.asleep", "hall.lux=52 house.asleep=true",
            "hall.lux < 40 is false: hall.lux is 52"
        ),
        (
            "hall.lux < 40 and not house.asleep", "hall.lux=2 house.asleep=true",
            "not house.asleep is false: house.asleep is true"
        ),
        ("hall.lux < 40 and not house.asleep", "house.asleep=true", "not house.asleep is false: house.asleep is true"),
        ("hall.lux < 40 and not house.asleep", "house.asleep=false", "hall.lux < 40 is unknown: hall.lux has no value"),
        (
            "hall.motion and (hall.lux > 1 or house.asleep)", "hall.motion=true hall.lux=0 house.asleep=false",
            "(hall.lux > 1 or house.asleep) is false: hall.lux is 0, house.asleep is false"
        ),
        ("alarm = 'armed'", "alarm='waiting'", "alarm = 'armed' is false: alarm is 'waiting'"),
        ("hall.lux < 40", "hall.lux=3", "?"),
    ])
    func saysWhichClauseDoesNotHold(_ text: String, _ bindings: String, _ words: String) throws {
        let values = try House.bindings(bindings)
        let unmet = try House.compileRule(text).unmetClause { values[$0.description].map { .value($0) } ?? .unknown }
        #expect(unmet?.description ?? "?" == words)
    }

    @Test func aTemplateIsNeverLongerThanAValue() throws {
        let template = try Template.parse("\(String(repeating: "x", count: 100)){note}{note}").check(
            in: House.environment())
        let filled = template.filledIn { _ in .string(String(repeating: "y", count: 40_000)) }
        #expect(filled.text.utf8.count == 40_101 && filled.unknown == "the text is longer than 65536 bytes")
    }
}
