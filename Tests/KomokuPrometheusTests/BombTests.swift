import KomokuPrometheus
import KomokuTesting
import Testing

/// Queries that are made to take long, or much memory.
struct BombTests {
    /// Debug builds are slow: a tenth of what a query may cost.
    private static let budget: QueryBudget = {
        var budget = QueryBudget()
        budget.cells /= 20
        budget.samples /= 20
        budget.visits /= 100
        budget.patternSteps /= 20
        return budget
    }()

    /// 100 series of 500 samples.
    private static let house: StoredSeries = {
        var house = StoredSeries()
        for number in 0..<100 {
            house.add([("key", "room\(number % 20).k\(number)")], (0..<500).map { (Double($0 * 60), Double($0 % 7)) })
        }
        return house
    }()

    @Test(arguments: [
        "sum(komoku_value) + sum(komoku_value) + sum(komoku_value) + sum(komoku_value)",
        "quantile_over_time(0.5, komoku_value[1d])",
        "komoku_value or komoku_value or komoku_value or komoku_value or komoku_value",
        "deriv(komoku_value[30d])", "topk(100, komoku_value) + topk(100, komoku_value)",
        "komoku_value * komoku_value * komoku_value * komoku_value",
    ])
    func `end with an error`(text: String) throws {
        let steps = try QuerySteps(start: 0, end: 110_000_000_000, step: 10_000_000)
        #expect {
            _ = try Query(text).evaluate(over: steps, from: Self.house, Self.budget)
        } throws: { ($0 as? QueryError)?.status == 422 }
    }

    @Test(arguments: [
        "komoku_value{key=~\"(r|ro|roo|room|r*o*o*m*)*[0-9]*[^x]*(.*)*(.*)*(.*)*(.*)*[xy]\"}",
        "komoku_value{key=~\"(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)[xy]\"}",
        "komoku_value{key=~\"(([a-z0-9.]+)*)*[!?]\"}",
    ])
    func `regular expressions that go back and forth are given up`(text: String) throws {
        #expect { _ = try Query(text).evaluate(at: 1_000_000_000, from: Self.house, Self.budget) } throws: {
            ($0 as? QueryError)?.message.hasPrefix("the regular expressions of the query take too long") ?? false
        }
    }

    @Test func `a query ends when nobody waits`() throws {
        #expect {
            _ = try Query("sum(komoku_value)").evaluate(at: 0, from: Self.house, QueryBudget { true })
        } throws: { ($0 as? QueryError)?.status == 503 }
    }

    @Test func `garbage ends with an error or an answer`() {
        let words = [
            "sum", "by", "(", ")", "komoku_value", "{", "}", "key", "=~", "\"a.*\"", ",", "[", "5m", "]", "offset", "@",
            "1",
            "-", "+", "^", "and", "or", "bool", ">", "rate", "topk", "start()", "1e999", "0x", "\"", "'\\", "#", "\n",
            ":", "inf",
            "time()", "scalar", "on", "ignoring", "99999999y", "\0", "ä", "quantile_over_time", "clamp", "1e18",
            "-1e18", "!~",
        ]
        Fuzz.run("queries", seeds: 3000) { source in
            let text = (0..<source.below(14)).map { _ in source.pick(words) }.joined(
                separator: source.chance(2) ? " " : "")
            var bytes = Array(text.utf8)
            if source.chance(3) { source.damage(&bytes) }
            guard let query = try? Query(String(decoding: bytes, as: UTF8.self)) else { return }
            _ = try? query.evaluate(at: 60_000_000, from: Self.house)
            if let steps = try? QuerySteps(start: -1_000_000, end: 2_000_000, step: 700_000) {
                _ = try? query.evaluate(over: steps, from: Self.house)
            }
        }
    }
}
