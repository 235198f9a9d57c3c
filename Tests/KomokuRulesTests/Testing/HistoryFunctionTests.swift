import Komoku
import KomokuExpression
import KomokuHub
import KomokuStore
import KomokuTesting
import Logging
import Testing

@testable import KomokuRules

/// What the history functions say, by a walk over all that is recorded.
private struct HistoryOracle {
    let points: [Point]
    let now: Timestamp
    let type: KeyType
    let last: Point?

    private func start(_ window: Duration) -> Timestamp { now - window }

    private func inside(_ window: Duration) -> [Point] { points.filter { $0.time >= start(window) } }

    func value(at time: Timestamp) -> Value? { points.last { $0.time <= time }?.value }

    /// The pieces of the window with what holds in each.
    private func holds(_ window: Duration) -> [(value: Value, seconds: Double)] {
        var cuts = [start(window), now] + points.map(\.time).filter { $0 > start(window) && $0 < now }
        cuts.sort()
        return zip(cuts, cuts.dropFirst()).compactMap { begin, end in
            value(at: begin).map { ($0, (end - begin).seconds) }
        }
    }

    func answer(_ call: HistoryCall) -> Value? {
        let window = call.window ?? .zero
        let numbers = inside(window).compactMap { $0.value?.number }
        let reach = numbers + [value(at: start(window))?.number].compactMap(\.self)
        switch call.function {
        case .last: return last?.value
        case .age: return last.map { .number((now - $0.time).seconds) }
        case .since:
            let other = points.last { $0.value != nil && $0.value != last?.value }?.time ?? .distantPast
            return points.first { $0.time > other && $0.value != nil }.map { .number((now - $0.time).seconds) }
        case .at:
            if case .ago(let duration)? = call.moment { return value(at: now - duration) }
            return nil
        case .previous: return points.last { $0.value != nil && $0.value != last?.value }?.value
        case .min: return reach.min().map { .number($0) }
        case .max: return reach.max().map { .number($0) }
        case .sum: return .number(numbers.reduce(0, +))
        case .count: return .number(Double(inside(window).count { $0.value != nil }))
        case .avg:
            let holds = holds(window)
            let known = holds.reduce(0) { $0 + $1.seconds }
            return known > 0
                ? .number(holds.reduce(0) { $0 + ($1.value.number ?? 0) * $1.seconds } / known) : nil
        case .delta: return delta(window).map { .number($0) }
        case .rate:
            let known = holds(window).reduce(0) { $0 + $1.seconds }
            return known > 0 ? delta(window).map { .number($0 / known) } : nil
        case .fraction, .duration: return share(call, window)
        case .changed: return .boolean(changed(window))
        }
    }

    private func delta(_ window: Duration) -> Double? {
        let inside = inside(window)
        let carried = points.last { $0.time < start(window) }?.value?.number
        guard let first = carried ?? inside.first?.value?.number else { return nil }
        guard let last = inside.last else { return 0 }
        return last.value?.number.map { $0 - first }
    }

    private func share(_ call: HistoryCall, _ window: Duration) -> Value? {
        guard let condition = call.condition else { return nil }
        let holds = holds(window)
        let known = holds.reduce(0) { $0 + $1.seconds }
        let met = holds.reduce(0) { $0 + (condition.holds($1.value) == true ? $1.seconds : 0) }
        return known > 0 ? .number(call.function == .fraction ? met / known : met) : nil
    }

    /// Whether there was another value than the one before it, over gaps too.
    private func changed(_ window: Duration) -> Bool {
        let values = [value(at: start(window))] + inside(window).map(\.value)
        return Set(values.compactMap(\.self)).count > 1
    }
}

@Suite("History functions")
struct HistoryFunctionTests {
    private static let names: [String: KeyType] = [
        "a.number": .numeric, "a.boolean": .boolean, "a.text": .string, "a.alive": .uptime,
    ]

