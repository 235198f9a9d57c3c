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
            case .outside(let errand):
                if let put = errand as? PutErrand {
                    let json = put.value
                    values[put.key.text] =
                        json.number.map { .number($0) } ?? json.bool.map { .boolean($0) }
                        ?? json.string.map { .string($0) }
                }
                guard errand.isDoneAtOnce else { return }
                run.succeeded()
            case .history(let calls):
                run.answer(Dictionary(uniqueKeysWithValues: calls.map { ($0, recorded[$0.description]) }))
            case .pause: break
            case .wait, .waitUntil, .fork, .stand, .end: return
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

extension Errand {
    /// Whether a run goes on with no report from outside.
    var isDoneAtOnce: Bool {
        switch self {
        case let publish as PublishErrand: publish.message.qos == 0
        case is HTTPErrand, is ProgramErrand: false
        default: true
        }
    }

    fileprivate var shown: String {
        switch self {
        case let put as PutErrand: return "put \(put.key) \(put.value.text)"
        case let toggle as ToggleErrand: return "toggle \(toggle.key)"
        case let increment as IncrementErrand:
            return "increment \(increment.key) \(DecimalNumber.text(increment.step))"
        case let publish as PublishErrand:
            let message = publish.message
            return "publish \(message.topic) \(String(decoding: message.payload, as: UTF8.self)) \(message.qos)"
        case let notify as NotifyErrand: return "notify \(notify.note.target) \(notify.note.message)"
        case let log as LogErrand: return "\(log.level) \(log.text)"
        case let call as CallErrand: return "call \(call.name) \(call.arguments.coded.text)"
        case let http as HTTPErrand: return "\(http.request.method) \(http.request.url)"
        case let program as ProgramErrand: return "run \(program.program.words.joined(separator: " "))"
        default: return "\(self)"
        }
    }
}

extension Run.Demand {
    var request: HTTPRequest? {
        if case .outside(let errand) = self { (errand as? HTTPErrand)?.request } else { nil }
    }
}

extension Run.Demand: Equatable {
    /// Whether both are told alike.
    static func == (one: Run.Demand, other: Run.Demand) -> Bool { "\(one)" == "\(other)" }
}

extension Run.Demand {
    /// `put hall.light true`, `wait 5m`, `end done`.
    var shown: String {
        switch self {
        case .outside(let errand): errand.shown
        case .wait(let duration): "wait \(duration)"
        case .waitUntil(let timeout): "until \(timeout.map(\.description) ?? "ever")"
        case .history(let calls): "history \(calls.map(\.description).joined(separator: " "))"
        case .fork: "fork"
        case .stand: "stand"
        case .pause: "pause"
        case .end(let outcome, let reason): "end \(outcome)\(reason.map { ": \($0)" } ?? "")"
        }
    }
}
