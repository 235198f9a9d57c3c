import Komoku
import KomokuExpression
import Testing

struct FaultTests {
    struct Case: Sendable {
        let text: String
        let offset: Int
        let length: Int
        let words: String

        init(_ text: String, _ offset: Int, _ length: Int, _ words: String) {
            (self.text, self.offset, self.length, self.words) = (text, offset, length, words)
        }
    }

    static let syntax = [
        Case("", 0, 0, "the expression is empty"),
        Case("   ", 3, 0, "the expression is empty"),
        Case("1 +", 3, 0, "a value is missing after '+', the end is not one"),
        Case("* 2", 0, 1, "a value is missing, '*' is not one"),
        Case("(1", 0, 1, "this '(' is not closed; add ')'"),
        Case("1)", 1, 1, "')' is not expected after '1'; there is no '(' for it"),
        Case("min(1, 2", 3, 1, "this '(' is not closed; add ')'"),
        Case("hall.lux hall.lux", 9, 8, "'hall.lux' is not expected after 'hall.lux'; join the two with an operator"),
        Case("true And false", 5, 3, "'And' is not expected after 'true'; did you mean 'and'?"),
        Case("1 < 2 < 3", 6, 1, "comparisons do not chain; join two with and: a < b and b < c"),
        Case("true && false", 5, 2, "'&&' is no operator; write and"),
        Case("a || b", 2, 2, "'||' is no operator; write or"),
        Case("!a", 0, 1, "'!' has no meaning here; write not"),
        Case("a => 1", 2, 2, "'=>' is no operator; write >="),
        Case("a \u{2265} 1", 2, 3, "'\u{2265}' has no meaning here; write >="),
        Case("'abc", 0, 1, "the text that starts here does not end; close it with '"),
        Case("`abc", 0, 1, "the name that starts here does not end; close it with `"),
        Case("`a b`", 0, 5, "'a b' is not a key name: \(KeyName.fault(of: "a b"))"),
        Case("hall..lux", 0, 9, "'hall..lux' is not a key name: a segment is empty"),
        Case("hall. < 1", 0, 5, "'hall.' is not a key name: a segment is empty"),
        Case(
            "5q", 0, 2,
            "'5q' is not a number; durations are written like 90s, 5m or 1h30m; "
                + "a key that has a '-' or starts with a digit is written in backquotes"),
        Case("101y", 0, 4, "a duration is at most 36500d"),
        Case(
            "if hall.motion 1", 15, 1,
            "'1' is not expected after 'hall.motion'; join the two with an operator: and, or, +, = …"),
        Case("if true then 1", 0, 2, "this 'if' has no 'else'; write if a then b else c"),
        Case("if true else 1", 0, 2, "this 'if' has no 'then'; write if a then b else c"),
        Case("1 + if true then 1 else 2", 4, 2, "'if' needs parentheses here; write (if a then b else c)"),
        Case("a in 'x'", 5, 3, "'in' takes a list; write a in ['on', 'auto']"),
        Case("a in []", 5, 2, "the list is empty"),
        Case("a in [1", 5, 1, "this '[' is not closed; add ']'"),
        Case("[1]", 0, 1, "a list stands only after 'in'; write a in ['on', 'auto']"),
        Case("1]", 1, 1, "']' is not expected after '1'; there is no '[' for it"),
        Case("1 in [1] in [2]", 9, 2, "comparisons do not chain; join two with and: a < b and b < c"),
        Case(
            "unknown", 0, 7,
            "'unknown' is a reserved word; write known(a) or not known(a); a key of that name is written `unknown`"),
        Case("`{room.lux`", 0, 11, "a '{' in this key is not closed; write `{name}.lux`"),
        Case("`{a-b}.lux`", 0, 11, "'{a-b}' is not a name; write `{name}.lux`"),
        Case("`{room} lux`", 0, 12, "'{room} lux' is not a key name: \(KeyName.fault(of: "x lux"))"),
        Case(
            "1.2.3", 0, 5,
            "'1.2.3' is not a number; a key that has a '-' or starts with a digit is written in backquotes"),
        Case("007", 0, 3, "'007' is not a number; numbers are written like 12, 0.5 or 1e3"),
        Case("1e999", 0, 5, "'1e999' is not a number; numbers are written like 12, 0.5 or 1e3"),
        Case(".5", 0, 1, "'.' has no meaning here; write 0. before the digits"),
        Case("5min", 0, 4, "'5min' is not a number; write 5m"),
        Case("5 minutes", 2, 7, "'minutes' is not expected after '5'; write 5m"),
        Case("2.5 h", 4, 1, "'h' is not expected after '2.5'; write 2.5h"),
        Case(
            "now > 06:00", 6, 2,
            "'06' is not a number; a time of day is text, '06:00', and a duration is written like 5m"),
        Case("22:00", 2, 1, "':' has no meaning here; a time of day is text: time_between('22:00', '06:00')"),
        Case(
            "hall.lux:.1f", 8, 1,
            "':' has no meaning here; for decimals write format(a, 1), for a choice if a then b else c"),
        Case("a ? b : c", 2, 1, "'?' has no meaning here; write if a then b else c"),
        Case(
            "1 if hall.motion else 2", 2, 2, "'if' is not expected after '1'; write if a then b else c"),
        Case("hall.motion is true", 12, 2, "'is' is not expected after 'hall.motion'; write ="),
        Case("alarm is not 'armed'", 6, 2, "'is' is not expected after 'alarm'; write !="),
        Case("hall.lux below 3", 9, 5, "'below' is not expected after 'hall.lux'; write <"),
        Case(
            "hall.lux < 10 for 5m", 14, 3,
            "'for' is not expected after '10'; write 'for' beside the expression: {becomes: …, for: 5m}"),
        Case("a === b", 2, 3, "'===' is no operator; write ="), Case("a =< 1", 2, 2, "'=<' is no operator; write <="),
        Case(
            "hall.lux > 70%", 14, 0,
            "a value is missing after '%', the end is not one; numbers have no unit, but for durations: 5m"),
        Case("21°C", 2, 2, "'°' has no meaning here; numbers have no unit, but for durations: 5m"),
        Case(
            "{{ states('x') }}", 0, 1, "'{' has no meaning here; names stand here by themselves, without braces"),
        Case("1 # one", 2, 1, "'#' has no meaning here; there are no comments in an expression"),
        Case("*.motion", 1, 1, "'.' has no meaning here; a pattern stands for no value; name the keys"),
        Case("a = not b", 4, 3, "'not' needs parentheses here; write a = (not b)"),
        Case("if", 0, 2, "'if' is a reserved word; a key of that name is written `if`"),
        Case("mim(1, 2)", 0, 3, "there is no function 'mim'; did you mean 'min'?"),
        Case("hypot(2)", 0, 5, "there is no function 'hypot'; docs/expressions.md lists them"),
        Case("average(a, 5m)", 0, 7, "there is no function 'average'; write avg(key, 10m)"),
        Case("len(note)", 0, 3, "there is no function 'len'; write length(text)"),
        Case("states('a')", 0, 6, "there is no function 'states'; write the key itself: hall.light"),
    ]

