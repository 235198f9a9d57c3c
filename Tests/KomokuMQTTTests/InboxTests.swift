import Komoku
import KomokuHub
import KomokuStore
import KomokuTesting
import KomokuYAML
import Logging
import Testing

@testable import KomokuMQTT

@Suite struct InboxTests {
    private func inbox(
        _ broker: Broker, _ sink: TestSink, logger: Logger = silent,
        map: String = "- {topic: 'n/{name}', key: 'n.{name}'}",
        change: (inout Inbox.Configuration) -> Void = { _ in }
    ) throws -> Inbox {
        var broker = broker
        broker.reconnect = Backoff.Bounds(minimum: .milliseconds(20), maximum: .milliseconds(100))
        var configuration = Inbox.Configuration(broker: broker, mappings: try mappings("mqtt: {}\nmap:\n\(map)"))
        configuration.commitInterval = .milliseconds(50)
        change(&configuration)
        let inbox = Inbox(configuration, sink: sink, logger: logger)
        inbox.start()
        return inbox
    }

    private func address(_ mosquitto: MosquittoBroker, clientID: String = "komoku-test") -> Broker {
        Broker(address: BrokerAddress(host: "127.0.0.1", port: mosquitto.port), clientID: clientID)
    }

    /// A message that is retained tells when the subscription stands.
    private func waitForSubscription(_ sink: TestSink, _ device: TestMQTTClient) async throws {
        try await device.publish("n/ready", "1", retain: true)
        try await sink.seen.wait { $0.contains { $0.key == "n.ready" } }
    }

    @Test func `messages become observations, replays are told from news`() async throws {
        let mosquitto = try MosquittoBroker()
        let device = try await TestMQTTClient(port: mosquitto.port)
        try await device.publish("n/old", "1", retain: true)
        let sink = TestSink()
        let inbox = try inbox(address(mosquitto), sink)
        defer { inbox.stop() }
        try await sink.seen.wait(for: 1)
        // Published with the flag, but now: live.
        try await device.publish("n/new", "2", retain: true)
        try await device.publish("komoku/hall/lamp/set", "on", qos: 0)
        let seen = try await sink.seen.wait(for: 3)
        #expect(seen.map(\.description) == ["n.old=1 retained", "n.new=2 live", "hall.lamp=on live"])
        #expect(seen[2].isCommand)
        #expect(inbox.counters.protocolVersion == 5)
    }

    @Test func `nothing is acknowledged before its commit, and it comes again after a kill`() async throws {
        let mosquitto = try MosquittoBroker()
        let device = try await TestMQTTClient(port: mosquitto.port)
        let first = TestSink()
        let inbox = try inbox(address(mosquitto), first)
        try await waitForSubscription(first, device)
        inbox.stop()

        // The second one never commits: to the broker it looks like one that was killed.
        let stuck = TestSink(isAutomatic: false)
        var dropped: Inbox? = try self.inbox(address(mosquitto), stuck) { $0.commitPatience = .milliseconds(200) }
        for number in 0..<500 { try device.post("n/a", Array("\(number)".utf8)) }
        try await stuck.seen.wait { $0.contains { $0.text == "499" } || $0.count >= 1 }
        try await stuck.asked.wait(for: 1)
        let thief = TestSink()
        let third = try self.inbox(address(mosquitto), thief)
        defer { third.stop() }
        let all = try await thief.seen.wait { $0.filter { $0.key == "n.a" }.count >= 500 }
        #expect(all.filter { $0.key == "n.a" }.prefix(500).map(\.text) == (0..<500).map { "\($0)" })
        stuck.commit(automaticFromNowOn: true)
        dropped?.stop()
        dropped = nil
    }

    @Test func `what was taken before the connection broke is not taken twice`() async throws {
        let mosquitto = try MosquittoBroker()
        let device = try await TestMQTTClient(port: mosquitto.port)
        let sink = TestSink(isAutomatic: true)
        let inbox = try inbox(address(mosquitto), sink) { $0.commitPatience = .milliseconds(300) }
        try await waitForSubscription(sink, device)
        sink.commit()
        for number in 0..<100 { try device.post("n/a", Array("\(number)".utf8)) }
        // No commit comes, so the connection is dropped and everything is sent again, more than once perhaps.
        try await sink.asked.wait { [asked = sink.asked.elements.count] in $0.count >= asked + 3 }
        sink.commit(automaticFromNowOn: true)
        try await device.publish("n/end", "1")
        try await sink.seen.wait { $0.contains { $0.key == "n.end" } }
        inbox.stop()
        let numbers = sink.seen.elements.filter { $0.key == "n.a" }.map(\.text)
        #expect(numbers == (0..<100).map { "\($0)" })
        #expect(inbox.counters.duplicates > 0 && inbox.counters.reconnects > 0)
        #expect(inbox.counters.unacknowledged == 0)
    }