    private static var subject: RuleTestSubject {
        var hub = Hub.Configuration()
        hub.timeZone = "UTC"
        for (name, type) in names.sorted(by: { $0.key < $1.key }) {
            guard let pattern = try? KeyPattern(validating: name) else { continue }
            let freshness = type == .uptime ? JSON.Member("max_time", 40) : JSON.Member("expect_every", 90)
            hub.keys.append(
                .init(pattern: pattern, type: type, options: [freshness, JSON.Member("same_value_resolution", 30)]))
        }
        return RuleTestSubject(hub: hub, rules: .empty, notes: NotifyConfiguration())
    }

    private static let questions: [String] = {
        var questions: [String] = []
        for window in ["1s", "45s", "5m", "1h"] {
            for function in ["avg", "min", "max", "sum", "delta", "rate", "count", "changed"] {
                questions.append("\(function)(a.number, \(window))")
            }
            for name in ["a.boolean", "a.text", "a.alive"] {
                questions += ["count(\(name), \(window))", "changed(\(name), \(window))"]
            }
            questions += [
                "a.boolean", "a.alive", "a.boolean = false", "a.number >= 3", "a.text = 'b'", "a.text != 'b'",
            ]
            .flatMap { ["fraction(\($0), \(window))", "duration(\($0), \(window))"] }
            for name in names.keys.sorted() { questions.append("at(\(name), \(window))") }
        }
        for name in names.keys.sorted() {
            questions += ["last(\(name))", "previous(\(name))", "age(\(name))", "since(\(name))"]
        }
        return questions
    }()

    @Test("are what a walk over the points gives", arguments: 0..<UInt64(30))
    func walk(_ seed: UInt64) async throws {
        var random = SplitMix(seed: seed)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let house = try RuleTestHouse(
            Self.subject, start: Timestamp(microseconds: 1_767_225_600_000_000), isDurable: seed % 5 == 0,
            logger: logger)
        defer { house.stop() }
        try house.startHub()
        try await house.startRules()
        for _ in 0..<Int.random(in: 1...60, using: &random) {
            let name = Self.names.keys.sorted().randomElement(using: &random) ?? "a.number"
            try await Self.put(name, in: house, &random)
            // Some longer than the keys may be silent: gaps.
            let pause = Double([0, 0.5, 7, 20, 50, 200].randomElement(using: &random) ?? 0)
            try await house.pass(Duration(seconds: pause) ?? .zero)
        }
        for question in Self.questions { try await Self.compare(question, in: house, seed) }
    }

    private static func put(_ name: String, in house: RuleTestHouse, _ random: inout SplitMix) async throws {
        let key = try #require(KeyName(name))
        let value: JSON =
            switch names[name] {
            case .numeric?: .number(Double(Int.random(in: 0...5, using: &random)))
            case .string?: .string(["a", "b", "c"].randomElement(using: &random) ?? "a")
            default: .bool(Bool.random(using: &random))
            }
        _ = try await house.perform { hub, _ in try? hub.put(key, value, cause: .client("test")) }
    }

    private static func compare(_ text: String, in house: RuleTestHouse, _ seed: UInt64) async throws {
        let compiled = try Expression.parse(text).check(
            in: TypeEnvironment(key: { names[$0.text].map { .init(ValueKind($0)) } }, offers: .all))
        guard case .history(let call)? = compiled.references.first else {
            Issue.record("\(text) asks nothing")
            return
        }
        guard
            let (key, store, now) = try await house.perform({ hub, _ in
                hub.key(call.key).map { ($0, hub.store, hub.clock.now) }
            })
        else { return }
        let found = await withCheckedContinuation { continuation in
            HistoryQuestion(call: call, key: key, now: now, store: store).ask { continuation.resume(returning: $0) }
        }
        let points = try await withCheckedThrowingContinuation { continuation in
            store.points(of: key.id, limit: 10_000, newestFirst: false) { continuation.resume(with: $0) }
        }
        let expected = HistoryOracle(points: points, now: now, type: key.type, last: key.last).answer(call)
        let message = "seed \(seed): \(text) is \(found as Any), a walk gives \(expected as Any)"
        #expect(isNear(found, expected), "\(message)")
    }

    private static func isNear(_ found: Value?, _ expected: Value?) -> Bool {
        guard let number = found?.number, let wanted = expected?.number else { return found == expected }
        return abs(number - wanted) <= 1e-6 * max(1, abs(wanted))
    }
}
