import Komoku
import KomokuDesk
import KomokuHub
import KomokuMQTT
import KomokuRules
import KomokuServer
import KomokuSources
import KomokuStore
import KomokuSystem
import KomokuWire
import Logging
import Synchronization

/// The parts of the hub, wired: started in the order of their needs, stopped in reverse.
final class Daemon: Sendable {
    private let store: Store
    private let hub: Hub
    private let mqtt: MQTTService
    private let outputs: SystemOutputs
    private let rules: RuleHost
    private let server: Server
    private let configuration: ConfigurationFiles
    private let ruleDesk: RuleDesk
    private let desk: Desk
    private let prover: Prover
    private let polls: PollService
    private let pings: PingService
    private let pinged: Set<PingService.Target>

    /// Opens the database.
    ///
    /// - Parameters:
    ///   - told: what was said of the settings.
    ///   - path: of the configuration.
    /// - Throws: `Store.Error`.
    init(
        _ settings: Settings, told: [Diagnostic], path: String, environment: [String: String],
        load: @escaping ConfigurationFiles.Loader, logger: Logger
    ) throws {
        store = try Store(settings.store, logger: logger)
        hub = Hub(
            store: store, configuration: settings.hub, clockStatus: SystemClockStatus(), logger: logger)
        mqtt = MQTTService(
            settings.mqtt, hub: hub, commitInterval: settings.store.commitInterval,
            subscriptionMemory: .cell(in: store), version: Komokud.version, logger: logger)
        outputs = SystemOutputs(
            environment: environment, logger: logger, brokerIsReady: { [mqtt] in mqtt.isReady },
            publisher: { [mqtt] message, then in mqtt.publish(Publication(message, then)) })
        let log = WhyLog(store)
        rules = RuleHost(notes: settings.notes, outputs: outputs, log: log, logger: logger)
        server = Server(settings.server, logger: logger)
        polls = PollService(settings.polls, hub: hub, environment: environment, logger: logger)
        let rooms = RoomBook(settings.rooms)
        let energy = EnergyBook(settings.energy)
        let (agents, people) = (AgentBook(settings.agents), PeopleBook(settings.people))
        pinged = settings.people.pinged
        pings = PingService(environment: environment, logger: logger) { [hub] address, isThere in
            hub.enqueue { people.heard(ping: address, isThere: isThere, in: $0) }
        }
        configuration = ConfigurationFiles(
            settings, told: told, load: load,
            parts: .init(
                hub: hub, mqtt: mqtt, rules: rules, server: server, rooms: rooms, energy: energy, agents: agents,
                people: people, polls: polls, pings: pings),
            logger: logger)
        ruleDesk = RuleDesk(
            rules, log: log, reload: configuration.reload,
            search: { [configuration] in configuration.findUses(of: $0, as: $1, $2) })
        prover = Prover(program: Komokud.ownPath, configuration: path, environment: environment)
        desk = Desk(
            hub, rules: ruleDesk, prover: prover, rooms: rooms, energy: energy, people: people, agents: agents,
            ruleFiles: configuration,
            broker: { [mqtt] in
                mqtt.connection.map { BrokerState(address: $0.address, isConnected: $0.isConnected, fault: $0.fault) }
            },
            polls: { [polls] in polls.states.map(PollReport.init) })
        hub.addBootTask { [rules] hub in
            if settings.mqtt.broker != nil { hub.awaitReplay() }
            // Of the keys that the database has the types are known, and rules mean what they say from their first run on.
            let keys = settings.rules.isEmpty ? KeyCatalogue() : hub.keyCatalogue()
            // A file that somebody is writing just now is for a reload to take over.
            let known = (keys.isEmpty ? nil : load(keys, nil, nil).settings)
                .flatMap { settings.rules.isSame(as: $0.rules) ? $0 : nil }
            // On the first start of all nobody knows yet which keys are those of devices.
            let isFirst = settings.mqtt.broker != nil && !settings.mqtt.devices.isEmpty && hub.devices().isEmpty
            rules.start(known?.rules ?? settings.rules, holdsStart: isFirst, in: hub)
        }
    }

