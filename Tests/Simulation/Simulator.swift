import Komoku
import KomokuHub
import KomokuRules
import Logging

/// Runs a scenario on a hub, its rules and its database, which are killed at one moment of it.
struct Simulator {
    /// When the hub is killed.
    enum Kill: Hashable, Sendable, CustomStringConvertible {
        case never
        /// After the step, before its commit.
        case beforeCommit(Int)
        /// After the commit of the step, before anybody is told of it.
        case beforeAnswer(Int)
        /// When all is told.
        case after(Int)

        var description: String {
            switch self {
            case .never: "never"
            case .beforeCommit(let step): "before the commit of step \(step)"
            case .beforeAnswer(let step): "before the answer to step \(step)"
            case .after(let step): "after step \(step)"
            }
        }

        static func all(steps: Int) -> [Kill] {
            [.never] + (0..<steps).flatMap { [.beforeCommit($0), .beforeAnswer($0), .after($0)] }
        }
    }

    let scenario: Scenario
    let kill: Kill
    let house: RuleTestHouse
    var broker = SimulatedBroker()
    /// Puts that were answered, in order.
    var answered: [(key: String, value: JSON)] = []
    /// How long it went on.
    private(set) var passed = Duration.zero
    private var version = 1
    /// The hub was killed while the broker was away.
    private var isNew = false

    /// Longer than all that waits, also where the clock was set back and the hub killed meanwhile.
    private var rest: Duration { .seconds(3600 + 7200 * Int64(scenario.jumps)) }

    /// 2026-01-01 00:00:30 UTC.
    static let start = Timestamp(microseconds: 1_767_225_630_000_000)

    init(_ scenario: Scenario, kill: Kill) throws {
        self.scenario = scenario
        self.kill = kill
        house = try RuleTestHouse(
            SimulatedHouse.subject(), start: Self.start, isDurable: true,
            logger: Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() })
    }

    /// - Returns: what is wrong.
    mutating func run() async throws -> [String] {
        try house.startHub()
        try await house.startRules()
        for (number, step) in scenario.steps.enumerated() { try await perform(step, number) }
        // All that waits comes to its end.
        try await send(.broker(isThere: true))
        try await house.commit()
        broker.acknowledge(commits: house.commits)
        try await send(.pass(rest))
        try await house.commit()
        defer { house.stop() }
        return try await SimulationCheck(self).faults()
    }

    private mutating func perform(_ step: Scenario.Step, _ number: Int) async throws {
        try await send(step)
        if kill == .beforeCommit(number) {
            try await restart()
            if case .put = step { try await send(step) }
        }
        // Who puts waits for it; what devices say is committed when its time comes.
        if case .put = step { try await house.commit() }
        if kill == .beforeAnswer(number) {
            try await house.commit()
            try await restart()
            if case .put = step {
                try await send(step)
                try await house.commit()
            }
        }
        if case .put(let key, let value) = step { answered.append((key, value)) }
        broker.acknowledge(commits: house.commits)
        if kill == .after(number) { try await restart() }
    }

    private mutating func send(_ step: Scenario.Step) async throws {
        switch step {
        case .put(let key, let value):
            guard let key = KeyName(key) else { return }
            _ = try await house.perform { hub, _ in try? hub.put(key, value, cause: .client("simulation")) }
        case .message(let message):
            if broker.sent(message, commits: house.commits) { try await deliver(message) }
        case .pass(let duration):
            passed = Duration(microseconds: passed.microseconds + duration.microseconds)
            try await house.pass(duration)
        case .clock(let duration): try await house.setClock(by: duration)
        case .broker(let isThere):
            house.recorder.setBroker(isThere: isThere)
            if isThere { try await comeBack() } else { broker.leave() }
        case .reload:
            version += 1
            try await house.reload(try SimulatedHouse.subject(version: version))
        }
    }

    private mutating func comeBack() async throws {
        if !broker.isThere, isNew {
            let held = broker.comeBack()
            for message in broker.redeliver(commits: house.commits) { try await deliver(message) }
            for message in held where broker.sent(message, commits: house.commits) { try await deliver(message) }
        } else {
            for message in broker.comeBack() where broker.sent(message, commits: house.commits) {
                try await deliver(message)
            }
        }
        isNew = false
    }

    private func deliver(_ message: Scenario.Message) async throws {
        try await house.message(
            topic: message.topic, payload: Array(message.payload.utf8), isRetained: message.isRetained)
    }

    private mutating func restart() async throws {
        try await house.restart(kills: true, down: .zero)
        isNew = !broker.isThere
        for message in broker.redeliver(commits: house.commits) { try await deliver(message) }
    }
}
