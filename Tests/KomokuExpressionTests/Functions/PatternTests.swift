import Komoku
import KomokuTesting
import Testing

@testable import KomokuExpression

/// Regular expressions of PCRE2: what they find, where they are wrong, and that they end.
struct PatternTests {
    /// expression | result; `?` is unknown.
    static let table: [(String, String)] = [
        ("regex_search('it rains', 'rain|snow')", "true"), ("regex_search('it rains', 'Rain')", "false"),
        ("regex_search('it rains', '(?i)RAIN')", "true"), ("regex_match('it rains', 'rain')", "false"),
        ("regex_match('it rains', 'it')", "true"), ("regex_match('it rains', 'it$')", "false"),
        ("regex_search('', '')", "true"), ("regex_search('', 'a')", "false"),
        ("regex_search('grün', '^gr.n$')", "true"), ("regex_search('grün', '^\\w+$')", "true"),
        ("regex_search('GRÜN', '(?i)grün')", "true"), ("regex_search('٣', '^\\d$')", "true"),
        ("capture('used 12.5 kWh', '([0-9.]+) kWh')", "12.5"), ("capture('used 12.5 kWh', '[0-9.]+')", "12.5"),
        ("number(capture('used 12.5 kWh', '([0-9.]+) kWh')) > 12", "true"),
        ("capture('from a to b', 'from (?<x>\\w) to (?<y>\\w)', 'y')", "b"),
        ("capture('from a to b', 'from (\\w) to (\\w)', 2)", "b"),
        ("capture('from a to b', 'from (\\w) to (\\w)', 0)", "from a to b"),
        ("capture('abc', 'x')", "?"), ("capture('abc', '(x)?b')", "?"), ("capture('abc', 'x') ?? 'none'", "none"),
        ("regex_replace('a1b22', '[0-9]+', '#')", "a#b#"),
        ("regex_replace('1 W, 2 W', '([0-9]+) W', '\\1 watts')", "1 watts, 2 watts"),
        ("regex_replace('a-b', '(?<l>.)-(?<r>.)', '\\g<r>-\\g<l>')", "b-a"),
        ("regex_replace('abxd', 'x*', '-')", "-a-b--d-"), ("regex_replace('äö', '', '.')", ".ä.ö."),
        ("regex_replace('abc', 'x', 'y')", "abc"), ("regex_replace('abc', 'b', '\\\\')", "a\\c"),
        ("regex_search(note, 'x')", "?"),
    ]

    @Test(arguments: table)
    func `finds what it should`(_ text: String, _ result: String) throws {
        #expect(try House.compile(text).evaluate { _ in nil }?.description ?? "?" == result)
        // The same where the pattern is known only when it is evaluated.
        guard let start = text.firstRange(of: ", '")?.lowerBound else { return }
        let (quote, rest) = (text.index(start, offsetBy: 2), text[text.index(start, offsetBy: 3)...])
        guard let end = rest.firstIndex(of: "'") else { return }
        let dynamic = text[..<quote] + "pattern" + text[text.index(after: end)...]
        let locals = ["pattern": TypeEnvironment.Declaration(.text, mayBeUnknown: false)]
        let compiled = try House.compile(String(dynamic), locals: locals)
        let value = compiled.evaluate { $0 == .local("pattern") ? .string(String(rest[..<end])) : nil }
        #expect(value?.description ?? "?" == result, "\(dynamic)")
    }

    static let faults: [(String, String)] = [
        ("regex_search(note, 'a(b')", "23: missing closing parenthesis"),
        ("regex_search(note, 'ab[c')", "24: missing terminating ] for character class"),
        ("regex_match(note, '*a')", "19: quantifier does not follow a repeatable item"),
        ("capture(note, '(a)(b)', 3)", "24: the pattern has no group 3"),
        ("capture(note, '(?<left>a)', 'lft')", "28: the pattern has no group 'lft'; did you mean 'left'?"),
        ("capture(note, 'a', true)", "19: a group has a number or a name, true is true or false"),
        ("regex_replace(note, '(a)', 'x\\2')", "29: the pattern has no group '2'"),
        ("regex_replace(note, 'a', 'x\\')", "27: a replacement ends with a backslash"),
        ("regex_search(note)", "0: regex_search does not take 1 argument; write regex_search(text, 'pattern')"),
        ("regexp(note, 'a')", "0: there is no function 'regexp'; write regex_search(text, 'pattern')"),
    ]