    @Test func `what others have committed is acknowledged without a commit of its own`() async throws {
        let mosquitto = try MosquittoBroker()
        let device = try await TestMQTTClient(port: mosquitto.port)
        let sink = TestSink()
        let inbox = try inbox(address(mosquitto), sink) { $0.commitInterval = .seconds(60) }
        try await waitForSubscription(sink, device)
        for number in 0..<50 { try device.post("n/a", Array("\(number)".utf8)) }
        try await sink.seen.wait(for: 51)
        let asked = sink.asked.elements.count
        #expect(inbox.counters.acknowledged == 0)
        sink.setDurable(true)
        let deadline = ContinuousClock.now + .seconds(10)
        while inbox.counters.acknowledged < 51, .now < deadline { await Task.yield() }
        #expect(inbox.counters.acknowledged == 51 && sink.asked.elements.count == asked)
        sink.setDurable(false)
        try await device.publish("n/b", "1")
        try await sink.seen.wait(for: 52)
        #expect(inbox.counters.acknowledged == 51)
        await onOwnThread { inbox.stop() }
    }

    @Test func `the hub's sink knows what anybody's commit covers`() async throws {
        let store = try Store(Store.Configuration(location: .memory), logger: silent)
        let hub = Hub(store: store, logger: silent)
        hub.start()
        let sink = HubSink(hub)
        let key = try #require(KeyName("a"))
        let feed = Feed(key: key, topic: "a", type: nil)
        let commits = Collector<Bool>()
        for number in 1...3 {
            var intake = Intake()
            intake.observations = [Observation(feed: feed, content: .text("\(number)"))]
            sink.take(intake)
            #expect(!sink.isDurable())
            // A client's put that waits for its commit.
            hub.enqueue { $0.whenDurable { commits.append($0 == .durable) } }
            #expect(try await commits.wait(for: number).allSatisfy(\.self))
            // The sink counts what it gave in a turn of its own, which may come behind the client's.
            let deadline = ContinuousClock.now + .seconds(10)
            while !sink.isDurable(), .now < deadline { await Task.yield() }
            #expect(sink.isDurable())
        }
        await onOwnThread {
            hub.stop()
            store.close()
        }
    }

    @Test func `a clean stop acknowledges everything and keeps the session`() async throws {
        let mosquitto = try MosquittoBroker()
        let device = try await TestMQTTClient(port: mosquitto.port)
        let sink = TestSink()
        let inbox = try inbox(address(mosquitto), sink) { $0.commitInterval = .seconds(60) }
        try await waitForSubscription(sink, device)
        try await device.publish("n/a", "1")
        try await sink.seen.wait { $0.contains { $0.key == "n.a" } }
        inbox.stop()
        try await device.publish("n/a", "2")
        let later = TestSink()
        let second = try self.inbox(address(mosquitto), later)
        defer { second.stop() }
        let seen = try await later.seen.wait { $0.contains { $0.text == "2" } }
        #expect(seen.filter { $0.key == "n.a" }.map(\.description) == ["n.a=2 live"])
    }

    @Test func `nothing is read while the hub has no room, and then everything`() async throws {
        let mosquitto = try MosquittoBroker()
        let device = try await TestMQTTClient(port: mosquitto.port)
        let sink = TestSink()
        let inbox = try inbox(address(mosquitto), sink)
        try await waitForSubscription(sink, device)
        sink.setRoom(false)
        while inbox.counters.pauses == 0 { try await device.publish("n/wake", "1") }
        let before = sink.seen.elements.count
        for number in 0..<500 { try await device.publish("n/a", "\(number)") }
        #expect(sink.seen.elements.count <= before + 1)
        sink.setRoom(true)
        let seen = try await sink.seen.wait { $0.contains { $0.text == "499" } }
        #expect(seen.filter { $0.key == "n.a" }.map(\.text) == (0..<500).map { "\($0)" })
        await onOwnThread { inbox.stop() }
    }

