import Komoku
import KomokuHub
import KomokuStore
import KomokuTesting

@testable import KomokuMQTT

/// A real broker and a hub in process with sources of devices, on a clock that the test moves.
final class DeviceHouse: Sendable {
    let mosquitto: MosquittoBroker
    let device: TestMQTTClient
    let clock = VirtualClock(seconds: DeviceReplay.start.seconds)
    let store: Store
    let hub: Hub
    let inbox: Inbox
    let commands: DeviceCommands
    /// What was published: commands and questions.
    let published = Collector<Publication>()
    private let watcher = Watcher()

    /// Gathers every put, on the hub's thread.
    private final class Watcher: ChangeHandler {
        let changes = Collector<Change>()
        let syncs = Collector<Int>()

        func handle(_ change: Change, in hub: isolated Hub) {
            if change.key.text == "sync" { syncs.append(Int(change.value.number ?? 0)) } else { changes.append(change) }
        }
    }

    /// - Parameter retained: what the broker holds before the hub comes.
    init(
        _ sources: @escaping @Sendable () -> [any DeviceSource], retained: [DeviceFixture.Row] = [],
        remembered: Inbox.Discoveries? = nil, limits: DeviceLimits = DeviceLimits(), file: String? = nil,
        keys: [Hub.Configuration.KeyEntry] = []
    ) async throws {
        mosquitto = try MosquittoBroker()
        device = try await TestMQTTClient(port: mosquitto.port)
        for row in retained { try await device.publish(row.topic, bytes: row.payload, retain: true) }
        store = try Store(Store.Configuration(location: file.map { .file($0) } ?? .memory), logger: silent)
        var configuration = Hub.Configuration()
        configuration.keys = [
            Hub.Configuration.KeyEntry(
                pattern: .all, type: nil, options: [JSON.Member("same_value_resolution", 0)])
        ]
        for entry in keys { configuration.keys.append(entry) }
        hub = Hub(store: store, configuration: configuration, clock: clock, logger: silent)
        let published = published
        commands = DeviceCommands { published.append($0) }
        var broker = Broker(address: BrokerAddress(host: "127.0.0.1", port: mosquitto.port), clientID: "komoku-test")
        broker.reconnect = Backoff.Bounds(minimum: .milliseconds(20), maximum: .milliseconds(100))
        var intake = Inbox.Configuration(
            broker: broker, mappings: try mappings("mqtt: {}\nmap: [{topic: sync, key: sync, type: numeric}]"))
        intake.commitInterval = .milliseconds(50)
        intake.devices.sources = sources
        intake.devices.commands = commands
        intake.devices.limits = limits
        let hub = hub
        intake.devices.remembered = { then in
            if let remembered { then(remembered) } else { hub.enqueue { then($0.takeDiscoveries()) } }
        }
        intake.devices.publish = { published.append($0) }
        inbox = Inbox(intake, sink: HubSink(hub), clock: clock, logger: silent)
        hub.start()
        hub.enqueue { [watcher] in $0.addHandler(watcher, keys: [.all], every: true) }
        inbox.start()
        try await device.publish("sync", "0", retain: true)
        try await watcher.syncs.wait(for: 1)
    }

    var changes: [Change] { watcher.changes.elements }

    /// Returns when the hub has everything that was sent, and hears everything that it wants to.
    func settle() async throws {
        // What the counters say holds for the round before the one that brought the message.
        for _ in 0..<1000 {
            try await roundTrip()
            try await roundTrip()
            if inbox.counters.isSettled { return }
        }
        throw ChildProcess.Failure(description: "the subscriptions do not settle")
    }

    private func roundTrip() async throws {
        watcher.syncs.removeAll()
        try device.post("sync", Array("\(Int.random(in: 1...1_000_000))".utf8))
        try await watcher.syncs.wait(for: 1)
    }

    /// Moves the clock, and lets what is due happen.
    func advance(to seconds: Double) async {
        let left = DeviceReplay.start + (Duration(seconds: seconds) ?? .zero) - clock.now
        if left > .zero { await clock.advance(by: left, for: hub) }
    }

    func knowledge() async -> HubKnowledge {
        let (commands, changes) = (commands, changes)
        return await read(commands, changes)
    }

    private func read(_ commands: DeviceCommands, _ changes: [Change]) async -> HubKnowledge {
        await withCheckedContinuation { continuation in
            hub.enqueue { continuation.resume(returning: HubKnowledge($0, commands: commands, changes: changes)) }
        }
    }

    func stop() async {
        await onOwnThread { [self] in
            inbox.stop()
            hub.stop()
            store.close()
        }
    }
}
