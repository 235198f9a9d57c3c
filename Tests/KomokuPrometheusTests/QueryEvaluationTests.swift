import KomokuPrometheus
import Testing

struct QueryEvaluationTests {
    private let house: StoredSeries = {
        var house = StoredSeries()
        house.add([("key", "hall.lux"), ("room", "hall"), ("unit", "lx")], [(0, 10), (60, 12), (500, nil), (900, 20)])
        house.add([("key", "hall.door"), ("room", "hall")], [(100, 1), (130, 0)])
        house.add(
            [("key", "meter.total"), ("room", "meter"), ("unit", "kWh")], [(0, 5), (100, 7), (1000, 8), (1030, 2)])
        return house
    }()

    private func value(_ text: String, at time: Double) throws -> String {
        let answer = try Query.answer(text, at: time, from: house)
        // Of the only series or scalar: what is in quotes last.
        let last = answer.split(separator: "\"", omittingEmptySubsequences: false).dropLast().last.map(String.init)
        return last == "result" ? "-" : last ?? "-"
    }

    @Test(
        arguments: [
            ("1 + 1", 0, "2"), ("-2 ^ 2", 0, "-4"), ("2 ^ 3 ^ 2", 0, "512"), ("7 % 4", 0, "3"), ("1 / 0", 0, "+Inf"),
            ("0 / 0", 0, "NaN"), ("time()", 90.5, "90.5"), ("2 > bool 1", 0, "1"), ("017 + 0x10", 0, "31"),
            // The value holds until the next one, or until the key is stale.
            ("komoku_value{key=\"hall.lux\"}", 59, "10"), ("komoku_value{key=\"hall.lux\"}", 60, "12"),
            ("komoku_value{key=\"hall.lux\"}", 499, "12"), ("komoku_value{key=\"hall.lux\"}", 500, "-"),
            ("komoku_value{key=\"hall.lux\"}", 90_000, "20"), ("komoku_value{key=\"hall.lux\"}", -1, "-"),
            ("komoku_value{key=\"hall.lux\"} offset 10m", 960, "12"),
            ("komoku_value{key=\"hall.lux\"} @ 30", 960, "10"),
            ("timestamp(komoku_value{key=\"hall.lux\"})", 499, "60"),
            // Windows with samples are as Prometheus has them.
            ("avg_over_time(komoku_value{key=\"hall.lux\"}[1m])", 60, "11"),
            ("count_over_time(komoku_value{key=\"hall.lux\"}[1h])", 3600, "3"),
            // Windows without: what held counts.
            ("avg_over_time(komoku_value{key=\"hall.lux\"}[1m])", 300, "12"),
            ("max_over_time(komoku_value{key=\"hall.lux\"}[1m])", 559, "12"),
            ("max_over_time(komoku_value{key=\"hall.lux\"}[1m])", 561, "-"),
            ("count_over_time(komoku_value{key=\"hall.lux\"}[1m])", 300, "-"),
            ("stddev_over_time(komoku_value{key=\"hall.lux\"}[1m])", 300, "0"),
            ("present_over_time(komoku_value{key=\"hall.lux\"}[1m])", 300, "1"),
            ("rate(komoku_value{key=\"meter.total\"}[1m])", 900, "0"),
            ("increase(komoku_value{key=\"meter.total\"}[1m])", 120, "2"),
            ("rate(komoku_value{key=\"meter.total\"}[1m])", 120, "0.03333333333333333"),
            ("increase(komoku_value{key=\"meter.total\"}[20s])", 1031, "2"),
            // A sample at the very start is what the window begins with: two windows do not count its step twice.
            ("increase(komoku_value{key=\"meter.total\"}[1m])", 160, "0"),
            ("delta(komoku_value{key=\"meter.total\"}[20s])", 1031, "-6"),
            ("irate(komoku_value{key=\"meter.total\"}[1m])", 120, "0.02"),
            ("changes(komoku_value{key=\"hall.door\"}[1m])", 130, "1"),
            ("changes(komoku_value{key=\"hall.door\"}[1m])", 300, "0"),
            ("sum(komoku_value{room=\"hall\"})", 110, "13"), ("count(komoku_value)", 110, "3"),
            ("scalar(komoku_value)", 110, "NaN"), ("absent(komoku_value{key=\"attic.lux\"})", 110, "1"),
            ("absent(komoku_value{key=\"hall.lux\"})", 110, "-"), ("hour(vector(86399))", 0, "23"),
            ("day_of_week(vector(1582934400))", 0, "6"), ("days_in_month(vector(1582934400))", 0, "29"),
        ] as [(String, Double, String)])
    func `evaluates to`(text: String, time: Double, expected: String) throws {
        #expect(try value(text, at: time) == expected)
    }

