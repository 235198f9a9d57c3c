import Komoku
import KomokuExpression

@testable import KomokuRules

/// What is around a run: keys, scripts, recorded history, a clock; and what it demanded.
struct Stage {
    var values: [String: Value] = [:] {
        didSet { order += Set(values.keys).subtracting(order).sorted() }
    }
    /// The keys as they came.
    private var order: [String] = []
    /// Answers that take a while.
    var recorded: [String: Value] = [:]
    var scripts: [String: Rule] = [:]
    var now = Sample.start
    private(set) var demands: [String] = []

    init(_ values: [String: Value] = [:], scripts: [Rule] = []) {
        self.values = values
        order = values.keys.sorted()
        for script in scripts { self.scripts[script.name] = script }
    }

    func lookup(_ reference: Reference) -> Value? {
        switch reference {
        case .key(let name): values[name.text]
        case .clock(.now): .number(now.seconds)
        default: nil
        }
    }

    private func key(_ pattern: KeyPattern, after last: KeyName?, among count: Int) -> KeyName? {
        order.prefix(count).compactMap { KeyName($0) }.filter(pattern.matches).sorted().first { key in
            last.map { $0 < key } ?? true
        }
    }

    mutating func step(_ run: inout Run) -> Run.Demand {
        let (values, scripts, now) = (self, self.scripts, now)
        let demand = run.advance(
            { values.lookup($0) }, now: now, keyCount: order.count,
            nextKey: { values.key($0, after: $1, among: $2) }, script: { scripts[$0] })
        demands.append(demand.shown)
        return demand
    }

    /// Goes on, with everything done at once that is not told otherwise, until the run waits for the outside.
    mutating func play(_ run: inout Run) {
        while true {
            switch step(&run) {
            case .put(let name, let json):
                values[name.text] =
                    json.number.map { .number($0) } ?? json.bool.map { .boolean($0) }
                    ?? json.string.map { .string($0) }
                run.succeeded()
            case .toggle, .increment, .notify, .log, .call: run.succeeded()
            case .publish(let message) where message.qos == 0: run.succeeded()
            case .history(let calls):
                run.answer(Dictionary(uniqueKeysWithValues: calls.map { ($0, recorded[$0.description]) }))
            case .pause: break
            case .publish, .http, .launch, .wait, .waitUntil, .stand, .end: return
            }
        }
    }

    /// What was demanded since the last call.
    mutating func taken() -> [String] {
        defer { demands = [] }
        return demands
    }

    /// What a whole run of the operations demands, waits being over at once.
    static func demands(
        of rule: Rule, _ values: [String: Value] = [:], scripts: [Rule] = [], recorded: [String: Value] = [:]
    ) -> [String] {
        var stage = Stage(values, scripts: scripts)
        stage.recorded = recorded
        var run = Sample.run(rule)
        for _ in 0..<100 where stage.demands.last?.hasPrefix("end ") != true {
            stage.play(&run)
            run.woke()
            run.timedOut()
        }
        return stage.taken()
    }
}

extension Run.Demand {
    /// `put hall.light true`, `wait 5m`, `end done`.
    var shown: String {
        switch self {
        case .put(let key, let json): "put \(key) \(json.text)"
        case .toggle(let key): "toggle \(key)"
        case .increment(let key, let step): "increment \(key) \(DecimalNumber.text(step))"
        case .publish(let message):
            "publish \(message.topic) \(String(decoding: message.payload, as: UTF8.self)) \(message.qos)"
        case .notify(let note): "notify \(note.target) \(note.message)"
        case .log(let text, let level): "\(level) \(text)"
        case .call(let rule, let arguments): "call \(rule) \(arguments.coded.text)"
        case .http(let request): "\(request.method) \(request.url)"
        case .launch(let call): "run \(call.words.joined(separator: " "))"
        case .wait(let duration): "wait \(duration)"
        case .waitUntil(let timeout): "until \(timeout.map(\.description) ?? "ever")"
        case .history(let calls): "history \(calls.map(\.description).joined(separator: " "))"
        case .stand: "stand"
        case .pause: "pause"
        case .end(let outcome, let reason): "end \(outcome)\(reason.map { ": \($0)" } ?? "")"
        }
    }
}
