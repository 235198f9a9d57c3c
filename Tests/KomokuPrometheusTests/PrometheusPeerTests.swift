import Komoku
import KomokuPrometheus
import KomokuTesting
import Testing

/// Queries are answered as Debian's Prometheus answers them from the same samples.
struct PrometheusPeerTests {
    private static let start = 1_700_000_000.0
    private static let length = 10_800.0

    private typealias Line = (labels: [(String, String)], samples: [(time: Double, value: Double)])

    /// Samples at most 50 s apart, up to the end; the longest window that a query has is filled.
    private static func lines(of source: inout FuzzSource) -> [Line] {
        let labels: [[(String, String)]] = [
            [("key", "hall.lux"), ("room", "hall"), ("unit", "lx")],
            [("key", "hall.temperature"), ("room", "hall"), ("unit", "°C")],
            [("key", "attic.temperature"), ("room", "attic"), ("unit", "°C")],
            [("key", "meter.total"), ("room", "meter"), ("unit", "kWh"), ("device", "Meter 1")],
            [("key", "meter.water"), ("room", "meter"), ("unit", "L"), ("device", "Meter \\\"2\\\"")],
            [("key", "door")],
        ]
        return labels.enumerated().map { number, labels in
            // One of them begins in the middle.
            var time = start - 3600 + (number == 2 ? 7000 : 0) + Double(source.below(30_000)) / 1000
            var (samples, value) = ([(time: Double, value: Double)](), Double(source.below(1000)))
            while time < start + length + 60 {
                switch number {
                case 3, 4: value = source.chance(60) ? 0 : value + Double(source.below(50)) / 8
                case 5: value = source.chance(3) ? 1 - value.remainder(dividingBy: 2).magnitude : value
                default: value += Double(source.below(200) - 100) / 16
                }
                samples.append((time, value))
                time =
                    source.chance(5)
                    ? (time / 60).rounded(.down) * 60 + 60 : time + Double(source.below(50_000) + 1) / 1000
                time = (time * 1000).rounded() / 1000
            }
            return (labels, samples)
        }
    }

    @Test func `random queries over seeds`() throws {
        let (lines, plain) = Self.house(seed: 1)
        let peer = try PrometheusPeer(lines)
        var house = plain
        try Fuzz.run("peer", seeds: 400) { source in
            house.hasBuckets = source.chance(2)
            var writer = RandomQuery(source: source)
            let text = writer.vector(depth: 3)
            source = writer.source
            if source.chance(2) {
                try Self.compareAtOneTime(text, house, peer, &source)
            } else {
                try Self.compareOverTime(text, house, peer, &source)
            }
        }
    }

    private static func compareAtOneTime(
        _ text: String, _ house: StoredSeries, _ peer: PrometheusPeer, _ source: inout FuzzSource
    ) throws {
        let time = start + Double(source.below(Int(length) * 10)) / 10
        let answer = try peer.ask("/api/v1/query", [("query", text), ("time", "\(time)")])
        let ours = Answer { try Query.answer(text, at: time, from: house) }
        #expect(ours.isNear(Answer(answer)), "\(text) at \(time): \(ours) and \(answer.text.prefix(600))")
    }