    @Test func `messages at QoS 0 never wait for a commit`() async throws {
        let mosquitto = try MosquittoBroker()
        let device = try await TestMQTTClient(port: mosquitto.port)
        let sink = TestSink()
        let inbox = try inbox(address(mosquitto), sink, map: "- {topic: 'n/{name}', key: 'n.{name}', qos: 0}")
        defer { inbox.stop() }
        try await waitForSubscription(sink, device)
        let before = sink.asked.elements.count
        for number in 0..<1000 { try device.post("n/a", Array("\(number)".utf8)) }
        try await sink.seen.wait { $0.contains { $0.text == "999" } }
        #expect(sink.asked.elements.count == before)
    }

    @Test func `messages that cannot be stored are acknowledged and counted`() async throws {
        let mosquitto = try MosquittoBroker()
        let device = try await TestMQTTClient(port: mosquitto.port)
        let sink = TestSink()
        let inbox = try inbox(address(mosquitto), sink)
        try await waitForSubscription(sink, device)
        sink.commit()
        let asked = sink.asked.elements.count
        try await device.publish("n/a", "1")
        try await sink.asked.wait(for: asked + 1)
        sink.commit(.unstored("disk full"), automaticFromNowOn: true)
        try await device.publish("n/b", "1")
        try await sink.seen.wait { $0.contains { $0.key == "n.b" } }
        inbox.stop()
        #expect(inbox.counters.unstored >= 1 && inbox.counters.unacknowledged == 0)
    }

    @Test func `it outlives the broker, and says so once`() async throws {
        var options = MosquittoBroker.Options()
        options.isPersistent = true
        let mosquitto = try MosquittoBroker(options)
        mosquitto.stop()
        let (logger, lines) = collectingLogger()
        let sink = TestSink()
        let inbox = try inbox(address(mosquitto), sink, logger: logger)
        try await lines.wait { $0.contains { $0.contains("cannot be reached") } }
        try mosquitto.start()
        try await lines.wait { $0.contains { $0.contains("connected to the broker") } }
        let device = try await TestMQTTClient(port: mosquitto.port)
        try await waitForSubscription(sink, device)
        try mosquitto.restart()
        let again = try await TestMQTTClient(port: mosquitto.port)
        try await again.publish("n/after", "1")
        try await sink.seen.wait { $0.contains { $0.key == "n.after" } }
        inbox.stop()
        #expect(lines.elements.filter { $0.contains("cannot be reached") }.count == 2, "\(lines.elements)")
        #expect(lines.elements.filter { $0.contains("connected to the broker") }.count == 2)
        #expect(inbox.counters.reconnects == 1)
    }

    @Test func `a second client of the same id is named as the reason`() async throws {
        let mosquitto = try MosquittoBroker()
        let (logger, lines) = collectingLogger()
        let inbox = try inbox(address(mosquitto), TestSink(), logger: logger)
        defer { inbox.stop() }
        try await lines.wait { $0.contains { $0.contains("connected to the broker") } }
        let thief = try await TestMQTTClient(port: mosquitto.port, clientID: "komoku-test")
        defer { thief.stop() }
        try await lines.wait { $0.contains { $0.contains("another client uses our client id") } }
    }

    @Test func `it speaks TLS and gives its password`() async throws {
        var options = MosquittoBroker.Options()
        options.isEncrypted = true
        options.user = ("komoku", "secret")
        let mosquitto = try MosquittoBroker(options)
        var broker = address(mosquitto)
        broker.address = BrokerAddress(host: "localhost", port: mosquitto.port, isEncrypted: true)
        broker.username = "komoku"
        broker.password = .init("wrong")
        broker.authorityFile = mosquitto.certificateFile
        let (logger, lines) = collectingLogger()
        let refused = try inbox(broker, TestSink(), logger: logger)
        try await lines.wait { $0.contains { $0.contains("Not authorized") } }
        refused.stop()
        broker.password = .init("secret")
        let sink = TestSink()
        let inbox = try inbox(broker, sink)
        defer { inbox.stop() }
        let device = try await TestMQTTClient(
            port: mosquitto.port, user: ("komoku", "secret"), authorityFile: mosquitto.certificateFile)
        try await waitForSubscription(sink, device)
        for number in 0..<300 { try device.post("n/a", Array("\(number)".utf8)) }
        let seen = try await sink.seen.wait { $0.contains { $0.text == "299" } }
        #expect(seen.filter { $0.key == "n.a" }.map(\.text) == (0..<300).map { "\($0)" })
    }