    /// Starts every part. The ports come before the broker: where one is taken, nothing was acknowledged yet.
    ///
    /// - Throws: `Server.Error`; then nothing runs.
    func start() throws {
        hub.start()
        let checking = { @Sendable [configuration] in
            MemoryTrim.start()
            configuration.checkRulesAgain()
        }
        hub.enqueue { $0.whenDevicesSettle(checking) }
        do {
            try waitFor { [server, desk] in try await server.start(desk) }
        } catch {
            hub.stop()
            store.close()
            throw error
        }
        mqtt.start { [engine = rules.engine] message, hub in
            engine.message(topic: message.topic, payload: message.payload, isRetained: message.isRetained, in: hub)
        }
        polls.start()
        pings.watch(pinged)
        // Nothing may speak of a device at all.
        configuration.after(Self.startPatience) { [hub, rules] in
            hub.enqueue { rules.engine.fireHeldStart(in: $0) }
        }
        // A broker that stays away leaves nothing to wait for.
        configuration.after(Self.replayPatience) { [hub] in hub.enqueue { $0.settled() } }
    }

    /// How long what was held before the start waits for the broker to say whether it is so still, in seconds.
    private static let replayPatience = 300.0
    /// How long the trigger `start` waits on a first start for devices to announce themselves, in seconds.
    private static let startPatience = 60.0

    /// Reads the configuration again and takes it over, all of it or nothing.
    ///
    /// - Parameter then: on a thread of its own.
    func reload(_ then: @escaping @Sendable (ReloadAnswer) -> Void) { configuration.reload(then) }

    /// Checks the rules against the keys that the house has by now.
    func checkRulesAgain() { configuration.checkRulesAgain() }

    /// Stops every part: takes no more, commits, acknowledges, says goodbye.
    func stop() {
        try? waitFor { [server] in await server.close() }
        outputs.expectEnd()
        mqtt.stop()
        polls.stop()
        pings.stop()
        outputs.stop()
        prover.stop()
        hub.enqueue { [ruleDesk] hub in ruleDesk.finish(in: hub) }
        hub.stop()
        store.close()
        try? waitFor { [server] in await server.finish() }
    }
}

extension PeopleSettings {
    /// A machine of two persons, at two paces, is asked at the quicker one.
    var pinged: Set<PingService.Target> {
        let paces = Dictionary(pings.map { ($0.address, $0.every) }, uniquingKeysWith: min)
        return Set(paces.map { PingService.Target(address: $0.key, every: $0.value) })
    }
}

extension PollReport {
    fileprivate init(_ state: PollService.State) {
        self.init(
            name: state.name, lastSuccess: state.lastSuccess, fault: state.fault, failures: state.failures)
    }
}

extension SubscriptionMemory {
    /// Kept as a cell, so that a filter whose mapping is gone is unsubscribed by the next process too.
    fileprivate static func cell(in store: Store) -> SubscriptionMemory {
        SubscriptionMemory(
            load: {
                let cells = (try? store.cells()) ?? []
                let cell = cells.first { $0.behaviour == "mqtt" && $0.id == "subscriptions" }
                return cell?.data?.array?.compactMap(\.string) ?? []
            },
            save: { filters in
                var batch = Batch()
                let data = JSON.array(filters.map { .string($0) })
                batch.cells = [CellWrite(behaviour: "mqtt", id: "subscriptions", data: data, due: nil, failure: nil)]
                store.append(batch)
            })
    }
}

extension Publication {
    fileprivate init(_ message: RulePublication, _ then: (@Sendable (OutputFailure?) -> Void)?) {
        self.init(
            topic: message.topic, payload: message.payload, qos: Int32(clamping: message.qos),
            isRetained: message.retain)
        timeout = message.timeout
        guard let then else { return }
        completion = { outcome in
            switch outcome {
            case .sent: then(nil)
            case .failed(let reason): then(OutputFailure(reason))
            case .refused(let reason): then(OutputFailure(reason, isTransient: false))
            }
        }
    }
}
