import Komoku
import KomokuExpression
import KomokuTesting
import Testing

/// The functions that need nothing but their arguments, `in` and `if`.
struct FunctionTests {
    /// expression | bindings | result; `?` is unknown.
    static let table = #"""
        5m                                  | | 300
        1h30m                               | | 5400
        1.5h = 90m                          | | true
        250ms                               | | 0.25
        1d + 1s                             | | 86401
        2 * 5m                              | | 600
        5m / 1m                             | | 5
        clamp(12, 0, 10)                    | | 10
        clamp(-3, 0, 10)                    | | 0
        clamp(hall.lux, 0, 10)              | hall.lux=7 | 7
        clamp(hall.lux, 0, 10)              | | ?
        floor(-2.5)                         | | -3
        ceil(-2.5)                          | | -2
        ceil(2.1)                           | | 3
        floor(1e300)                        | | 1e+300
        round(21.46, 1)                     | | 21.5
        format(21.5, 2)                     | | 21.50
        format(-0.001, 2)                   | | 0.00
        format(-1.25, 1)                    | | -1.3
        format(0.05, 1)                     | | 0.1
        format(7, 0)                        | | 7
        format(1e300, 2)                    | | 1e+300
        format(hall.lux, 1)                 | | ?
        lower('HaLL')                       | | hall
        upper('straße')                     | | STRASSE
        trim('  a b ')                      | | a b
        trim('   ')                         | | 
        length('')                          | | 0
        length('grün')                      | | 4
        contains('abc', 'bc')               | | true
        contains('abc', '')                 | | true
        contains('abc', 'd')                | | false
        starts_with('abc', 'ab')            | | true
        starts_with('abc', 'abcd')          | | false
        ends_with('abc', 'bc')              | | true
        ends_with('abc', 'b')               | | false
        matches('sensor-12', 'sensor-*')    | | true
        matches('sensor-12', 'sensor-??')   | | true
        matches('sensor-12', 'sensor-?')    | | false
        matches('sensor', '*s*r')           | | true
        matches('', '*')                    | | true
        matches('ab', 'a*b*c')              | | false
        matches('grün', 'gr?n')             | | true
        matches(note, 'x*')                 | | ?
        replace('a-b-c', '-', '+')          | | a+b+c
        replace('aaa', 'aa', 'b')           | | ba
        substring('abcdef', 2)              | | bcdef
        substring('abcdef', 2, 3)           | | bcd
        substring('abcdef', -2)             | | ef
        substring('abc', 9)                 | | 
        substring('abc', 1, 0)              | | 
        substring('abc', 1.5)               | | ?
        join(', ', 'a', 'b')                | | a, b
        join(', ', '', 'b', 3, true)        | | b, 3, true
        join(', ', note, 'b')               | | b
        join(' ', '["x",1,null,"y"]', 'z')  | | x 1 y z
        join(' ', '[x')                     | | [x
        join(', ', '')                      | |
        split_part('a,b,c', ',', 2)         | | b
        split_part('a,b,c', ',', -1)        | | c
        split_part('a,b,c', ',', 4)         | | ?
        split_part('abc', ',', 1)           | | abc
        number('12.5')                      | | 12.5
        number(' 7 ')                       | | 7
        number('x')                         | | ?
        number('nan')                       | | ?
        number('1e999')                     | | ?
        number(true)                        | | 1
        text(5)                             | | 5
        text(true)                          | | true
        text(hall.lux) = '3'                | hall.lux=3 | true
        alarm in ['armed', 'waiting']       | alarm='waiting' | true
        alarm not in ['armed']              | alarm='armed' | false
        alarm in ['armed']                  | | ?
        3 in [1, 2, hall.lux]               | hall.lux=3 | true
        hall.lux in [1, 2]                  | hall.lux=3 | false
        hall.lux in [1, hall.temperature]   | hall.lux=1 | true
        hall.lux in [1, hall.temperature]   | hall.lux=3 | ?
        any.thing in [1, 2]                 | any.thing='a' | ?
        not hall.lux in [1]                 | hall.lux=1 | false
        if hall.lux > 3 then 'hi' else 'lo' | hall.lux=4 | hi
        if hall.lux > 3 then 'hi' else 'lo' | hall.lux=2 | lo
        if hall.lux > 3 then 'hi' else 'lo' | | ?
        if hall.motion then 1 else if house.asleep then 2 else 3 | hall.motion=false house.asleep=true | 2
        (if hall.motion then 1 else 2) + 1  | hall.motion=true | 2
        if true then 1 else 1 / 0           | | 1
        known(hall.lux)                     | | false
        known(hall.lux)                     | hall.lux=1 | true
        known(hall.lux / 0)                 | hall.lux=1 | false
        not known(hall.lux) or hall.lux > 3 | | true
        """#

    @Test(arguments: table.split(separator: "\n"))
    func evaluatesTo(_ line: Substring) throws {
        let columns = line.split(separator: "|", omittingEmptySubsequences: false).map(ExpressionTests.trim)
        let bindings = try House.bindings(columns[1])
        let result = try House.compile(columns[0]).evaluate { bindings[$0.description] }
        #expect(result?.description ?? "?" == columns[2])
    }

    /// Faults of the checker: text, and offset with message.
    static let faults: [(String, String)] = [
        ("clamp(1, 5, 2)", "9: the least of clamp is above its greatest; swap the two"),
        ("clamp(1, 2)", "0: clamp does not take 2 arguments; write clamp(a, least, greatest)"),
        ("floor('a')", "6: floor takes numbers, 'a' is text"),
        ("ceil(true)", "5: ceil takes numbers, true is true or false"),
        ("format(note, 1)", "7: format takes a number, note is text"),
        ("format(1, 16)", "10: the decimals of format are a whole number from 0 to 15"),
        ("lower(hall.lux)", "6: lower takes text, hall.lux is a number; write text(hall.lux)"),
        ("upper(1)", "6: upper takes text, 1 is a number; write text(1)"),
        ("trim(true)", "5: trim takes text, true is true or false; write text(true)"),
        ("length(5)", "7: length takes text, 5 is a number; write text(5)"),
        ("contains(note, 1)", "15: contains takes text, 1 is a number; write text(1)"),
        ("starts_with(1, 'a')", "12: starts_with takes text, 1 is a number; write text(1)"),
        ("ends_with(note, true)", "16: ends_with takes text, true is true or false; write text(true)"),
        ("matches(hall.lux, '1*')", "8: matches takes text, hall.lux is a number; write text(hall.lux)"),
        (
            "matches(note, '\(String(repeating: "x", count: 65))')",
            "14: a pattern has at most 64 characters between two '*'"
        ),
        ("replace(note, '', 'a')", "14: the text to look for is empty"),
        ("substring(note, 'a')", "16: substring takes a number here, 'a' is text"),
        ("split_part(note, '', 1)", "17: the text to look for is empty"),
        ("alarm in ['armd']", "10: alarm is never 'armd'; did you mean 'armed'?"),
        ("alarm in ['armed', 3]", "19: alarm is text and 3 is a number: they cannot be equal"),
        ("if hall.lux then 1 else 2", "3: 'if' takes true or false, hall.lux is a number"),
        ("if true then 1 else 'a'", "0: 1 is a number and 'a' is text: they cannot both be the result"),
        ("5m < 'a'", "5: '<' compares numbers, 'a' is text"),
        ("known(1, 2)", "0: known does not take 2 arguments; write known(key)"),
        ("lowr(note)", "0: there is no function 'lowr'; did you mean 'lower'?"),
        ("avg(hall.lux, 10m)", "0: 'avg' looks into recorded values, which cannot be read here"),
        ("stale(hall.lux)", "0: 'stale' asks for the state of keys and devices, which is not known here"),
        ("hour > 3", "0: 'hour' asks for the time, which cannot be used here"),
        ("sunset > 3", "0: 'sunset' needs the sun, which is not known here; where rules stand, give hub.location"),
        ("self.lux > 3", "0: 'self' is not known here"),
        ("`{room}.lux` > 3", "0: 'room' is not known here"),
    ]

    @Test(arguments: faults)
    func isRefused(_ text: String, _ words: String) {
        let faults = #expect(throws: Expression.Faults.self) { try House.compile(text) }
        #expect(faults?.description == words)
    }

    @Test func textsStayWithinTheirLongestLength() throws {
        let long = Value.string(String(repeating: "ß", count: Value.maximumStringLength / 2))
        let note: (Reference) -> Value? = { _ in long }
        for text in ["replace(note, 'ß', 'abc')", "upper(note) = upper(note)"] {
            let evaluation = try House.compile(text).evaluation { note($0).map { .value($0) } ?? .unknown }
            if text.hasPrefix("replace") { #expect(evaluation.reason == "the text is longer than 65536 bytes") }
        }
        #expect(try House.compile("length(note)").evaluate(note) == .number(32_768))
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func aPatternMatchesAsASlowOneDoes(seed: UInt64) {
        var random = SplitMix(seed: seed)
        func next(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }
        for _ in 0..<2000 {
            let text = (0..<next(9)).map { _ in ["a", "b", "é"][next(3)] }.joined()
            let pattern = (0..<next(7)).map { _ in ["a", "b", "é", "*", "?"][next(5)] }.joined()
            let compiled = try? House.compile("matches('\(text)', '\(pattern)')")
            let expected = Self.slow(Array(text.unicodeScalars)[...], Array(pattern.unicodeScalars)[...])
            #expect(compiled?.evaluate { _ in nil } == .boolean(expected), "\(text) \(pattern)")
        }
    }

    private static func slow(_ text: ArraySlice<Unicode.Scalar>, _ pattern: ArraySlice<Unicode.Scalar>) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        if first == "*" {
            return slow(text, pattern.dropFirst()) || !text.isEmpty && slow(text.dropFirst(), pattern)
        }
        guard let scalar = text.first else { return false }
        return (first == "?" || first == scalar) && slow(text.dropFirst(), pattern.dropFirst())
    }
}