    private static func compareOverTime(
        _ text: String, _ house: StoredSeries, _ peer: PrometheusPeer, _ source: inout FuzzSource
    ) throws {
        let step = source.pick([7, 15, 60, 61.5, 300, 600, 900, 1800])
        let grid = source.chance(2) ? step : 0.1
        let from = (start / grid).rounded(.up) * grid
        let begin = ((from + Double(source.below(3000))) / grid).rounded(.up) * grid
        let (low, high) = ((begin * 1000).rounded() / 1000, start + length)
        let answer = try peer.ask(
            "/api/v1/query_range",
            [("query", text), ("start", "\(low)"), ("end", "\(high)"), ("step", "\(step)")])
        let ours = Answer { try Query.answer(text, from: low, through: high, step: step, source: house) }
        #expect(
            ours.isNear(Answer(answer)),
            "\(text) from \(low) to \(high) by \(step): \(String(describing: ours).prefix(1500)) and \(answer.text.prefix(1500))"
        )
    }

    private static let chosen = [
        "1+1", "-1^2", "2^-1^2", "1 - -1", "-(1 + 2) * 3", "7 % 4 % 2", "1e3 / .5", "0x1f + 017 + 08", "Inf - Inf",
        "-NaN",
        "1 == bool 1", "2 > bool 1 > bool 3", "1 + 2 * 3 ^ 2 - 4 / 2", "atan2", "1 atan2 2", "time() - 5", "pi()",
        "\"a\\tb\"",
        "'it is'", "`a\\b`", "minute(vector(1582934461))", "year(vector(-1e9))", "day_of_week(vector(-1))",
        "month(vector(951782400))",
        "days_in_month(vector(951782400))", "day_of_month(vector(951782399))", "hour()", "vector(1) or vector(2)",
        "absent(komoku_value{key=\"x\",room=~\"a\"})", "absent(komoku_value)", "absent_over_time(nothing{a=\"b\"}[5m])",
        "scalar(komoku_value)", "komoku_value{key=~\"hall.*\",key!~\".*lux\"}", "{__name__=~\"komoku_.+\",unit=\"\"}",
        "komoku_value{device=\"Meter \\\"2\\\"\"}", "komoku_value{unit=\"\\u00b0C\"}",
        "count(komoku_value) by (room, nothing)",
        "sum without (key, device, unit) (komoku_value)", "komoku_value{key=\"door\"} @ 1700003000 offset 1m",
        "group by (unit) (komoku_value)", "quantile(1.5, komoku_value)", "topk(0, komoku_value)", "sort(komoku_value)",
        "sort_desc(komoku_value)", "topk(3, komoku_value)", "bottomk(2, komoku_value) by (room)", "komoku_value[40s]",
        "round(komoku_value, 0.7)", "clamp(komoku_value, 5, 1)", "sgn(-komoku_value)", "ln(komoku_value - 1000)",
        "komoku_value > komoku_value", "komoku_value + on (room) komoku_value",
        "komoku_value / ignoring (key) komoku_value",
        "sum(komoku_value) / count(komoku_value) == bool avg(komoku_value)", "1 +", "sum(", "abs(komoku_value[5m])",
        "rate(komoku_value)",
        "{}", "komoku_value[5m] + 1", "foo{a=~\"(\"}", "\"a\" + 1", "1 > 2", "-\"a\"", "komoku_value offset 5",
        "unknown(1)",
        "timestamp(komoku_value)", "timestamp(komoku_value + 1)", "komoku_value and on () vector(1)",
        "vector(scalar(vector(3)))",
        "stddev(komoku_value)", "stdvar by (room) (komoku_value)", "predict_linear(komoku_value[5m], 600)",
        "exp(vector(1))",
        "komoku_value{key=~\"hall\\\\.lux|door\"}", "komoku_value{key=~\"(hall\\\\.lux|door)\"}",
        "komoku_value{key=~\"\"}",
        "komoku_value{key!=\"door\"} unless komoku_value{unit=\"lx\"}", "komoku_value and (komoku_value > 20)",
    ]

    /// One test for all: the peer ends with it.
    @Test func `chosen queries`() throws {
        let (lines, house) = Self.house(seed: 2)
        let peer = try PrometheusPeer(lines)
        for text in Self.chosen {
            let answer = try peer.ask("/api/v1/query", [("query", text), ("time", "1700005000")])
            let ours = Answer { try Query.answer(text, at: 1_700_005_000, from: house) }
            #expect(ours.isNear(Answer(answer)), "\(text): \(ours) and \(answer.text)")
            if text.hasPrefix("sort") || text.hasPrefix("topk") { #expect(ours.values == Answer(answer).values) }
        }
    }

    private static func house(seed: UInt64) -> (lines: [Line], house: StoredSeries) {
        var source = FuzzSource(seed: seed)
        let lines = lines(of: &source)
        var house = StoredSeries()
        for line in lines {
            house.add(
                line.labels.map { ($0.0, $0.1.replacing("\\\"", with: "\"")) },
                line.samples.map { ($0.time, $0.value) })
        }
        return (lines, house)
    }
}

/// An answer of the API, to be compared.
private struct Answer: CustomStringConvertible {
    private var type = ""
    private var error: String?
    /// By the labels as text.
    private var series: [String: [(time: Double, text: String)]] = [:]
    /// In the order in which they came.
    private(set) var values: [String] = []

    init(_ body: () throws -> String) {
        do {
            take(try JSON(parsing: try body()))
        } catch let fault as QueryError {
            error = fault.kind.rawValue
        } catch {
            self.error = "\(error)"
        }
    }

    init(_ whole: JSON) {
        if whole["status"] == "success", let data = whole["data"] {
            take(data)
        } else {
            error = whole["errorType"]?.string ?? whole.text
        }
    }

    private mutating func take(_ data: JSON) {
        type = data["resultType"]?.string ?? ""
        guard case .array(let items) = data["result"] ?? .null else { return }
        guard type != "scalar", type != "string" else {
            add("", .array(items))
            return
        }
        for item in items {
            let labels = item["metric"]?.text ?? ""
            if let value = item["value"] { add(labels, value) }
            if case .array(let pairs) = item["values"] ?? .null { for pair in pairs { add(labels, pair) } }
        }
    }

    private mutating func add(_ labels: String, _ pair: JSON) {
        guard case .array(let pair) = pair, pair.count == 2, case .number(let time) = pair[0] else { return }
        let text = pair[1].string ?? ""
        series[labels, default: []].append((time, text))
        values.append(text)
    }

