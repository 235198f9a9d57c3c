import Komoku
import KomokuExpression
import Testing

struct ChanceTests {
    private func evaluate(_ text: String, drawing draws: [Double]) throws -> String {
        var rest = draws[...]
        let compiled = try House.compileRule(text)
        return compiled.evaluate { reference in
            reference == .random ? rest.popFirst().map { .number($0) } : nil
        }?.description ?? "?"
    }

    /// expression | what is drawn | result
    static let table = #"""
        random()                                   | 0.25      | 0.25
        random(10, 20)                             | 0.5       | 15
        random(20, 10)                             | 0.5       | 15
        floor(random(1, 7))                        | 0         | 1
        floor(random(1, 7))                        | 0.999     | 6
        random(5m, 15m)                            | 0.5       | 600
        random(-1e308, 1e308)                      | 0.5       | ?
        choice('a', 'b', 'c')                      | 0         | a
        choice('a', 'b', 'c')                      | 0.5       | b
        choice('a', 'b', 'c')                      | 0.999     | c
        choice('a', 'b')                           | 1         | a
        choice(1, hall.lux)                        | 0         | 1
        choice(1, hall.lux)                        | 0.9       | ?
        random() < 0.5 and random() > 0.5          | 0.2 0.7   | true
        random() - random()                        | 0.75 0.25 | 0.5
        if random() < 0.5 then 'heads' else 'tails' | 0.9      | tails
        """#

    @Test(arguments: table.split(separator: "\n"))
    func `each draw is one of its own`(_ line: Substring) throws {
        let columns = line.split(separator: "|").map(ExpressionTests.trim)
        let draws = columns[1].split(separator: " ").compactMap { Double($0) }
        #expect(try evaluate(columns[0], drawing: draws) == columns[2])
    }

    static let faults: [(String, String)] = [
        ("random(1)", "0: random takes no limits, or both; write random() or random(a, b)"),
        ("random('a', 2)", "7: random takes numbers, 'a' is text"),
        ("choice('a', 1)", "0: choice takes values of one kind"),
        ("choice('a')", "0: choice does not take 1 argument; write choice(a, b, …)"),
        ("choice('armed', 'off') = alarm2", "25: there is no key 'alarm2'; did you mean 'alarm'?"),
        ("choice('a', 'b') = 'c'", "19: choice('a', 'b') is never 'c'; did you mean 'a'?"),
    ]

    @Test(arguments: faults)
    func `what is no chance is refused`(_ text: String, _ words: String) {
        let faults = #expect(throws: Expression.Faults.self) { try House.compileRule(text) }
        #expect(faults?.description == words)
    }

    @Test func `chance is read, and is nothing where it is not offered`() throws {
        #expect(try House.compileRule("random() < 0.5").reads.isLeftToChance)
        #expect(try !House.compileRule("hall.lux < 0.5").reads.isLeftToChance)
        let warnings = try Expression.parse("random() = random()").checkWithWarnings(in: House.rule()).warnings
        #expect(warnings.isEmpty)
        let faults = #expect(throws: Expression.Faults.self) { try House.compile("random()") }
        #expect(faults?.description == "0: 'random' is left to chance, which cannot be used here")
    }
}
