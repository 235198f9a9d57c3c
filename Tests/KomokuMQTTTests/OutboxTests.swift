import Glibc
import Komoku
import KomokuTesting
import Logging
import Testing

@testable import KomokuMQTT

@Suite struct OutboxTests {
    private func outbox(
        _ mosquitto: MosquittoBroker, logger: Logger = silent, timeout: Duration = .seconds(5)
    ) -> Outbox {
        var broker = Broker(address: BrokerAddress(host: "127.0.0.1", port: mosquitto.port), clientID: "komoku-test")
        broker.reconnect = Backoff.Bounds(minimum: .milliseconds(20), maximum: .milliseconds(100))
        broker.commandTimeout = timeout
        let outbox = Outbox(broker: broker, logger: logger)
        outbox.start()
        return outbox
    }

    private func publication(
        _ topic: String, _ payload: String, qos: Int32 = 1, retain: Bool = false, kind: Publication.Kind = .command,
        _ outcomes: Collector<Publication.Outcome>? = nil
    ) -> Publication {
        Publication(topic: topic, payload: Array(payload.utf8), qos: qos, isRetained: retain, kind: kind) {
            outcomes?.append($0)
        }
    }

    @Test func `it says online and offline, retained, also when it is gone without a word`() async throws {
        let mosquitto = try MosquittoBroker()
        let user = try await TestMQTTClient(port: mosquitto.port)
        try await user.subscribe(to: "komoku/status")
        let outbox = outbox(mosquitto)
        let online = try await user.message("komoku/status", "online")
        #expect(online.isRetained && online.qos == 1)
        // A client of the same id throws it out: then the broker publishes the will.
        let thief = try await TestMQTTClient(port: mosquitto.port, clientID: "komoku-test-out")
        try await user.message("komoku/status", "offline")
        thief.stop()
        try await user.messages.wait { $0.filter { $0.payload == "online" }.count >= 2 }
        user.messages.removeAll()
        outbox.stop()
        let offline = try await user.message("komoku/status", "offline")
        #expect(offline.isRetained)
    }

    /// Publishes numbers, with a pause after some, and expects them in their order.
    private func expectOrder(_ count: Int, qos: Int32, pausingAfter isLast: (Int) -> Bool) async throws {
        let mosquitto = try MosquittoBroker()
        let user = try await TestMQTTClient(port: mosquitto.port)
        try await user.subscribe(to: "out/#")
        let outbox = outbox(mosquitto)
        defer { outbox.stop() }
        let outcomes = Collector<Publication.Outcome>()
        for number in 0..<count {
            outbox.publish(publication("out/\(number % 7)", "\(number)", qos: qos, outcomes))
            if isLast(number) { usleep(400) }
        }
        let seen = try await user.messages.wait(for: count)
        #expect(seen.map(\.payload) == (0..<count).map { "\($0)" })
        #expect(try await outcomes.wait(for: count).allSatisfy { $0 == .sent })
        #expect(outbox.counters.published == count)
    }

    @Test(arguments: [0, 1])
    func `messages arrive in order and are confirmed`(qos: Int32) async throws {
        try await expectOrder(3000, qos: qos) { _ in false }
    }

    /// What comes alone is written by who publishes, the rest by the Outbox's thread: they never overtake each other.
    @Test(arguments: [0, 1])
    func `bursts and single messages keep their order`(qos: Int32) async throws {
        // Singles, pairs, and ever longer bursts.
        try await expectOrder(500, qos: qos) { $0 % (1 + $0 / 50) == 0 }
    }

    /// As a rule does that publishes again when it hears that a message is out.
    @Test func `who hears that a message is out may publish at once`() async throws {
        let mosquitto = try MosquittoBroker()
        let user = try await TestMQTTClient(port: mosquitto.port)
        try await user.subscribe(to: "out/#")
        let outbox = outbox(mosquitto)
        defer { outbox.stop() }
        for number in 0..<20 {
            let again = publication("out/again", "\(number)", qos: 0)
            outbox.publish(
                Publication(topic: "out/first", payload: Array("\(number)".utf8), qos: 0) { [weak outbox] _ in
                    outbox?.publish(again)
                })
            try await user.messages.wait(for: 2 * number + 2)
        }
    }