    @Test(arguments: [false, true])
    func `it speaks MQTT 3.1.1 to a broker that knows no other`(hangsUp: Bool) async throws {
        let old = try OldBroker(hangsUp: hangsUp)
        let (logger, lines) = collectingLogger()
        let broker = Broker(address: BrokerAddress(host: "127.0.0.1", port: old.port), clientID: old.clientID)
        let inbox = try inbox(broker, TestSink(), logger: logger)
        try await lines.wait { $0.contains { $0.contains("MQTT 3.1.1 only") } }
        inbox.stop()
        old.stop()
        #expect(inbox.counters.protocolVersion == 3)
        #expect(old.versions.elements.last == 4 && old.versions.elements.dropLast().allSatisfy { $0 == 5 })
    }

    @Test func `what a mapping asked for is given up, also when it goes while the broker is away`() async throws {
        var options = MosquittoBroker.Options()
        options.isPersistent = true
        let mosquitto = try MosquittoBroker(options)
        let device = try await TestMQTTClient(port: mosquitto.port)
        let (logger, lines) = collectingLogger()
        let sink = TestSink()
        let inbox = try inbox(address(mosquitto), sink, logger: logger)
        try await waitForSubscription(sink, device)
        mosquitto.stop()
        try await lines.wait { $0.contains { $0.contains("cannot be reached") } }
        inbox.reload(try mappings("mqtt: {}\nmap: [{topic: 'm/{x}', key: 'm.{x}'}]"))
        try mosquitto.start()
        try await lines.wait { $0.filter { $0.contains("subscribed") }.count >= 2 }
        let again = try await TestMQTTClient(port: mosquitto.port)
        try await again.publish("n/a", "1")
        try await again.publish("m/a", "1")
        try await sink.seen.wait { $0.contains { $0.key == "m.a" } }
        inbox.stop()
        #expect(inbox.counters.reconnects == 1 && inbox.counters.unmapped == 0)
    }

    @Test func `what an earlier run asked for is given up, and nothing comes twice`() async throws {
        let mosquitto = try MosquittoBroker()
        let device = try await TestMQTTClient(port: mosquitto.port)
        let saved = Collector<[String]>()
        let memory = SubscriptionMemory(load: { saved.elements.last ?? [] }, save: { saved.append($0) })
        let first = TestSink()
        let before = try inbox(address(mosquitto), first) { $0.subscriptionMemory = memory }
        try await waitForSubscription(first, device)
        before.stop()
        let (logger, lines) = collectingLogger()
        let sink = TestSink()
        let after = try inbox(address(mosquitto), sink, logger: logger, map: "- {topic: n/a, key: n.a}") {
            $0.subscriptionMemory = memory
        }
        try await saved.wait { $0.last.map { $0.contains("n/a") && !$0.contains("n/+") } ?? false }
        // By now the broker has done what it was asked for before that.
        try await lines.wait { $0.contains { $0.contains("subscribed") } }
        try await device.publish("n/a", "1")
        try await device.publish("n/b", "1")
        try await device.publish("komoku/end/set", "1")
        let seen = try await sink.seen.wait { $0.contains { $0.key == "end" } }
        after.stop()
        #expect(seen.map(\.key) == ["n.a", "end"])
        #expect(after.counters.unmapped == 0)
    }

    @Test func `other mappings take effect without a new connection`() async throws {
        let mosquitto = try MosquittoBroker()
        let device = try await TestMQTTClient(port: mosquitto.port)
        let sink = TestSink()
        let inbox = try inbox(address(mosquitto), sink)
        defer { inbox.stop() }
        try await waitForSubscription(sink, device)
        inbox.reload(try mappings("mqtt: {}\nmap: [{topic: 'm/{x}', key: 'm.{x}'}]"))
        try await device.publish("m/a", "1", retain: true)
        try await sink.seen.wait { $0.contains { $0.key == "m.a" } }
        #expect(inbox.counters.reconnects == 0)
    }
}