    @Test(arguments: faults)
    func `is refused with its place inside of the pattern`(_ text: String, _ words: String) {
        let faults = #expect(throws: Expression.Faults.self) { try House.compile(text) }
        #expect(faults?.description == words)
    }

    /// Patterns that go back again and again on a text of one letter, each at its own kind of place.
    static let evil = [
        "(a+)+$", "(a*)*b", "^(a|a)*b", "(a|aa)+$", "a*a*a*a*a*b", "a.*x", ".*.*.*x", "(.*)(.*)(.*)(.*)x", "a*+x",
        "(?=(a+))*b",
        "(a?){50}a{50}", "^(([a-z])+.)+[A-Z]([a-z])+$", "(?R)?a", "(a(?1)?b)*c", "(?<=aaaaaaaa)b|a+x",
        "[ab]*?[ab]*?[ab]*?c",
    ]

    @Test(arguments: evil)
    func `a catastrophic pattern ends within its steps, as unknown with the reason`(_ pattern: String) throws {
        let expression = try RegularExpression(pattern)
        for length in [30, 1000, 65_536] {
            let text = [UInt8](repeating: UInt8(ascii: "a"), count: length)
            let start = ContinuousClock.now
            var steps = RegularExpression.usualSteps
            var outcome = "exhausted"
            do { outcome = try expression.firstMatch(in: text, steps: &steps) == nil ? "none" : "found" } catch {}
            // Some 30 ms in a debug build; a machine that is busy with other tests gets much more.
            #expect(ContinuousClock.now - start < .seconds(5), "\(length): \(outcome)")
        }
        let text = String(repeating: "a", count: 65_535) + "!"
        let evaluation = try House.compile("regex_search(note, '\(pattern)')").evaluation { _ in .value(.string(text)) }
        #expect(
            evaluation.value != nil || evaluation.reason == "the pattern takes too long on this text", "\(evaluation)")
    }

    @Test func `a pattern that goes through a long text once is not given up`() throws {
        let text = String(repeating: "12 kWh, ", count: 8000)
        let lookup: (Reference) -> Value? = { _ in .string(text) }
        #expect(try House.compile("regex_search(note, '13 kWh')").evaluate(lookup) == .boolean(false))
        #expect(try House.compile("regex_search(note, '^.*kWh, $')").evaluate(lookup) == .boolean(true))
        let replaced = try House.compile("length(regex_replace(note, '([0-9]+) kWh', '\\1'))").evaluate(lookup)
        #expect(replaced == .number(Double(text.utf8.count - 8000 * 4)))
    }

    @Test func `whatever pattern and text there are, nothing traps`() {
        Fuzz.run("regular expressions", seeds: 3000) { source in
            var pattern = Array(source.pick(Self.evil + Self.table.map(\.0)).utf8)
            source.damage(&pattern)
            guard let expression = try? RegularExpression(String(decoding: pattern, as: UTF8.self)) else { return }
            let text = Array((source.text() + source.pick(["aaaa", "grün", ""])).utf8)
            var steps = 20_000
            guard let found = try? expression.matches(in: text, steps: &steps) else { return }
            for group in found.flatMap(\.groups) {
                if let group { _ = String(decoding: text[group], as: UTF8.self) }
            }
            guard let replacement = try? Replacement(source.pick(["\\1", "\\g<0>x", "\\", "a"]), for: expression) else {
                return
            }
            _ = replacement.replace(found, in: text, limit: 1000)
        }
    }
}
