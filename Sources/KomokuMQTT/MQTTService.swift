package import Komoku
package import KomokuHub
internal import KomokuStore
package import Logging
internal import Synchronization

/// Everything that connects one hub with one broker: Inbox, Outbox, devices, republishing and commands.
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
        var announcer: Announcer?
        var messages: RawMessage.Handler?
        var isStarted = false
    }

    private let hub: Hub
    private let commitInterval: Duration
    private let subscriptionMemory: SubscriptionMemory?
    private let version: String
    private let logger: Logger
    private let state: Mutex<State>
    private let route: CommandRoute
    /// How each device is told what was put to its keys.
    private let commands: DeviceCommands

    /// - Parameters:
    ///   - commitInterval: the store's: how long a message may wait for its acknowledgement.
    ///   - version: the hub's, as Home Assistant shows it.
    package init(
        _ configuration: MQTTConfiguration, hub: Hub, commitInterval: Duration,
        subscriptionMemory: SubscriptionMemory? = nil, version: String = "", logger: Logger
    ) {
        self.version = version
        self.subscriptionMemory = subscriptionMemory
        self.hub = hub
        self.commitInterval = commitInterval
        self.logger = logger
        let route = CommandRoute()
        var state = State(configuration: configuration)
        // There from the beginning: what rules have to publish when the hub starts waits in it for the connection.
        state.outbox = configuration.broker.map { Outbox(broker: $0, logger: logger) }
        route.set(state.outbox)
        self.state = Mutex(state)
        self.route = route
        commands = DeviceCommands(
            facts: { [weak hub] id in Self.facts(of: id, in: hub) }, canPublish: { route.isReady }, publish: route.send)
        guard let broker = configuration.broker else { return }
        commands.set(families: configuration.devices.words)
        // What rules command at the start, before anything is connected, waits for the connection.
        let commander = makeCommander(configuration)
        hub.addBootTask { [commands] hub in
            hub.setCommander(commands, timeout: broker.commandTimeout)
            hub.setPutSender(commander)
            hub.expectBroker()
        }
    }

    private func makeCommander(_ configuration: MQTTConfiguration) -> Commander {
        Commander(
            rules: configuration.commands, canPublish: { [route] in route.isReady }, publish: route.send, logger: logger
        )
    }

    /// Where the broker is, and why nobody is connected to it; nil where the configuration names none.
    package var connection: (address: String, isConnected: Bool, fault: String?)? {
        let (broker, counters) = (state.withLock { $0.configuration.broker }, counters)
        return broker.map { ("\($0.address)", counters.isConnected, counters.inbox.fault ?? counters.outbox.fault) }
    }

    /// Whether messages can go out now.
    package var isReady: Bool { route.isReady }

    /// Starts to connect, and lets changes be published. Does nothing where the configuration names no broker.
    ///
    /// - Parameter messages: takes what `MQTTConfiguration.rawFilters` match, on the hub's thread, each message behind its
    ///   values.
    package func start(messages: RawMessage.Handler? = nil) {
        state.withLock { ($0.messages, $0.isStarted) = (messages, true) }
        begin()
    }

    private func begin() {
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
        let (before, isStarted) = state.withLock { state in
            defer { state.configuration = configuration }
            return (state.configuration, state.isStarted)
        }
        // The start takes what is there then.
        guard isStarted else { return }
        if before.broker != configuration.broker {
            disconnect()
            removeHandlers()
            if configuration.broker == nil {
                hub.enqueue { $0.forgetBroker() }
            } else {
                hub.enqueue { $0.expectBroker() }
            }
            begin()
        } else {
            let old = removeHandlers()
            installHandlers(insteadOf: old)
            state.withLock { $0.inbox }?.reload(
                configuration.mappingSet,
                devices: Self.isSame(before, configuration) ? nil : devices(of: configuration))
            publishAll()
        }
    }

    /// Whether the same sources of devices are wanted.
    private static func isSame(_ old: MQTTConfiguration, _ new: MQTTConfiguration) -> Bool {
        old.devices == new.devices && old.announcements.map(\.prefix) == new.announcements.map(\.prefix)
    }

    /// Publishes from any thread; never blocks.
    package func publish(_ publication: Publication) {
        guard let outbox = state.withLock({ $0.outbox }) else {
            publication.completion?(.refused("no broker is configured"))
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
        let (configuration, isConnected, messages) = state.withLock {
            ($0.configuration, $0.inbox != nil, $0.messages)
        }
        guard let broker = configuration.broker, !isConnected else { return }
        var intake = Inbox.Configuration(broker: broker, mappings: configuration.mappingSet)
        intake.commitInterval = commitInterval
        intake.subscriptionMemory = subscriptionMemory
        intake.receipts = hub.store.receipts
        intake.stateWanted = { [weak self] in self?.publishAll() }
        intake.connectionChanged = { [hub] isThere in
            hub.enqueue { hub in if isThere { hub.brokerCame() } else { hub.brokerWent() } }
        }
        intake.devices = devices(of: configuration)
        let inbox = Inbox(intake, sink: HubSink(hub, messages: messages), clock: hub.clock, logger: logger)
        let outbox = state.withLock { state in
            let outbox = state.outbox ?? Outbox(broker: broker, logger: logger)
            (state.inbox, state.outbox) = (inbox, outbox)
            return outbox
        }
        route.set(outbox)
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
        route.set(nil)
    }

    /// The sources that the configuration switches on, and what they need.
    private func devices(of configuration: MQTTConfiguration) -> Inbox.Devices {
        let (families, prefixes) = (configuration.devices, configuration.announcements.map(\.prefix))
        var devices = Inbox.Devices()
        let started: @Sendable () -> Void = { [weak self] in self?.publishAll() }
        devices.sources = {
            let status = HomeAssistantStatus(prefixes: prefixes, started: started)
            return families.makeSources() + (prefixes.isEmpty ? [] : [status])
        }
        commands.set(families: families.words)
        devices.commands = commands
        if !families.isEmpty {
            devices.remembered = { [hub] then in hub.enqueue { then($0.takeDiscoveries()) } }
        }
        devices.publish = { [weak self] in self?.publish($0) }
        return devices
    }

    /// On the hub's thread.
    private static func facts(of id: DeviceID, in hub: Hub?) -> DeviceCommands.Facts? {
        hub?.assumeIsolated { hub in
            hub.device(id.text).map { DeviceCommands.Facts(source: $0.source, isPresent: $0.isPresent) }
        }
    }

    private func installHandlers(insteadOf old: Announcer? = nil) {
        let configuration = state.withLock { $0.configuration }
        guard let broker = configuration.broker else { return }
        let publish: @Sendable (Publication) -> Void = { [weak self] in self?.publish($0) }
        let republisher = Republisher(rules: configuration.publishRules, base: broker.base, publish: publish)
        let commander = makeCommander(configuration)
        let announcer = Announcer(
            rules: configuration.announcements, commands: configuration.commands, republisher: republisher,
            base: broker.base, version: version, publish: publish)
        state.withLock { state in
            state.republisher = republisher
            state.announcer = announcer
        }
        hub.enqueue { [commands] hub in
            if !republisher.keys.isEmpty { hub.addHandler(republisher, keys: republisher.keys) }
            hub.setPutSender(commander)
            if !announcer.keys.isEmpty { hub.addHandler(announcer, keys: announcer.keys) }
            hub.setCommander(commands, timeout: broker.commandTimeout)
            guard let old else { return }
            announcer.announceAll(in: hub)
            old.withdraw(for: announcer, in: hub)
        }
    }

    /// - Returns: what announced our keys until now.
    @discardableResult
    private func removeHandlers() -> Announcer? {
        let (republisher, announcer) = state.withLock { state in
            defer { (state.republisher, state.announcer) = (nil, nil) }
            return (state.republisher, state.announcer)
        }
        hub.enqueue { hub in
            if let republisher { hub.removeHandler(republisher) }
            if let announcer { hub.removeHandler(announcer) }
            hub.setCommander(nil)
            hub.setPutSender(nil)
        }
        return announcer
    }

    /// Publishes every retained state, and which keys there are: the broker does not have it, or not this one.
    private func publishAll() {
        let (republisher, announcer) = state.withLock { ($0.republisher, $0.announcer) }
        guard let republisher, let announcer else { return }
        hub.enqueue { hub in
            announcer.announceAll(in: hub)
            republisher.publishAll(in: hub)
        }
    }
}

/// The way of commands to whatever Outbox there is.
private final class CommandRoute: Sendable {
    private let outbox = Mutex<Outbox?>(nil)

    func set(_ outbox: Outbox?) {
        self.outbox.withLock { $0 = outbox }
    }

    var isReady: Bool { outbox.withLock(\.self)?.counters.isConnected ?? false }

    func send(_ publication: Publication) {
        guard let outbox = outbox.withLock(\.self) else {
            publication.completion?(.refused("no broker is configured"))
            return
        }
        outbox.publish(publication)
    }
}
