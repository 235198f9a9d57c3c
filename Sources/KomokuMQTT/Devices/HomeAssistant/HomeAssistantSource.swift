package import Komoku
internal import KomokuHub

/// Devices that announce themselves as Home Assistant's MQTT discovery has it, component by component or as a whole.
///
/// What Komoku announces itself (origin `komoku`) is not read back. Wildcards in state topics are subscriptions: several
/// gateways can feed one entity.
package final class HomeAssistantSource: DeviceSource {
    /// Whose configurations are read.
    package enum Families: Sendable {
        case all
        /// Only those that ESPHome made: by the origin, `esphome` in the software or maker, a software like
        /// `2024.12.2 (…)`, or topics like `<prefix>/sensor/<id>/state` beside an availability at `<prefix>/status`.
        case esphome
    }

    package let name: String
    private let families: Families
    /// The starts of topics of which other sources tell already: `zigbee2mqtt/`.
    private let told: [String]
    private let prefix: [Substring]
    private let holdsUnknown: Bool
    /// Of the house's clocks.
    private let zone: Zone
    let catalogue: DiscoveryCatalogue

    private struct Config {
        var hash: Int
        var keys: [ByteText]
        /// The hub remembers it, and the broker has not said it yet.
        var isMemory: Bool
    }

    private var configs: [ByteText: Config] = [:]
    /// Availability that was heard, with the number of the message: the latest counts.
    private var heard: [DiscoveredAvailability.Signal: (isOnline: Bool, number: Int)] = [:]
    /// The last message of each topic of an availability, for those who come to listen later.
    private var said: [ByteText: String] = [:]
    private var messages = 0
    private var isFull = false
    /// The most entities.
    var limit = HomeAssistantSource.maximumEntities

    /// The most entities and the longest configuration.
    package static let maximumEntities = 20_000
    static let maximumPayload = 1 << 20

    /// - Parameters:
    ///   - prefix: the topic that configurations stand below.
    ///   - bases: the first levels of topics of which other sources tell already: what speaks there is left to them.
    ///   - holdsUnknown: whether messages of topics that nobody explains wait for a discovery that may; not beside a
    ///     source that takes what nobody else knows.
    ///   - zone: of the house's clocks, for templates.
    package init(
        prefix: String = "homeassistant", only families: Families = .all, leaving bases: [String] = [],
        holdsUnknown: Bool = true, zone: Zone = .utc
    ) {
        self.zone = zone
        self.holdsUnknown = holdsUnknown
        self.prefix = prefix.split(separator: "/", omittingEmptySubsequences: false)
        self.families = families
        told = bases.map { $0 + "/" }
        name = families == .esphome ? "esphome" : "homeassistant"
        catalogue = DiscoveryCatalogue(memory: DiscoveryMemory(source: name, prefix: prefix))
        catalogue.source = name
    }

    package var filters: [String] {
        let base = prefix.joined(separator: "/")
        return ["\(base)/+/+/config", "\(base)/+/+/+/config"] + catalogue.index.filters
    }

    package func plan(_ topic: inout DeviceTopic) {
        if catalogue.memory.isOwn(topic.topic) { return topic.watch(self) }
        let isConfig = discoveryTopic(of: topic.topic) != nil
        var isKnown = isConfig
        var isWatched = isConfig
        catalogue.index.forEach(topic.topic) { meaning in
            isKnown = true
            isWatched = isWatched || meaning.needsSource
            for binding in meaning.bindings {
                switch binding.input.source {
                case .payload:
                    topic.bindPayload(to: binding.property, binding.input.decoder, isEvent: binding.isEvent)
                case .path(let path):
                    topic.bind(path, to: binding.property, binding.input.decoder, isEvent: binding.isEvent)
                case .template: break
                }
            }
        }
        if isWatched { topic.watch(self) }
        // Discovery may say later what it means. What stands below the prefix and is no configuration is Home Assistant's.
        if holdsUnknown, !isKnown, !topic.levels.starts(with: prefix) { topic.hold() }
    }

    package func take(_ message: DeviceMessage, _ news: inout DeviceNews) {
        if let parts = discoveryTopic(of: message.topic) {
            take(message, from: parts, &news)
        } else if catalogue.memory.isOwn(message.topic) {
            catalogue.memory.restore(message)
        } else {
            read(message, &news)
        }
    }

    package func isDiscovery(_ topic: String) -> Bool { discoveryTopic(of: topic) != nil }

    /// Where a configuration stands; nil for other topics.
    private func discoveryTopic(of topic: String) -> DiscoveryTopic? {
        guard topic.utf8.count <= DiscoveryConfig.maximumTopic else { return nil }
        return DiscoveryTopic(topic, below: prefix)
    }

    // MARK: Configurations

    private func take(_ message: DeviceMessage, from parts: DiscoveryTopic, _ news: inout DeviceNews) {
        var hasher = Hasher()
        hasher.combine(bytes: UnsafeRawBufferPointer(message.payload))
        let hash = hasher.finalize()
        let topic = ByteText(message.topic)
        if configs[topic]?.hash == hash {
            if !message.isRestored { configs[topic]?.isMemory = false }
            return
        }
        if message.payload.isEmpty { return withdraw(topic, message, &news) }
        guard message.payload.count <= Self.maximumPayload else {
            return news.refuse("the configuration is longer than 1 MiB")
        }
        let json: JSON
        do throws(JSON.Invalid) {
            json = try message.json()
        } catch {
            return news.refuse("the configuration is \(error)")
        }
        guard let object = json.object else { return news.refuse("the configuration is no object") }
        if DiscoveryReader.isMigration(object) { return catalogue.startMigration(of: configs[topic]?.keys ?? []) }
        let reader = DiscoveryReader(parts: parts, topic: message.topic, object: object, zone: zone)
        guard isWanted(reader) else { return withdraw(topic, message, &news) }
        var read = reader.entities()
        let count = read.entities.count
        read.entities.removeAll(where: isTold)
        if count > 0, read.entities.isEmpty { return withdraw(topic, message, &news) }
        accept(read, of: topic, hash, message, &news)
    }

    private func isTold(_ entity: DiscoveredEntity) -> Bool {
        let topics = entity.properties.flatMap { $0.inputs.map(\.topic) + [$0.command?.topic].compactMap(\.self) }
        return topics.contains { topic in told.contains { topic.utf8.starts(with: $0.utf8) } }
    }

    private func accept(
        _ read: DiscoveryReader.Result, of topic: ByteText, _ hash: Int, _ message: DeviceMessage,
        _ news: inout DeviceNews
    ) {
        for reason in read.refusals.prefix(8) { news.refuse(reason) }
        guard !read.entities.isEmpty || read.refusals.isEmpty else { return }
        let before = configs[topic]?.keys ?? []
        let isKnown = configs[topic] != nil
        guard catalogue.count - before.count + read.entities.count <= limit, isKnown || configs.count < limit else {
            news.leaveOut(entities: read.entities.count)
            if !isFull { news.refuse("there are more than \(limit) entities: no more are taken") }
            isFull = true
            return
        }
        configs[topic] = Config(hash: hash, keys: read.entities.map(\.key), isMemory: message.isRestored)
        news.remember(message)
        let isLive = !message.isRetained && !message.isRestored
        let refused = catalogue.replace(before, of: topic, by: read.entities) { holder in
            // What the broker says counts more than what the hub remembers.
            isLive || (!message.isRestored && configs[holder]?.isMemory ?? true)
        }
        for reason in refused.reasons.prefix(8) { news.refuse(reason) }
        news.leaveOut(entities: refused.tooMany)
        publish(message, &news)
    }

    private func withdraw(_ topic: ByteText, _ message: DeviceMessage, _ news: inout DeviceNews) {
        guard let config = configs.removeValue(forKey: topic) else { return }
        isFull = false
        news.forget(topic.text)
        _ = catalogue.replace(config.keys, of: topic, by: []) { _ in true }
        publish(message, &news)
    }

    /// Says what has changed in the catalogue.
    private func publish(_ message: DeviceMessage, _ news: inout DeviceNews) {
        let (changed, gone, topicsHaveChanged) = catalogue.takeChanges(&news)
        for id in gone { news.remove(id) }
        for device in changed {
            catchUp(device, message)
            news.describe(device.described, commands: device.commands)
            observe(device, isReplay: true, &news)
            readSaid(device, message, &news)
        }
        if topicsHaveChanged { news.topicsChanged() }
    }

    private func isWanted(_ reader: DiscoveryReader) -> Bool {
        // Our own keys.
        if reader.origin?.lowercased() == "komoku" { return false }
        return families == .all || reader.isByESPHome
    }

    // MARK: Values

    private func read(_ message: DeviceMessage, _ news: inout DeviceNews) {
        guard !message.payload.isEmpty, message.payload.count <= Self.maximumPayload else { return }
        guard let text = message.text else { return news.refuse("the payload is not UTF-8") }
        let document = JinjaMessage(text, time: message.time, budget: message.budget)
        var devices: Set<DeviceID> = []
        catalogue.index.forEach(message.topic) { meaning in
            for binding in meaning.bindings {
                if case .template(let template) = binding.input.source {
                    read(binding, template, document, message, &news)
                }
            }
            if !meaning.availability.isEmpty { remember(text, of: message.topic) }
            for signal in meaning.availability {
                if hear(signal, document) { devices.formUnion(catalogue.devices(listeningTo: signal)) }
            }
        }
        for id in devices.sorted() {
            if let device = catalogue.device(id) { observe(device, isReplay: message.isRetained, &news) }
        }
    }

    private func read(
        _ binding: DiscoveryIndex.Binding, _ template: JinjaTemplate, _ read: JinjaMessage, _ message: DeviceMessage,
        _ news: inout DeviceNews
    ) {
        // A replayed press is no press.
        if binding.isEvent, message.isRetained { return }
        let text: String
        do throws(JinjaError) {
            text = try template.text(for: read)
        } catch {
            if case .failed(let reason) = error {
                news.refuse("the template fails: \(reason) (\(binding.property.name))")
            }
            return
        }
        news.take(binding.input.decoder.decode(.text(text)), of: binding.property)
    }

    private func remember(_ text: String, of topic: String) {
        if said.count >= 2 * limit { said.removeAll() }
        if heard.count >= 2 * limit { heard = heard.filter { !catalogue.devices(listeningTo: $0.key).isEmpty } }
        said[ByteText(topic)] = text.utf8.count <= 1024 ? text : nil
    }

    /// The broker sends a retained message once, and another device may have taken it.
    private func catchUp(_ device: DiscoveryCatalogue.Device, _ cause: DeviceMessage) {
        for signal in device.availability.flatMap(\.signals) where heard[signal] == nil {
            if let text = said[signal.topic] {
                _ = hear(signal, JinjaMessage(text, time: cause.time, budget: cause.budget))
            }
        }
    }

    /// The same for values: an availability is often a sensor as well.
    private func readSaid(_ device: DiscoveryCatalogue.Device, _ cause: DeviceMessage, _ news: inout DeviceNews) {
        for topic in device.topics.sorted() {
            guard let text = said[topic] else { continue }
            let message = JinjaMessage(text, time: cause.time, budget: cause.budget)
            catalogue.index.forEach(topic.text, of: device.id) { meaning in
                for binding in meaning.bindings where !binding.isEvent {
                    let read: String?
                    switch binding.input.source {
                    case .payload: read = text
                    case .template(let template): read = try? template.text(for: message)
                    case .path: read = nil
                    }
                    guard let read, case .value(let value) = binding.input.decoder.decode(.text(read)) else {
                        continue
                    }
                    news.observe(binding.property, value)
                }
            }
        }
    }

    /// - Returns: whether the message says something of the signal.
    private func hear(_ signal: DiscoveredAvailability.Signal, _ message: JinjaMessage) -> Bool {
        let text: String
        if let template = catalogue.template(of: signal) {
            guard let rendered = try? template.text(for: message) else { return false }
            text = rendered
        } else {
            text = message.text
        }
        guard let isOnline = signal.isOnline(text) else { return false }
        messages += 1
        heard[signal] = (isOnline, messages)
        return true
    }

    /// - Parameter isReplay: the broker may be about to say more.
    private func observe(_ device: DiscoveryCatalogue.Device, isReplay: Bool, _ news: inout DeviceNews) {
        let known = device.availability.map { $0.isOnline(heard, isReplay: isReplay) }
        if known.contains(true) {
            news.observe(PropertyID(device.id, "online"), .boolean(true))
        } else if known.contains(false) {
            news.observe(PropertyID(device.id, "online"), .boolean(false))
        }
    }
}

extension DiscoveredAvailability {
    /// Nil where too little was heard. A topic that is silent does not say that it is online.
    fileprivate func isOnline(_ heard: [Signal: (isOnline: Bool, number: Int)], isReplay: Bool) -> Bool? {
        let known = signals.compactMap { heard[$0] }
        if known.isEmpty { return nil }
        switch mode {
        case .latest: return known.max { $0.number < $1.number }?.isOnline
        case .all:
            if known.contains(where: { !$0.isOnline }) { return false }
            return known.count == signals.count ? true : isReplay ? nil : false
        case .any:
            if known.contains(where: \.isOnline) { return true }
            return known.count == signals.count || !isReplay ? false : nil
        }
    }
}
