import Dispatch
import Komoku
import KomokuHub
import KomokuMQTT
import KomokuRules
import KomokuServer
import KomokuStore
import KomokuSystem
import KomokuYAML
import Logging
import Synchronization

/// The parts of the hub, wired: started in the order of their needs, stopped in reverse.
final class Daemon: Sendable {
    /// Reads the configuration anew, for a house with these keys; nil settings where the findings hold an error.
    ///
    /// The second is told where a key is named.
    typealias Loader = @Sendable (KeyCatalogue, KeyMentions?) -> (settings: Settings?, findings: [Diagnostic])

    private let settings: Mutex<Settings>
    private let load: Loader
    private let store: Store
    private let hub: Hub
    private let mqtt: MQTTService
    private let outputs: SystemOutputs
    private let rules: RuleHost
    private let route: MessageRoute
    private let desk: RuleDesk
    private let server: Server
    private let logger: Logger
    /// One reload after another, whoever asks for it.
    private let reloading = DispatchQueue(label: "komoku.reload")
    /// What was said of the rules: once is enough.
    private let told: Mutex<Set<Diagnostic>>

    /// Opens the database.
    ///
    /// - Parameter told: what was said of the settings.
    /// - Throws: `Store.Error`.
    init(
        _ settings: Settings, told: [Diagnostic], environment: [String: String], load: @escaping Loader, logger: Logger
    ) throws {
        self.told = Mutex(Set(told))
        self.settings = Mutex(settings)
        self.load = load
        self.logger = logger
        store = try Store(settings.store, logger: logger)
        hub = Hub(
            store: store, configuration: settings.hub, clockStatus: SystemClockStatus(), logger: logger)
        let route = MessageRoute()
        self.route = route
        mqtt = MQTTService(
            settings.mqtt, hub: hub, commitInterval: settings.store.commitInterval,
            subscriptionMemory: .cell(in: store), version: Komokud.version,
            messages: { message, hub in route.take(message, in: hub) }, logger: logger)
        outputs = SystemOutputs(
            environment: environment, logger: logger, brokerIsReady: { [mqtt] in mqtt.isReady },
            publisher: { [mqtt] message, then in mqtt.publish(Publication(message, then)) })
        let log = WhyLog(store)
        rules = RuleHost(notes: settings.notes, outputs: outputs, log: log, logger: logger)
        desk = RuleDesk(rules, log: log)
        server = Server(
            settings.server, hub: hub, rules: desk,
            broker: { [mqtt] in
                mqtt.connection.map { BrokerState(address: $0.address, isConnected: $0.isConnected, fault: $0.fault) }
            }, logger: logger)
        route.lead(to: rules.engine)
        hub.addBootStep { [rules] hub in
            if settings.mqtt.broker != nil { hub.awaitReplay() }
            // Of the keys that the database has the types are known, and rules mean what they say from their first run on.
            let keys = settings.rules.isEmpty ? KeyCatalogue() : hub.keyCatalogue()
            let known = keys.isEmpty ? nil : load(keys, nil).settings
            // On the first start of all nobody knows yet which keys are those of devices.
            let isFirst = settings.mqtt.broker != nil && !settings.mqtt.devices.isEmpty && hub.devices().isEmpty
            rules.start(known?.rules ?? settings.rules, holdsStart: isFirst, in: hub)
        }
    }

    /// Starts every part. The ports come before the broker: where one is taken, nothing was acknowledged yet.
    ///
    /// - Throws: `Server.Error`; then nothing runs.
    func start() throws {
        desk.setReloading { [weak self] then in self?.reload(then) }
        desk.setSearching { [weak self] key, new, then in self?.search(for: key, new, then) }
        hub.start()
        let checking = { @Sendable [weak self] in
            MemoryTrim.start()
            self?.checkRulesAgain()
        }
        hub.enqueue { $0.whenDevicesSettle(checking) }
        do {
            try waitFor { [server] in try await server.start() }
        } catch {
            hub.stop()
            store.close()
            throw error
        }
        mqtt.start()
        // Nothing may speak of a device at all.
        reloading.asyncAfter(deadline: .now() + Self.startPatience) { [hub, rules] in
            hub.enqueue { rules.engine.fireHeldStart(in: $0) }
        }
        // A broker that stays away leaves nothing to wait for.
        reloading.asyncAfter(deadline: .now() + Self.replayPatience) { [hub] in hub.enqueue { $0.settled() } }
    }

    /// How long what was held before the start waits for the broker to say whether it is so still, in seconds.
    private static let replayPatience = 300.0
    /// How long the trigger `start` waits on a first start for devices to announce themselves, in seconds.
    private static let startPatience = 60.0

    /// Stops every part: takes no more, commits, acknowledges, says goodbye.
    func stop() {
        try? waitFor { [server] in await server.stop() }
        outputs.expectEnd()
        mqtt.stop()
        outputs.stop()
        hub.enqueue { [desk] hub in desk.finish(in: hub) }
        hub.stop()
        store.close()
    }

