import Komoku
import KomokuHub
import KomokuStore
import KomokuSystem
import KomokuTesting
import Logging
import Synchronization
import Testing

@testable import KomokuRules

/// Takes what rules want done, and answers as a test says.
private final class CourierOutputs: RuleOutputs {
    let done = Collector<String>()
    /// Answers that are still to be given.
    let waiting = Mutex<[@Sendable (OutputFailure?) -> Void]>([])
    private let answersAtOnce: Bool

    init(answersAtOnce: Bool = true) {
        self.answersAtOnce = answersAtOnce
    }

    private func take(_ line: String, _ then: @escaping @Sendable (OutputFailure?) -> Void) {
        done.append(line)
        if answersAtOnce { then(nil) } else { waiting.withLock { $0.append(then) } }
    }

    /// Answers everything that waits.
    func answer(_ fault: OutputFailure? = nil) {
        let all = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        for then in all { then(fault) }
    }

    func publish(_ message: RulePublication, then: (@Sendable (OutputFailure?) -> Void)?) {
        let text = "\(message.topic) \(String(decoding: message.payload, as: UTF8.self)) qos \(message.qos)"
        take(text) { then?($0) }
    }

    func request(
        _ request: HTTPRequest, then: @escaping @Sendable (Result<OutputAnswer, OutputFailure>) -> Void
    ) -> OutputCancellation {
        let body = String(decoding: request.body ?? [], as: UTF8.self)
        take("\(request.method) \(request.url) \(request.headers.map { "\($0.name)=\($0.value)" }) \(body)") { fault in
            then(
                fault.map { .failure($0) }
                    ?? .success(OutputAnswer(status: request.url.hasSuffix("404") ? 404 : 200, text: "")))
        }
        return OutputCancellation()
    }

    func launch(
        _ program: ProgramCall, then: @escaping @Sendable (Result<OutputAnswer, OutputFailure>) -> Void
    ) -> OutputCancellation { OutputCancellation() }

    func log(rule: String, level: LogLevel, text: String) {
        done.append("log \(level.rawValue) \(rule) \(text)")
    }
}