    @Test func `the shapes are those of Prometheus`() throws {
        #expect(try Query.answer("1+1", at: 1.5, from: house) == "{\"resultType\":\"scalar\",\"result\":[1.500,\"2\"]}")
        #expect(try Query.answer("\"ä\"", at: 2, from: house) == "{\"resultType\":\"string\",\"result\":[2,\"ä\"]}")
        #expect(
            try Query.answer("komoku_value{unit=\"lx\"}", at: 60, from: house)
                == "{\"resultType\":\"vector\",\"result\":[{\"metric\":{\"__name__\":\"komoku_value\",\"key\":\"hall.lux\",\"room\":\"hall\",\"unit\":\"lx\"},\"value\":[60,\"12\"]}]}"
        )
        #expect(
            try Query.answer("komoku_value{unit=\"lx\"}[2m]", at: 60, from: house)
                == "{\"resultType\":\"matrix\",\"result\":[{\"metric\":{\"__name__\":\"komoku_value\",\"key\":\"hall.lux\",\"room\":\"hall\",\"unit\":\"lx\"},\"values\":[[0,\"10\"],[60,\"12\"]]}]}"
        )
        #expect(
            try Query.answer(
                "sum by (room) (komoku_value{room=\"hall\"})", from: 480, through: 540, step: 30, source: house)
                == "{\"resultType\":\"matrix\",\"result\":[{\"metric\":{\"room\":\"hall\"},\"values\":[[480,\"12\"],[510,\"0\"],[540,\"0\"]]}]}"
        )
        #expect(
            try Query.answer("komoku_value{unit=\"lx\"} > 11", from: 0, through: 120, step: 60, source: house)
                .hasSuffix("\"values\":[[60,\"12\"],[120,\"12\"]]}]}"))
        #expect(
            try Query.answer("vector(2)", from: 0, through: 1, step: 1, source: house)
                == "{\"resultType\":\"matrix\",\"result\":[{\"metric\":{},\"values\":[[0,\"2\"],[1,\"2\"]]}]}")
    }

    @Test(arguments: [
        ("komoku_value + on (room) komoku_value", "found duplicate series for the match group on the right hand-side"),
        (
            "komoku_value + on (room) sum by (room) (komoku_value)",
            "multiple matches for labels: series are matched one to one"
        ),
        ("topk(0/0, komoku_value)", "Scalar value NaN overflows int64"),
    ])
    func `what cannot be matched is told`(text: String, message: String) {
        #expect {
            _ = try Query.answer(text, at: 150, from: house)
        } throws: { error in
            guard let error = error as? QueryError else { return false }
            return error.status == 422 && error.message.hasPrefix(message)
        }
    }

    @Test func `a value is known no longer than its source says`() throws {
        var house = house
        house.knownUntil = 1_000_000_000
        #expect(try Query.answer("komoku_value{key=\"hall.lux\"}", at: 1000, from: house).contains("\"20\""))
        #expect(try !Query.answer("komoku_value{key=\"hall.lux\"}", at: 1001, from: house).contains("\"20\""))
        #expect(try !Query.answer("avg_over_time(komoku_value[1m])", at: 1100, from: house).contains("hall.lux"))
    }

    @Test func `the number of steps is bounded as in Prometheus`() throws {
        #expect(try QuerySteps(start: 0, end: 11_000, step: 1).count == 11_001)
        #expect(throws: QueryError.self) { try QuerySteps(start: 0, end: 11_001, step: 1) }
        #expect(throws: QueryError.self) { try QuerySteps(start: .min, end: .max, step: 1) }
        #expect(throws: QueryError.self) { try QuerySteps(start: 1, end: 0, step: 1) }
        #expect(throws: QueryError.self) { try QuerySteps(start: 0, end: 1, step: 0) }
    }
}