    /// Reads the configuration again and takes it over, all of it or nothing.
    ///
    /// - Parameter then: on a thread of its own.
    func reload(_ then: @escaping @Sendable (ReloadOutcome) -> Void) {
        reloading.async { [self] in
            let (new, findings) = load(catalogue, nil)
            told.withLock { $0 = Set(findings) }
            guard let new else {
                logger.error("the new configuration has errors; the previous one stays active")
                return then(ReloadOutcome(isDone: false, findings: findings))
            }
            do {
                let endings = try take(new)
                then(ReloadOutcome(isDone: true, findings: findings, endings: endings.map(ReloadOutcome.Ending.init)))
            } catch {
                logger.error("reload refused", metadata: ["reason": "\(error)"])
                let place = SourcePosition(file: "listen", line: 1, column: 1)
                let refusal = Diagnostic(.error, at: place, "\(error)")
                then(ReloadOutcome(isDone: false, findings: findings + [refusal]))
            }
        }
    }

    /// Finds where the files of the configuration, as they are now, name a key.
    private func search(for key: KeyName, _ new: KeyName?, _ then: @escaping @Sendable (KeyUses) -> Void) {
        reloading.async { [self] in
            let mentions = KeyMentions(of: key)
            let (_, findings) = load(catalogue, mentions)
            var search = KeySearch(mentions, new: new)
            then(KeyUses(search.uses(), errors: findings.count { $0.severity == .error }))
        }
    }

    /// The keys that the hub has now.
    private var catalogue: KeyCatalogue {
        let keys = try? waitFor { [hub] in
            await withCheckedContinuation { done in
                hub.enqueue { done.resume(returning: $0.keyCatalogue()) }
            }
        }
        return keys ?? KeyCatalogue()
    }

    /// Takes over new settings, as far as they can change while the hub runs.
    ///
    /// - Returns: what that ended of the rules.
    private func take(_ new: Settings) throws -> [RuleEnding] {
        try waitFor { [server] in try await server.reload(new.server) }
        let old = settings.withLock { settings in
            defer { settings = new }
            return settings
        }
        if new.store != old.store || new.hub.name != old.hub.name {
            logger.warning("'store' and 'hub.name' change at the next start")
        }
        let endings = try waitFor { [hub, rules] in
            await withCheckedContinuation { done in
                hub.enqueue { hub in
                    hub.reload(new.hub)
                    done.resume(returning: rules.reload(new.rules, notes: new.notes, in: hub))
                }
            }
        }
        mqtt.reload(new.mqtt)
        logger.info("reloaded", metadata: ["rules": "\(new.rules.rules.count)"])
        return endings
    }

    /// Reads the rules once more, now that devices have said which keys there are, and logs what was not said before. Only
    /// they can say which types and limits their keys have, so that this could not be checked earlier. On a first start the trigger
    /// `start` fires now.
    func checkRulesAgain() {
        reloading.async { [self] in
            if settings.withLock(\.rules.isEmpty) { return }
            let (new, findings) = load(catalogue, nil)
            for finding in findings.filter({ finding in told.withLock { $0.insert(finding).inserted } }) {
                logger.log(
                    level: finding.severity == .error ? .error : .warning, "\(finding.message)",
                    metadata: ["at": "\(finding.position)", "remedy": "\(finding.remedy ?? "")"])
            }
            // What the file says by now is for a reload to take over: only what was taken is looked at.
            let isSame = settings.withLock { settings in new.map { settings.rules.isSame(as: $0.rules) } ?? false }
            hub.enqueue { [rules] hub in
                if let new, isSame { rules.engine.refine(new.rules, in: hub) }
                rules.engine.fireHeldStart(in: hub)
            }
        }
    }
}

extension ReloadOutcome.Ending {
    fileprivate init(_ ending: RuleEnding) {
        self.init(
            rule: ending.rule, reason: ending.reason, runs: ending.runs, queued: ending.queued, holds: ending.holds)
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

/// The way of messages to the rules, which are made after what brings them.
private final class MessageRoute: Sendable {
    private let engine = Mutex<RuleEngine?>(nil)

    func lead(to engine: RuleEngine) {
        self.engine.withLock { $0 = engine }
    }

    func take(_ message: RawMessage, in hub: isolated Hub) {
        let engine = engine.withLock(\.self)
        engine?.message(topic: message.topic, payload: message.payload, isRetained: message.isRetained, in: hub)
    }
}

extension Publication {
    fileprivate init(_ message: RulePublication, _ then: (@Sendable (OutputFault?) -> Void)?) {
        self.init(
            topic: message.topic, payload: message.payload, qos: Int32(clamping: message.qos),
            isRetained: message.retain)
        timeout = message.timeout
        guard let then else { return }
        completion = { outcome in
            switch outcome {
            case .sent: then(nil)
            case .failed(let reason): then(OutputFault(reason))
            case .refused(let reason): then(OutputFault(reason, isTransient: false))
            }
        }
    }
}