@Suite(.timeLimit(.minutes(1))) struct NotifierTests {
    private static let yaml = """
        notify:
          targets:
            phone: {http: {url: "https://push.example/x", headers: {X-Topic: "{topic}"}, body: {text: "{message}"}}}
            gone: {http: "http://nas.local/404"}
            hall: {mqtt: {topic: "notify/{rule}"}}
            neighbour: {mqtt: {topic: notify/neighbour, qos: 0, payload: "{message}!"}}
        """

    private static func notifier(_ outputs: CourierOutputs, quiet: String = "") -> Notifier {
        let (configuration, problems) = NotifyConfigurationTests.read(yaml + quiet)
        #expect(problems == [])
        return Notifier(
            configuration, outputs: outputs, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private static func note(_ target: String, _ message: String, urgent: Bool = false) -> Notification {
        Notification(rule: "leak", target: target, message: message, isUrgent: urgent)
    }

    /// The notifier of a hub that was started again.
    private let current = Current()

    private final class Current: Sendable {
        private let notifier = Mutex<Notifier?>(nil)
        var value: Notifier? { notifier.withLock(\.self) }
        func set(_ new: Notifier) { notifier.withLock { $0 = new } }
    }

    private func withHouse(
        _ outputs: CourierOutputs = CourierOutputs(), quiet: String = "",
        _ body: (CellHouse, Notifier, CourierOutputs) async throws -> Void
    ) async throws {
        let notifier = Self.notifier(outputs, quiet: quiet)
        let house = try CellHouse([notifier]) { [current] host in
            (current.value ?? notifier).attach(to: host)
            return [host]
        }
        defer { house.close() }
        try await body(house, notifier, outputs)
    }

    private func tell(_ house: CellHouse, _ notifier: Notifier, _ note: Notification) async throws {
        let fault: OutputFailure? = await house.hub.run { hub in
            do throws(OutputFailure) {
                try notifier.notify(note, run: 1, in: hub)
                return nil
            } catch {
                return error
            }
        }
        if let fault { throw fault }
        // What was answered at once is seen in a later turn.
        await house.hub.run { _ in }
    }

    private func count(_ house: CellHouse) async -> Int {
        await house.hub.run { [host = house.host] hub in host.count(of: "notification", in: hub) }
    }

    /// The numbers of those that have something left to do.
    private func open(_ house: CellHouse, _ notifier: Notifier) async -> [Int64] {
        await house.hub.run { notifier.open(in: $0).map(\.number) }
    }

    @Test func `each target is told in its way, and all can be seen for some days`() async throws {
        try await withHouse { house, notifier, outputs in
            var titled = Self.note("hall", "in the cellar")
            titled.title = "Water"
            try await tell(house, notifier, Self.note("phone", "in the \"cellar\""))
            try await tell(house, notifier, titled)
            try await tell(house, notifier, Self.note("neighbour", "help"))
            try await tell(house, notifier, Self.note("log", "wet"))
            #expect(
                outputs.done.elements == [
                    #"POST https://push.example/x ["X-Topic=in the \"cellar\"", "Content-Type=application/json"] {"text":"in the \"cellar\""}"#,
                    "notify/leak Water: in the cellar qos 1", "notify/neighbour help! qos 0", "log notice leak wet",
                ])
            #expect(await open(house, notifier) == [])
            await house.clock.advance(by: .seconds(7 * 86_400 - 1), for: house.hub)
            #expect(await count(house) == 4)
            await house.clock.advance(by: .seconds(1), for: house.hub)
            #expect(await count(house) == 0)
            #expect(outputs.done.elements.count == 4)
        }
    }

    @Test func `one that cannot be delivered is tried again, also after a restart`() async throws {
        try await withHouse(CourierOutputs(answersAtOnce: false)) { house, notifier, outputs in
            try await tell(house, notifier, Self.note("phone", "a"))
            outputs.answer(OutputFailure("cannot connect"))
            await house.hub.run { _ in }
            #expect(outputs.done.elements.count == 1)
            await house.clock.advance(by: .seconds(1), for: house.hub)
            #expect(outputs.done.elements.count == 2)
            // It is killed while an answer is awaited.
            await house.commit()
            let second = CourierOutputs()
            let again = Self.notifier(second)
            current.set(again)
            try await house.kill([again], after: .seconds(30))
            await house.hub.run { _ in }
            #expect(second.done.elements.count == 1)
            await house.hub.run { _ in }
            #expect(await open(house, again) == [])
            #expect(await house.hub.run { again.all(in: $0).map(\.deliveries[0].stage) } == [.delivered])
        }
    }

    @Test func `a server that refuses it is not asked again`() async throws {
        try await withHouse { house, notifier, outputs in
            try await tell(house, notifier, Self.note("gone", "a"))
            try await tell(house, notifier, Self.note("nobody", "a"))
            await house.clock.advance(by: .seconds(3600), for: house.hub)
            #expect(outputs.done.elements.count == 1)
            #expect(await open(house, notifier) == [])
        }
    }

    @Test func `a second target is told where nobody acknowledges it, also over a restart`() async throws {
        try await withHouse { house, notifier, outputs in
            var first = Self.note("phone", "a")
            first.topic = "leak"
            first.escalation = Notification.Escalation(after: .seconds(600), target: "neighbour")
            try await tell(house, notifier, first)
            await house.clock.advance(by: .seconds(599), for: house.hub)
            #expect(outputs.done.elements.count == 1)
            await house.commit()
            let second = CourierOutputs()
            let again = Self.notifier(second)
            current.set(again)
            try await house.kill([again], after: .milliseconds(500))
            await house.clock.advance(by: .milliseconds(500), for: house.hub)
            #expect(second.done.elements == ["notify/neighbour a! qos 0"])
            await house.hub.run { _ in }
            #expect(await open(house, again) == [1])
            #expect(await house.hub.run { again.acknowledge("leak", in: $0) } == 1)
            #expect(await house.hub.run { again.acknowledge("leak", in: $0) } == 0)
            #expect(await house.hub.run { again.acknowledge(number: 1, in: $0) }, "it is there still")
            #expect(await house.hub.run { again.acknowledge(number: 2, in: $0) } == false)
            #expect(await open(house, again) == [])
        }
    }

    @Test func `acknowledged in time, nobody else is told`() async throws {
        try await withHouse { house, notifier, outputs in
            var note = Self.note("phone", "a")
            note.escalation = Notification.Escalation(after: .seconds(600), target: "neighbour")
            try await tell(house, notifier, note)
            #expect(await house.hub.run { notifier.acknowledge(number: 1, in: $0) })
            await house.clock.advance(by: .seconds(3600), for: house.hub)
            #expect(outputs.done.elements.count == 1)
            #expect(await open(house, notifier) == [])
        }
    }

    @Test func `one that is acknowledged while it is under way is not told again after a kill`() async throws {
        try await withHouse(CourierOutputs(answersAtOnce: false)) { house, notifier, outputs in
            try await tell(house, notifier, Self.note("phone", "a"))
            #expect(await house.hub.run { notifier.acknowledge(number: 1, in: $0) })
            await house.commit()
            let second = CourierOutputs()
            let again = Self.notifier(second)
            current.set(again)
            try await house.kill([again], after: .seconds(30))
            await house.hub.run { _ in }
            #expect(second.done.elements == [])
        }
    }

    @Test func `one of no quality of service waits for the broker, too`() async throws {
        try await withHouse(CourierOutputs(answersAtOnce: false)) { house, notifier, outputs in
            try await tell(house, notifier, Self.note("neighbour", "a"))
            outputs.answer(OutputFailure("the broker is away"))
            await house.hub.run { _ in }
            #expect(await open(house, notifier) == [1])
            await house.clock.advance(by: .seconds(1), for: house.hub)
            outputs.answer()
            await house.hub.run { _ in }
            #expect(await open(house, notifier) == [])
            #expect(outputs.done.elements.count == 2)
        }
    }

    @Test func `equal ones are one for a while`() async throws {
        try await withHouse { house, notifier, outputs in
            var note = Self.note("phone", "a")
            note.quietFor = .seconds(60)
            for _ in 0..<3 { try await tell(house, notifier, note) }
            #expect(outputs.done.elements.count == 1)
            #expect(await count(house) == 1)
            await house.clock.advance(by: .seconds(60), for: house.hub)
            try await tell(house, notifier, note)
            #expect(outputs.done.elements.count == 2)
        }
    }

    @Test func `a message to a note is a dead letter, and the note goes on`() async throws {
        try await withHouse(CourierOutputs(answersAtOnce: false)) { house, notifier, outputs in
            try await tell(house, notifier, Self.note("phone", "a"))
            let before = await house.hub.run { [host = house.host] in host.timeLeft("notification", "1", in: $0) }
            try await house.push(["behaviour": "notification", "id": "1", "message": ["x": 1]])
            try await house.push(["behaviour": "notification", "id": "99", "message": .null])
            let after = await house.hub.run { [host = house.host] in host.timeLeft("notification", "1", in: $0) }
            #expect(before != nil && after == before)
            #expect(await house.state("notification", "99") == .dead)
            let letters = try await house.letters()
            #expect(Set(letters.map(\.topic)) == ["cells/notification/1", "cells/notification/99"])
            #expect(letters.allSatisfy { $0.reason == "cells of 'notification' take no messages" })
            outputs.answer()
            await house.hub.run { _ in }
            #expect(await open(house, notifier) == [])
        }
    }

    @Test func `what the server refused for good does not silence the next`() async throws {
        try await withHouse { house, notifier, outputs in
            var note = Self.note("gone", "a")
            note.quietFor = .seconds(43_200)
            for _ in 0..<2 {
                try await tell(house, notifier, note)
                await house.hub.run { _ in }
            }
            #expect(outputs.done.elements.count == 2)
            // The same after a restart, and after somebody acknowledged one that arrived.
            let again = Self.notifier(outputs)
            current.set(again)
            try await house.restart([again])
            try await tell(house, again, note)
            #expect(outputs.done.elements.count == 3)
            note.target = "phone"
            for _ in 0..<2 { try await tell(house, again, note) }
            #expect(outputs.done.elements.count == 4)
            let topic = note.topic
            _ = await house.hub.run { again.acknowledge(topic, in: $0) }
            try await tell(house, again, note)
            #expect(outputs.done.elements.count == 5)
        }
    }

    @Test func `in quiet hours only urgent ones pass, whatever the clock does`() async throws {
        // The clock of the tests starts at 22:13:20 UTC; the zone is the system's, so all but an instant is quiet.
        let quiet = "\n  quiet: {from: \"00:01\", to: \"00:00\"}\n"
        try await withHouse(quiet: quiet) { house, notifier, outputs in
            try await tell(house, notifier, Self.note("phone", "a", urgent: true))
            try await tell(house, notifier, Self.note("phone", "b"))
            #expect(outputs.done.elements.count == 1)
            house.clock.jump(by: .seconds(-3600))
            let left = await house.hub.run { [host = house.host] in host.timeLeft("notification", "2", in: $0) }
            await house.clock.advance(by: try #require(left), for: house.hub)
            #expect(outputs.done.elements.count == 2)
        }
    }

    @Test func `a chat joins as a courier`() async throws {
        final class Chat: NotifyCourier {
            let lines = Collector<String>()
            func deliver(_ note: Notification, number: Int64, then: @escaping @Sendable (OutputFailure?) -> Void) {
                lines.append("\(number) \(note.target) \(note.message)")
                then(nil)
            }
        }
        try await withHouse { house, notifier, outputs in
            let chat = Chat()
            await house.hub.run { notifier.add(chat, for: "anna", in: $0) }
            try await tell(house, notifier, Self.note("anna", "hi"))
            #expect(chat.lines.elements == ["1 anna hi"] && outputs.done.elements.isEmpty)
        }
    }

    @Test func `a damaged cell fails, and others go on`() async throws {
        try await withHouse { house, notifier, _ in
            await house.hub.run { [host = house.host] hub in
                _ = host.set("notification", "12", data: ["rule": 1], after: nil, in: hub)
            }
            await house.commit()
            let second = CourierOutputs()
            let again = Self.notifier(second)
            current.set(again)
            try await house.kill([again])
            let state = await house.hub.run { [host = house.host] in host.state("notification", "12", in: $0) }
            #expect(state != .alive && state != .dead)
            // Its number is not given to another one.
            var note = Self.note("phone", "a")
            note.quietFor = .seconds(60)
            try await tell(house, again, note)
            let ids = await house.hub.run { [host = house.host] in host.ids(of: "notification", in: $0) }
            #expect(ids == ["12", "13"])
        }
    }
}
