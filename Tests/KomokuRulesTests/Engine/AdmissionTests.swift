import Komoku
import KomokuTesting
import Testing

@testable import KomokuRules

/// Modes and limits, decided by the machine alone: no hub, no thread.
@Suite struct AdmissionTests {
    /// The same, as one would say it: lists that are searched.
    private struct Model {
        enum Answer: Equatable { case begins(ending: [Int64]), waits, busy, limited, pauses }

        let mode: Rule.Mode
        let limit: (count: Int, period: Int64)?
        var standing: [Int64] = []
        var queue: [Int] = []
        var starts: [Int64] = []
        var turn = (number: -1, followers: 0)
        var isPaused = false

        mutating func admit(depth: Int, at now: Int64, turn number: Int) -> Answer {
            if depth >= RuleEngine.maximumDepth {
                isPaused = true
                return .pauses
            }
            switch mode {
            case .single: if !standing.isEmpty { return .busy }
            case .parallel(let most): if standing.count >= most { return .busy }
            case .queued(let most):
                if !standing.isEmpty || !queue.isEmpty {
                    if queue.count >= most { return .busy }
                    queue.append(depth)
                    return .waits
                }
            case .restart: break
            }
            return pass(depth: depth, at: now, turn: number)
        }

        mutating func pass(depth: Int, at now: Int64, turn number: Int) -> Answer {
            if turn.number != number { turn = (number, 0) }
            if depth > 0 { turn.followers += 1 }
            if let limit {
                if starts.count(where: { $0 > now - limit.period }) >= limit.count { return .limited }
                starts.append(now)
            }
            return .begins(ending: mode == .restart ? standing.sorted() : [])
        }
    }

    private static let rules = [
        "{name: a, when: {change: note}, then: {log: x}}",
        "{name: a, mode: restart, when: {change: note}, then: {log: x}}",
        "{name: a, mode: {parallel: 3}, when: {change: note}, then: {log: x}}",
        "{name: a, mode: {queued: 2}, when: {change: note}, then: {log: x}}",
        "{name: a, mode: {queued: 2}, limit: 3/10s, when: {change: note}, then: {log: x}}",
        "{name: a, mode: {parallel: 5}, limit: 4/7s, when: {change: note}, then: {log: x}}",
    ]

    private static func machine(_ rule: String) throws -> RuleMachine {
        let set = try EngineHouse.read("rules: [\(rule)]")
        var machine = RuleMachine()
        machine.rules.begin(set)
        machine.rules.put(set.rules.map(RuleState.init), ["a": 0])
        return machine
    }

    @Test(arguments: rules)
    func `what begins, waits or is refused is what lists would say`(rule: String) throws {
        for seed in 0..<UInt64(40) {
            var machine = try Self.machine(rule)
            let given = machine.rules[0].rule
            var model = Model(
                mode: given.mode, limit: given.limit.map { ($0.count, $0.period.microseconds) })
            var random = SplitMix(seed: seed)
            var (now, turn): (Int64, Int) = (1_000_000_000, 0)
            for _ in 0..<300 {
                now += Int64.random(in: 0...3_000_000, using: &random)
                turn += Int.random(in: 0...1, using: &random)
                let moment = RuleMachine.Moment(now, turn: turn)
                if Int.random(in: 0..<3, using: &random) > 0 {
                    let depth = Int.random(in: 0..<100, using: &random) == 0 ? RuleEngine.maximumDepth : turn % 2
                    var occasion = Occasion("change", at: Timestamp(microseconds: now))
                    occasion.depth = depth
                    let expected = model.admit(depth: depth, at: now, turn: turn)
                    take(machine.admit(occasion, to: 0, at: moment), expected, &machine, &model, seed)
                } else if let ended = model.standing.randomElement(using: &random) {
                    model.standing.removeAll { $0 == ended }
                    machine.rules[0].standing.remove(ended)
                    // What waited comes next, until one begins.
                    while model.standing.isEmpty, !model.queue.isEmpty {
                        let expected = model.pass(depth: model.queue.removeFirst(), at: now, turn: turn)
                        let next = machine.dequeue(0)
                        let queued = try #require(next)
                        take(machine.readmit(queued.occasion, to: 0, at: moment), expected, &machine, &model, seed)
                    }
                }
                #expect(machine.rules[0].queue.map(\.occasion.depth) == model.queue)
                #expect((machine.rules[0].statistics.paused != nil) == model.isPaused)
                #expect(machine.rules[0].burden == 0)
            }
        }
    }

    private func take(
        _ admission: RuleMachine.Admission, _ expected: Model.Answer, _ machine: inout RuleMachine,
        _ model: inout Model, _ seed: UInt64
    ) {
        let answer: Model.Answer =
            switch admission {
            case .begins(let ended): .begins(ending: ended)
            case .waits: .waits
            case .refused: .busy
            case .limited: .limited
            case .pauses: .pauses
            }
        #expect(answer == expected, "seed \(seed)")
        guard case .begins(let ended) = admission else { return }
        let id = machine.number()
        machine.rules[0].standing.subtract(ended)
        model.standing.removeAll(where: ended.contains)
        machine.rules[0].standing.insert(id)
        model.standing.append(id)
    }

    @Test func `of refusals by a limit the first is news, and again after a whole period without one`() throws {
        var machine = try Self.machine(
            "{name: a, mode: {parallel: 99}, limit: 1/10s, when: {change: note}, then: {log: x}}")
        let occasion = Occasion("change", at: Timestamp(microseconds: 0))
        var told: [Int64] = []
        for second in [Int64(0), 1, 2, 9, 11, 12, 20, 35, 36, 37] {
            let moment = RuleMachine.Moment(second * 1_000_000, turn: Int(second))
            if case .limited(_, isNews: true) = machine.admit(occasion, to: 0, at: moment) { told.append(second) }
        }
        #expect(told == [1, 36])
    }

    @Test func `a rule that follows from itself without end is paused, once`() throws {
        var machine = try Self.machine("{name: a, mode: restart, when: {change: note}, then: {log: x}}")
        var occasion = Occasion("change", at: Timestamp(microseconds: 0))
        occasion.depth = 1
        let moment = RuleMachine.Moment(5, turn: 7)
        for _ in 0..<RuleEngine.maximumRunsInTurn {
            #expect(machine.admit(occasion, to: 0, at: moment) == .begins(replacing: []))
        }
        let reason = "more than 10000 runs followed from one event"
        #expect(machine.admit(occasion, to: 0, at: moment) == .pauses(reason, isNews: true))
        #expect(machine.admit(occasion, to: 0, at: moment) == .pauses(reason, isNews: false))
    }
}
