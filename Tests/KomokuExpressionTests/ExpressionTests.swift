import Komoku
import KomokuExpression
import Testing

struct ExpressionTests {
    /// expression | bindings | result; `?` is unknown.
    static let table = #"""
        1 + 2 * 3                        | | 7
        (1 + 2) * 3                      | | 9
        10 - 4 - 3                       | | 3
        2 * 3 % 4                        | | 2
        -7 % 4                           | | -3
        7 / 2                            | | 3.5
        - -2                             | | 2
        -2 * 3                           | | -6
        1e3                              | | 1000
        0.5 + .5                         | | !
        'it''s'                          | | it's
        "say ""hi"""                     | | say "hi"
        hall.lux < 40                    | hall.lux=39 | true
        hall.lux < 40                    | hall.lux=40 | false
        hall.lux <= 40                   | hall.lux=40 | true
        hall.lux > 40                    | hall.lux=40 | false
        hall.lux >= 40                   | hall.lux=40 | true
        hall.lux < 40                    | | ?
        hall.lux < 40 and not house.asleep | hall.lux=3 house.asleep=false | true
        hall.lux < 40 and not house.asleep | hall.lux=3 house.asleep=true | false
        hall.lux < 40 and not house.asleep | hall.lux=3 | ?
        hall.lux < 40 and not house.asleep | hall.lux=50 | false
        not house.asleep and hall.lux < 40 | hall.lux=50 | false
        house.asleep or hall.lux < 40    | hall.lux=3 | true
        hall.lux < 40 or house.asleep    | hall.lux=3 | true
        hall.lux < 40 or house.asleep    | hall.lux=50 | ?
        not hall.motion                  | | ?
        hall.lux ?? 0 < 10               | | true
        hall.lux ?? 5 + 1                | hall.lux=2 | 2
        hall.lux ?? 5 + 1                | | 6
        hall.lux ?? hall.temperature ?? 9 | hall.temperature=4 | 4
        hall.lux ?? hall.temperature ?? 9 | | 9
        not hall.motion = house.asleep   | hall.motion=true house.asleep=false | true
        hall.motion != house.asleep      | hall.motion=true house.asleep=false | true
        true or true and false           | | true
        (true or true) and false         | | false
        alarm = 'armed'                  | alarm='armed' | true
        alarm == 'armed'                 | alarm='waiting' | false
        alarm != "armed"                 | alarm='waiting' | true
        alarm = 'armed'                  | | ?
        min(3, 1, 2)                     | | 1
        max(3, hall.lux)                 | hall.lux=8 | 8
        max(3, hall.lux)                 | | ?
        round(2.5)                       | | 3
        round(-2.5)                      | | -3
        round(1.005 + 0.1, 2)            | | 1.11
        round(1e300, 3)                  | | 1e+300
        abs(-3.5)                        | | 3.5
        1 / 0                            | | ?
        1 % 0                            | | ?
        0 / 0                            | | ?
        1e308 * 10                       | | ?
        1e308 * 10 ?? 4                  | | 4
        any.thing + 1                    | any.thing=2 | 3
        any.thing + 1                    | any.thing='a' | ?
        any.thing = 'a'                  | any.thing='a' | true
        any.thing = 'a'                  | any.thing=2 | ?
        any.thing and true               | any.thing=2 | ?
        any.thing and false              | any.thing=2 | false
        `living-room.lux` - 1            | living-room.lux=4 | 3
        küche.wärme + 1                  | küche.wärme=4 | 5
        zigbee.0x00158d.lux              | zigbee.0x00158d.lux=4 | 4
        `1wire.temp`                     | 1wire.temp=4 | 4
        `not` or not `not`               | not=true | true
        value                            | value='key' | key
        hall.lux=3                       | hall.lux=3 | true
        hall.lux-1                       | hall.lux=3 | 2
        """#

    @Test(arguments: table.split(separator: "\n"))
    func evaluatesTo(_ line: Substring) throws {
        let columns = line.split(separator: "|", omittingEmptySubsequences: false).map(Self.trim)
        let bindings = try House.bindings(columns[1])
        if columns[2] == "!" {
            #expect(throws: Expression.Faults.self) { try House.compile(columns[0]).kind == .boolean }
            return
        }
        let result = try House.compile(columns[0]).evaluate { bindings[$0.description] }
        #expect(result?.description ?? "?" == columns[2])
    }

    static func trim(_ text: Substring) -> String {
        let start = text.drop { $0 == " " }
        guard let last = start.lastIndex(where: { $0 != " " }) else { return "" }
        return String(start[...last])
    }

    @Test func aDeclaredNameWinsOverAKeyAndBackquotesReachTheKey() throws {
        let locals = ["value": TypeEnvironment.Declaration(.number, mayBeUnknown: false)]
        let scale = try House.compile("(value - 32) / 1.8", locals: locals)
        #expect(scale.references == [.local("value")] && scale.keys.isEmpty)
        #expect(scale.value(slots: { _ in .number(212) }) == .number(100))
        #expect(try House.compile("`value` = 'x'", locals: locals).keys == [KeyName("value")])
    }

    @Test func listsEachKeyOnce() throws {
        let compiled = try House.compile("hall.lux + hall.lux < hall.temperature")
        #expect(compiled.keys.map(\.text) == ["hall.lux", "hall.temperature"])
        #expect(compiled.kind == .boolean && compiled.mayBeUnknown)
        #expect(try !House.compile("(hall.lux ?? 0) < 3").mayBeUnknown)
    }

    @Test(arguments: [
        ("hall.lux < 1", "hall.lux has no value"), ("1 / 0", "division by zero"),
        ("1e308 * 10", "the result is too large for a number"),
        ("any.thing + 1", "a number is needed, there is text"),
        ("hall.motion and any.thing = 'x'", "hall.motion has no value"),
        ("((1 / 0) ?? 2) + hall.lux", "hall.lux has no value"),
    ])
    func saysWhyItIsUnknown(_ text: String, _ reason: String) throws {
        let outcome = try House.compile(text).outcome { $0 == .key(KeyName("any.thing")!) ? .string("x") : nil }
        #expect(outcome == .unknown(reason))
    }

    @Test func aConditionHoldsOnlyWhenItIsTrue() throws {
        let condition = try House.compile("any.thing", expecting: .boolean)
        #expect(condition.holds { _ in .boolean(true) })
        #expect(!condition.holds { _ in nil })
        #expect(!condition.holds { _ in .number(1) })
        #expect(condition.outcome { _ in .number(1) } == .unknown("true or false is needed, there is a number"))
    }
}