    @Test func allFunctionsThatThereAreNotAreTold() {
        let faults = #expect(throws: Expression.Faults.self) {
            try Expression.parse("mean(a, 5m) > len(b) and mim(1, 2) +")
        }
        #expect(faults?.all.map(\.offset) == [0, 14, 25, 36])
    }

    @Test(arguments: syntax)
    func isRefusedByTheParser(_ some: Case) throws {
        let faults = #expect(throws: Expression.Faults.self) { try Expression.parse(some.text) }
        let fault = try #require(faults?.all.first)
        #expect(fault.description == "\(some.offset): \(some.words)")
        #expect(fault.length == some.length)
    }

    static let kinds = [
        Case("hall.lx < 3", 0, 7, "there is no key 'hall.lx'; did you mean 'hall.lux'?"),
        Case("cellar.damp", 0, 11, "there is no key 'cellar.damp'"),
        Case(
            "hall.motion = 1", 0, 15, "hall.motion is true or false and 1 is a number: they cannot be equal; write true"
        ),
        Case("hall.motion = on", 14, 2, "there is no key 'on'; write true, or 'on' for text"),
        Case("alarm = armed", 8, 5, "there is no key 'armed'; text is written in quotes: 'armed'"),
        Case("note != null", 8, 4, "there is no key 'null'; write known(a) or not known(a)"),
        Case("hall.motion.last_changed", 0, 24, "there is no key 'hall.motion.last_changed'; write since(hall.motion)"),
        Case(
            "hall.motion.state", 0, 17,
            "there is no key 'hall.motion.state'; the value of 'hall.motion' is hall.motion itself"),
        Case(
            "hall.motion = 'on'", 0, 18,
            "hall.motion is true or false and 'on' is text: they cannot be equal; write true, without quotes"),
        Case("hall.lux > '25'", 11, 4, "'>' compares numbers, '25' is text; write 25, without quotes"),
        Case(
            "hall.lux > '22:00'", 11, 7,
            "'>' compares numbers, '22:00' is text; compare times of day by time_between('22:00', '06:00')"),
        Case(
            "note + ' x'", 0, 11,
            "'+' takes numbers, note is text; texts are joined in a template: {text: \"{a} and {b}\"}"),
        Case("living-room.lux > 3", 0, 15, "'-' is minus here; write the key as `living-room.lux`"),
        Case("tv-set-left.on", 0, 14, "'-' is minus here; write the key as `tv-set-left.on`"),
        Case("alarm < 10", 0, 5, "'<' compares numbers, alarm is text"),
        Case("alarm = 10", 0, 10, "alarm is text and 10 is a number: they cannot be equal"),
        Case("alarm = 'armd'", 8, 6, "alarm is never 'armd'; did you mean 'armed'?"),
        Case("'off' != alarm", 0, 5, "alarm is never 'off'; it is one of armed, disarmed, waiting"),
        Case("hall.motion + 1", 0, 11, "'+' takes numbers, hall.motion is true or false"),
        Case("not hall.lux", 4, 8, "'not' takes true or false, hall.lux is a number"),
        Case("-note", 1, 4, "'-' takes a number, note is text"),
        Case("hall.lux and true", 0, 8, "'and' takes true or false, hall.lux is a number"),
        Case("hall.lux ?? 'none'", 0, 18, "hall.lux is a number and 'none' is text: they cannot stand for each other"),
        Case(
            "min(1)", 0, 6, "min does not take 1 argument; write min(a, b, …) or min(key, 10m) or min('*.temperature')"),
        Case("abs()", 0, 5, "abs does not take 0 arguments; write abs(a)"),
        Case("round(1, hall.lux)", 9, 8, "the decimals of round are a whole number from 0 to 15"),
        Case("round(note)", 6, 4, "round takes numbers, note is text"),
        Case("(1 + true) * 2", 5, 4, "'+' takes numbers, true is true or false"),
    ]

    @Test(arguments: kinds)
    func isRefusedByTheChecker(_ some: Case) throws {
        let faults = #expect(throws: Expression.Faults.self) { try House.compile(some.text) }
        #expect(faults?.all.map(\.description) == ["\(some.offset): \(some.words)"])
        #expect(faults?.all.first?.length == some.length)
    }

    @Test func aConditionIsTrueOrFalse() {
        let faults = #expect(throws: Expression.Faults.self) {
            try House.compile("hall.lux + 1", expecting: .boolean)
        }
        #expect(faults?.description == "0: true or false is needed here, this is a number")
    }

    @Test func everyFaultIsReportedAtOnce() {
        let faults = #expect(throws: Expression.Faults.self) {
            try House.compile("hall.lx < 3 and alarm = 10 or hall.motion + 1 > note")
        }
        #expect(faults?.all.map(\.offset) == [0, 16, 30, 48])
    }

    @Test func becomesADiagnosticAtItsPlace() {
        let faults = #expect(throws: Expression.Faults.self) { try House.compile("1 + hall.lx") }
        let all = faults?.diagnostics { SourcePosition(file: "komoku.yaml", line: 7, column: 11 + $0) }
        #expect(
            all?.map(\.description) == [
                "komoku.yaml:7:15: error: there is no key 'hall.lx'; did you mean 'hall.lux'?"
            ])
    }

    @Test(arguments: [
        ("küche.wärm > 3", "küche.wärm > 3\n^^^^^^^^^^"), ("1 +", "1 +\n   ^"),
        ("1 +\n\thall.lx\n+ 2", "\thall.lx\n\t^^^^^^^"),
    ])
    func pointsWithCarets(_ text: String, _ excerpt: String) {
        let faults = #expect(throws: Expression.Faults.self) { try House.compile(text) }
        #expect(faults?.all.first?.excerpt(of: text) == excerpt)
    }
}

extension KeyName {
    fileprivate static func fault(of text: String) -> String {
        do throws(Invalid) { return try KeyName(validating: text).text } catch { return error.reason }
    }
}