    /// Ten rounds of what fills the socket: none may wait for the next ping to go on.
    @Test func `a long burst at QoS 0 goes out without pauses`() async throws {
        let mosquitto = try MosquittoBroker()
        let outbox = outbox(mosquitto, timeout: .seconds(60))
        let outcomes = Collector<Publication.Outcome>()
        let payload = [UInt8](repeating: 0x78, count: 100_000)
        for _ in 0..<640 {
            outbox.publish(Publication(topic: "out", payload: payload, qos: 0) { outcomes.append($0) })
        }
        try await outcomes.wait(for: 1)
        let start = ContinuousClock.now
        #expect(try await outcomes.wait(for: 640).allSatisfy { $0 == .sent })
        #expect(ContinuousClock.now - start < .seconds(4))
        await onOwnThread { outbox.stop() }
    }

    @Test func `while the broker is away states keep their newest value and commands fail in time`() async throws {
        var options = MosquittoBroker.Options()
        options.isPersistent = true
        let mosquitto = try MosquittoBroker(options)
        let outbox = outbox(mosquitto, timeout: .milliseconds(100))
        defer { outbox.stop() }
        let outcomes = Collector<Publication.Outcome>()
        outbox.publish(publication("s/0", "first", outcomes))
        try await outcomes.wait(for: 1)
        mosquitto.stop()
        for number in 0...99 { outbox.publish(publication("s/\(number % 2)", "\(number)", retain: true, kind: .state)) }
        outbox.publish(publication("c", "late", outcomes))
        #expect(try await outcomes.wait(for: 2)[1] == .failed("the broker cannot be reached"))
        try mosquitto.start()
        let user = try await TestMQTTClient(port: mosquitto.port)
        try await user.subscribe(to: "#")
        try await user.message("s/0", "98")
        try await user.message("s/1", "99")
        #expect(!user.messages.elements.contains { $0.topic == "c" })
        #expect(outbox.counters.failed == 1 && outbox.counters.reconnects == 1)
    }

    @Test(arguments: ["a/+", "#", ""])
    func `a topic that cannot be published to fails at once`(topic: String) async throws {
        let outbox = Outbox(
            broker: Broker(address: BrokerAddress(host: "127.0.0.1", port: 1), clientID: "x"), logger: silent)
        let outcomes = Collector<Publication.Outcome>()
        outbox.publish(publication(topic, "1", outcomes))
        #expect(try await outcomes.wait(for: 1) != [.sent])
        #expect(outbox.counters.failed == 1)
    }
}

@Suite struct OutboxQueueTests {
    private func entry(_ topic: String, _ payload: UInt8, _ kind: Publication.Kind, deadline: Int64? = nil)
        -> OutboxQueue.Entry
    {
        OutboxQueue.Entry(publication: Publication(topic: topic, payload: [payload], kind: kind), deadline: deadline)
    }

    @Test func `states join, commands do not`() {
        var queue = OutboxQueue()
        for number in UInt8(0)..<4 {
            #expect(queue.add(entry("s", number, .state), joining: number != 1) == nil)
            #expect(queue.add(entry("c", number, .command), joining: true) == nil)
        }
        var taken: [UInt8] = []
        while let next = queue.next() { taken += next.publication.payload }
        // The first state waited when the second came without joining; from then on the second is replaced.
        #expect(taken == [0, 0, 3, 1, 2, 3])
        #expect(queue.isEmpty)
    }

    @Test func `it is bounded, and expired commands leave it`() {
        var queue = OutboxQueue()
        for number in 0..<OutboxQueue.maximumCommands {
            #expect(queue.add(entry("c", 0, .command, deadline: Int64(number)), joining: true) == nil)
        }
        #expect(queue.add(entry("c", 0, .command), joining: true) != nil)
        #expect(queue.expired(at: 999).count == 1000)
        #expect(queue.commandCount == OutboxQueue.maximumCommands - 1000)
        #expect(queue.next()?.deadline == 1000)
    }

    @Test func `what was not delivered goes back, unless something newer waits`() {
        var queue = OutboxQueue()
        _ = queue.add(entry("s", 2, .state), joining: true)
        #expect(queue.putBack(entry("s", 1, .state)) == nil)
        #expect(queue.putBack(entry("t", 1, .state)) == nil)
        #expect(queue.next()?.publication.payload == [2])
        #expect(queue.next()?.publication.topic == "t")
        #expect(queue.next() == nil)
    }
}
