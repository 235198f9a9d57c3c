import Komoku
import KomokuExpression
import Testing

struct TemplateTests {
    @Test(arguments: [
        ("plain", "plain"), ("", ""), ("{1 + 1} and {'a'}", "2 and a"), ("{{\"a\": {hall.lux}}}", "{\"a\": 7}"),
        ("{'}'}", "}"), ("{\"{\"}", "{"), ("{hall.temperature}!", "?!"), ("a {{b}} c", "a {b} c"),
    ])
    func fillsIn(_ text: String, _ result: String) throws {
        let template = try Template.parse(text).check(in: House.environment())
        #expect(template.filledIn { $0.description == "hall.lux" ? .number(7) : nil }.text == result)
    }

    @Test func saysWhatIsUnknown() throws {
        let template = try Template.parse("{hall.lux} {note}").check(in: House.environment())
        #expect(template.filledIn { _ in nil }.unknown == "hall.lux has no value")
        #expect(template.keys.map(\.text) == ["hall.lux", "note"])
    }

    @Test(arguments: [
        ("a {hall.lux", "2: this '{' is not closed; write {{ for a brace"),
        ("a } b", "2: this '}' closes nothing; write }} for a brace"),
        ("{'a}", "0: this '{' is not closed; write {{ for a brace"),
        (
            "ok {hall.lx} {1 + true}",
            "4: there is no key 'hall.lx'; did you mean 'hall.lux'?\n18: '+' takes numbers, true is true or false"
        ),
        ("{}", "1: the expression is empty"),
    ])
    func isRefused(_ text: String, _ words: String) {
        let faults = #expect(throws: Expression.Faults.self) {
            try Template.parse(text).check(in: House.environment()).parts.count
        }
        #expect(faults?.description == words)
    }
}
