import Komoku
import KomokuHub

extension RuleTestRun {
    mutating func perform(_ action: RuleTest.Action, at position: SourcePosition) async throws {
        switch action {
        case .at(let text): try await pass(until: text)
        case .advance(let duration): try await house.pass(duration)
        case .clock(let duration): try await house.setClock(by: duration)
        case .restart(let kills, let down): try await house.restart(kills: kills, down: down)
        case .killDuring(let inner): try await kill(during: inner, at: position)
        case .reload(let path): try await reload(path)
        case .answers(let http, let program):
            house.recorder.set(http: http.map(\.output), program: program.map(\.output))
        case .expect(let expectation): try await check(expectation, at: position)
        case .expectNothing: checkNothing(at: position)
        case .put:
            try await send(action)
            // Who puts is answered when it is on disk.
            try await house.commit()
        default: try await send(action)
        }
    }

    /// What comes from outside.
    private func send(_ action: RuleTest.Action) async throws {
        switch action {
        case .put(let assignments): for assignment in assignments { try await put(assignment) }
        case .mqtt(let topic, let payload, let retain):
            try await house.message(topic: topic, payload: Array(payload.utf8), isRetained: retain)
        case .emit(let name, let payload):
            try await find("no rule listens to '\(name)'") { $1.engine.emit(name, payload: payload, in: $0) > 0 }
        case .webhook(let name, let payload):
            try await find("no rule has the webhook '\(name)'") { $1.engine.webhook(name, payload: payload, in: $0) }
        case .command(let text, let sender):
            try await find("no rule has a command like '\(text)'") { $1.engine.command(text, sender: sender, in: $0) }
        case .acknowledge(let topic):
            _ = try await house.perform { hub, service in service.notifier.acknowledge(topic, in: hub) }
        default: throw Stop("this cannot be sent")
        }
    }

    private func find(
        _ message: String, _ body: @escaping @Sendable (isolated Hub, RuleHost) -> Bool
    ) async throws {
        guard try await house.perform(body) else { throw Stop(message) }
    }

    private func pass(until text: String) async throws {
        guard let time = RuleTestTime(text) else {
            throw Stop("'\(text.prefix(40))' is no time; write 06:30, or 2026-03-27 06:30")
        }
        guard let moment = time.moment(after: house.clock.now, in: zone) else {
            throw Stop("\(text) is past; it is \(zone.local(house.clock.now))")
        }
        try await house.pass(moment - house.clock.now)
    }

    /// Does it, is killed before it is committed, and is sent it once more, as whoever sent it would.
    private mutating func kill(during action: RuleTest.Action, at position: SourcePosition) async throws {
        switch action {
        case .advance(let duration):
            try await house.commit()
            try await house.pass(duration)
            try await house.restart(kills: true, down: .zero)
        case .put, .mqtt, .emit, .webhook, .command, .acknowledge:
            try await house.commit()
            try await send(action)
            try await house.restart(kills: true, down: .zero)
            try await perform(action, at: position)
        default: throw Stop("'kill_during' is for put, mqtt, emit, webhook, command, acknowledge and advance")
        }
    }

    private mutating func reload(_ path: String?) async throws {
        let (subject, findings) = load(path)
        guard let subject else {
            throw Stop("the new configuration has errors\n" + findings.map(\.description).joined(separator: "\n"))
        }
        try await house.reload(subject)
    }
}

extension RuleTest.Answer {
    fileprivate var output: OutputAnswer? { isSilent ? nil : OutputAnswer(status: status, text: text) }
}