    func isNear(_ other: Answer) -> Bool {
        guard type == other.type, error == other.error, series.count == other.series.count else { return false }
        return series.allSatisfy { labels, points in
            guard let others = other.series[labels], others.count == points.count else { return false }
            return zip(points, others).allSatisfy { $0.time == $1.time && Self.areNear($0.text, $1.text) }
        }
    }

    private static func areNear(_ text: String, _ other: String) -> Bool {
        if text == other { return true }
        guard let a = Double(text), let b = Double(other) else { return false }
        return (a - b).magnitude <= 1e-7 * max(1, a.magnitude, b.magnitude)
    }

    var description: String { error ?? "\(type) \(series)" }
}

/// Writes queries that have an answer, or one of the errors that both know.
private struct RandomQuery {
    var source: FuzzSource

    private mutating func selector() -> String {
        let matchers = [
            "", "{room=\"hall\"}", "{unit!=\"\"}", "{key=~\".*temperature\"}", "{room=~\"hall|attic\"}",
            "{key!~\"meter.*\"}",
            "{device=~\"Meter.*\"}", "{key=\"door\"}", "{room=\"meter\",unit=~\"k.+\"}",
        ]
        let modifier = ["", "", "", " offset 5m", " offset -2m", " @ 1700004000", " @ end()", " @ start() offset 90s"]
        return "komoku_value\(source.pick(matchers))|\(source.pick(modifier))"
    }

    private mutating func plainSelector() -> String { selector().splitJoined("") }

    private mutating func rangeSelector() -> String {
        selector().splitJoined("[\(source.pick(["3m", "4m", "5m", "7m30s", "10m", "15m", "200s"]))]")
    }

    mutating func scalar() -> String {
        source.pick(["2", "0.5", "-3", "100", "1e3", "scalar(sum(komoku_value))", "(time() % 60)", "pi()"])
    }

    mutating func vector(depth: Int) -> String {
        guard depth > 0 else { return source.chance(2) ? plainSelector() : window() }
        switch source.below(9) {
        case 0, 1: return plainSelector()
        case 2, 3: return window()
        case 4: return aggregation(depth)
        case 5: return "\(source.pick(["abs", "ceil", "floor", "sgn", "-", "+"]))(\(vector(depth: depth - 1)))"
        case 6: return withScalar(depth)
        case 7: return pair(depth)
        default:
            return source.pick([
                "clamp_min(\(vector(depth: depth - 1)), 10)", "clamp(\(vector(depth: depth - 1)), 3, 40)",
            ])
        }
    }

    private mutating func window() -> String {
        let functions = [
            "avg_over_time", "min_over_time", "max_over_time", "sum_over_time", "count_over_time", "last_over_time",
            "present_over_time", "stddev_over_time", "stdvar_over_time", "rate", "increase", "delta", "irate", "idelta",
            "changes",
            "resets", "deriv",
        ]
        if source.chance(8) {
            return "quantile_over_time(\(source.pick(["0.9", "0.5", "0", "2", "-1"])), \(rangeSelector()))"
        }
        return "\(source.pick(functions))(\(rangeSelector()))"
    }

    private mutating func aggregation(_ depth: Int) -> String {
        let operation = source.pick(["sum", "avg", "min", "max", "count", "stddev", "stdvar", "group"])
        let grouping = source.pick(["", " by (room)", " without (key)", " by (room, unit)", " without (room, device)"])
        if source.chance(6) { return "quantile\(grouping) (0.3, \(vector(depth: depth - 1)))" }
        return "\(operation)\(grouping) (\(vector(depth: depth - 1)))"
    }

    private mutating func withScalar(_ depth: Int) -> String {
        let operation = source.pick(["+", "-", "*", "/", "%", ">", "<=", "> bool", "!=", "== bool"])
        let (a, b) = (vector(depth: depth - 1), scalar())
        return source.chance(2) ? "(\(a)) \(operation) \(b)" : "\(b) \(operation) (\(a))"
    }

    private mutating func pair(_ depth: Int) -> String {
        let operation = source.pick([
            "+", "-", "*", "/", "> bool", ">", "<", "==", "and", "or", "unless", "and on (room)",
            "unless ignoring (key, unit)",
            "or on (unit)", "/ on (key)", "- ignoring (device)",
        ])
        return "(\(vector(depth: depth - 1))) \(operation) (\(vector(depth: depth - 1)))"
    }
}

extension String {
    /// With something else in the place of the only `|` behind a selector's braces.
    fileprivate func splitJoined(_ middle: String) -> String {
        guard let mark = lastIndex(of: "|") else { return self }
        return self[..<mark] + middle + self[index(after: mark)...]
    }
}
