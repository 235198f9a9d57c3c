import Komoku
import KomokuHub
import KomokuMQTT
import KomokuRules
import KomokuServer
import KomokuStore
import Logging

/// The parts of the hub, wired: started in the order of their needs, stopped in reverse.
final class Daemon {
    private var settings: Settings
    private let store: Store
    private let hub: Hub
    private let mqtt: MQTTService
    private let rules: RuleEngine
    private let server: Server
    private let logger: Logger

    /// Opens the database.
    ///
    /// - Throws: `Store.Error`.
    init(_ settings: Settings, logger: Logger) throws {
        self.settings = settings
        self.logger = logger
        store = try Store(settings.store, logger: logger)
        hub = Hub(store: store, configuration: settings.hub, logger: logger)
        mqtt = MQTTService(
            settings.mqtt, hub: hub, commitInterval: settings.store.commitInterval,
            subscriptionMemory: .cell(in: store), version: Komokud.version, logger: logger)
        rules = RuleEngine(outputs: Outputs(mqtt: mqtt, logger: logger), logger: logger)
        server = Server(settings.server, hub: hub, logger: logger)
    }

    /// Starts every part. The ports come before the broker: where one is taken, nothing was acknowledged yet.
    ///
    /// - Throws: `Server.Error`; then nothing runs.
    func start() throws {
        hub.start()
        hub.enqueue { $0.whenDevicesSettle { MemoryTrim.start() } }
        install(settings.rules)
        do {
            try waitFor { [server] in try await server.start() }
        } catch {
            hub.stop()
            store.close()
            throw error
        }
        mqtt.start()
    }

    /// Stops every part: takes no more, commits, acknowledges, says goodbye.
    func stop() {
        try? waitFor { [server] in await server.stop() }
        mqtt.stop()
        hub.stop()
        store.close()
    }

    /// Takes over new settings, as far as they can change while the hub runs.
    func reload(_ new: Settings) {
        do {
            try waitFor { [server] in try await server.reload(new.server) }
        } catch {
            logger.error("reload refused", metadata: ["reason": "\(error)"])
            return
        }
        if new.store != settings.store || new.hub.name != settings.hub.name {
            logger.warning("'store' and 'hub.name' change at the next start")
        }
        let configuration = new.hub
        hub.enqueue { $0.reload(configuration) }
        install(new.rules)
        mqtt.reload(new.mqtt)
        settings = new
        logger.info("reloaded", metadata: ["rules": "\(new.rules.count)"])
    }

    /// Logs which keys rules read that nobody has brought. Only devices can say which keys they have, so this cannot be
    /// checked when the rules are loaded.
    func tellMissingKeys() {
        hub.enqueue { [rules, logger] hub in
            for (rule, key) in rules.missingKeys(in: hub) {
                let known = hub.keys(matching: .all).map(\.name.text)
                let suggestion = Suggestion.question(for: key.text, in: known)
                logger.warning(
                    "a rule reads a key that does not exist",
                    metadata: ["rule": "\(rule)", "key": "\(key)", "remedy": "\(suggestion ?? "see komoku keys")"])
            }
        }
    }

    private func install(_ list: [Rule]) {
        hub.enqueue { [rules] in rules.replace(list, in: $0) }
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

/// Where rules publish and log.
private struct Outputs: RuleOutputs {
    let mqtt: MQTTService
    let logger: Logger

    func publish(topic: String, payload: [UInt8], qos: Int, retain: Bool) {
        mqtt.publish(Publication(topic: topic, payload: payload, qos: Int32(clamping: qos), isRetained: retain))
    }

    func log(rule: String, text: String) {
        logger.notice("rule", metadata: ["rule": "\(rule)", "text": "\(text)"])
    }
}
