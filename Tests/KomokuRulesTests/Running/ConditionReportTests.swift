import Komoku
import KomokuExpression
import Testing

@testable import KomokuRules

struct ConditionReportTests {
    static let values: [String: Value] = [
        "hall.lux": .number(120), "house.asleep": .boolean(false), "alarm": .string("armed"), "x.a": .number(3),
        "none": .number(0),
    ]

    @Test(arguments: [
        ("hall.lux < 40 and not house.asleep", "hall.lux < 40: hall.lux is 120"),
        ("not house.asleep and hall.lux < 40", "hall.lux < 40: hall.lux is 120"),
        ("(not house.asleep and hall.lux < 40) and alarm = 'off'", "hall.lux < 40: hall.lux is 120"),
        ("cellar.lux < 40 and not house.asleep", "cellar.lux < 40: cellar.lux has no value"),
        ("cellar.lux < 40 and house.asleep", "house.asleep: house.asleep is false"),
        ("hall.lux < 40 or alarm = 'off'", "hall.lux < 40 or alarm = 'off': hall.lux is 120, alarm is 'armed'"),
        ("`{x}.a` > 5 and not house.asleep", "`{x}.a` > 5: x is 'x', x.a is 3"),
        ("false", "false"),
        ("hall.lux / none > 1", "hall.lux / none > 1: hall.lux is 120, none is 0, division by zero"),
    ])
    func theClauseThatFailedIsNamed(text: String, report: String) throws {
        let found = ConditionReport(try Sample.condition(text)) { (reference: Reference) -> Value? in
            switch reference {
            case .key(let name): Self.values[name.text]
            case .local(let name): .string(name)
            default: nil
            }
        }
        #expect(found?.description == report)
    }

    @Test func whatHoldsHasNoReport() throws {
        #expect(ConditionReport(try Sample.condition("true and not house.asleep")) { _ in .boolean(false) } == nil)
    }

    @Test func reportsAreBounded() throws {
        let text = (0..<60).map { "k\($0) = 'é'" }.joined(separator: " or ")
        let report = try #require(
            ConditionReport(try Sample.condition(text)) { _ in .string(String(repeating: "é", count: 100)) })
        #expect(report.description.utf8.count <= 200 && report.description.utf8.count > 190)
    }
}
