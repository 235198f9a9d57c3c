package import Komoku
package import KomokuHub
package import Logging
internal import Synchronization

/// Everything that connects one hub with one broker: Inbox, Outbox, republishing and commands.
package final class MQTTService: Sendable {
    package struct Counters: Hashable, Sendable {
        package var inbox = Inbox.Counters()
        package var outbox = Outbox.Counters()

        package var isConnected: Bool { inbox.isConnected && outbox.isConnected }
    }

    private struct State {
        var configuration: MQTTConfiguration
        var inbox: Inbox?
        var outbox: Outbox?
        var republisher: Republisher?
        var commander: Commander?
    }

    private let hub: Hub
    private let commitInterval: Duration
    private let subscriptionMemory: SubscriptionMemory?
    private let logger: Logger
    private let state: Mutex<State>

    /// - Parameter commitInterval: the store's: how long a message may wait for its acknowledgement.
    package init(
        _ configuration: MQTTConfiguration, hub: Hub, commitInterval: Duration,
        subscriptionMemory: SubscriptionMemory? = nil, logger: Logger
    ) {
        self.subscriptionMemory = subscriptionMemory
        self.hub = hub
        self.commitInterval = commitInterval
        self.logger = logger
        state = Mutex(State(configuration: configuration))
    }

    /// Starts to connect, and lets changes be published. Does nothing where the configuration names no broker.
    package func start() {
        installHandlers()
        connect()
    }

    /// Commits and acknowledges what was taken, publishes what waits, says `offline`. Blocks for that; the hub and the
    /// store must still run.
    package func stop() {
        disconnect()
        removeHandlers()
    }

    /// Uses another configuration from now on. The connections stay, unless what they are made of is different.
    package func reload(_ configuration: MQTTConfiguration) {
        let before = state.withLock { state in
            defer { state.configuration = configuration }
            return state.configuration
        }
        if before.broker != configuration.broker {
            disconnect()
            removeHandlers()
            start()
        } else {
            removeHandlers()
            installHandlers()
            state.withLock { $0.inbox }?.reload(configuration.mappingSet)
            publishAll()
        }
    }

    /// Publishes from any thread; never blocks.
    package func publish(_ publication: Publication) {
        guard let outbox = state.withLock({ $0.outbox }) else {
            publication.completion?(.failed("there is no broker"))
            return
        }
        outbox.publish(publication)
    }

    package var counters: Counters {
        let (inbox, outbox) = state.withLock { ($0.inbox, $0.outbox) }
        return Counters(inbox: inbox?.counters ?? Inbox.Counters(), outbox: outbox?.counters ?? Outbox.Counters())
    }
}

extension MQTTService {
    private func connect() {
        let (configuration, isConnected) = state.withLock { ($0.configuration, $0.inbox != nil) }
        guard let broker = configuration.broker, !isConnected else { return }
        var intake = Inbox.Configuration(broker: broker, mappings: configuration.mappingSet)
        intake.commitInterval = commitInterval
        intake.subscriptionMemory = subscriptionMemory
        intake.stateWanted = { [weak self] in self?.publishAll() }
        let inbox = Inbox(intake, sink: HubSink(hub), clock: hub.clock, logger: logger)
        let outbox = Outbox(broker: broker, logger: logger)
        state.withLock { state in
            state.inbox = inbox
            state.outbox = outbox
        }
        outbox.start()
        inbox.start()
    }

    private func disconnect() {
        let (inbox, outbox) = state.withLock { state in
            defer { (state.inbox, state.outbox) = (nil, nil) }
            return (state.inbox, state.outbox)
        }
        inbox?.stop()
        outbox?.stop()
    }

    private func installHandlers() {
        let configuration = state.withLock { $0.configuration }
        guard let broker = configuration.broker else { return }
        let publish: @Sendable (Publication) -> Void = { [weak self] in self?.publish($0) }
        let republisher = Republisher(rules: configuration.publish, base: broker.base, publish: publish)
        let commander = Commander(rules: configuration.commands, publish: publish, logger: logger)
        state.withLock { state in
            state.republisher = republisher
            state.commander = commander
        }
        hub.enqueue { hub in
            if !republisher.keys.isEmpty { hub.addHandler(republisher, keys: republisher.keys) }
            if !commander.keys.isEmpty { hub.addHandler(commander, keys: commander.keys, every: true) }
        }
    }

    private func removeHandlers() {
        let (republisher, commander) = state.withLock { state in
            defer { (state.republisher, state.commander) = (nil, nil) }
            return (state.republisher, state.commander)
        }
        hub.enqueue { hub in
            if let republisher { hub.removeHandler(republisher) }
            if let commander { hub.removeHandler(commander) }
        }
    }

    /// Publishes every retained state: the broker does not have it, or not this one.
    private func publishAll() {
        guard let republisher = state.withLock({ $0.republisher }) else { return }
        hub.enqueue { republisher.publishAll(in: $0) }
    }
}
