package import Komoku
internal import KomokuStore
package import KomokuYAML

/// What the sections `mqtt`, `devices`, `map`, `publish` and `commands` say.
package struct MQTTConfiguration: Sendable {
    /// Nil without a section `mqtt`: the hub then speaks to no broker.
    package var broker: Broker?
    package var mappings: [Mapping] = []
    package var devices = DevicesConfiguration()
    package var publish: [PublishRule] = []
    package var announcements: [AnnouncementRule] = []
    package var commands: [CommandRule] = []
    /// Topics whose messages rules want as they come; set by whoever reads the rules.
    package var rawFilters: [String] = []

    package init() {}

    package var mappingSet: MappingSet {
        MappingSet(mappings: mappings, base: broker?.base ?? "komoku", qos: broker?.qos ?? 1, raw: rawFilters)
    }

    /// What is published, with the values of the keys that are announced. What is implied comes last.
    var publishRules: [PublishRule] {
        publish
            + announcements.compactMap { announcement in
                guard let topic = try? TopicTemplate(validating: (broker?.base ?? "komoku") + "/{path}") else {
                    return nil
                }
                var rule = PublishRule(keys: announcement.keys, topic: topic, position: announcement.position)
                rule.isImplied = true
                return rule
            }
    }

    /// Reads the sections; every problem goes to the report.
    ///
    /// - Parameters:
    ///   - root: the whole file; the caller finishes it.
    ///   - declaredKeys: the names in the section `keys`, for warnings about topics that they cannot have.
    ///   - zone: the hub's time zone, by its name.
    package static func read(
        _ root: SettingsReader, hubName: String, declaredKeys: [KeyName] = [], zone: String? = nil
    ) -> MQTTConfiguration {
        let zone = (try? ZoneFiles().zone(named: zone ?? "local")) ?? .utc
        var configuration = MQTTConfiguration()
        configuration.broker = root.mapping("mqtt").map { Broker.read($0, hubName: hubName) }
        let qos = configuration.broker?.qos ?? 1
        configuration.mappings = root.list("map", of: .mapping { Mapping.read($0, qos: qos, zone: zone) })
        configuration.devices = .read(root, base: configuration.broker?.base ?? "komoku")
        configuration.devices.zone = zone
        let publish = PublishSection.read(root)
        configuration.publish = publish.rules
        configuration.announcements = publish.announcements
        configuration.commands = root.list("commands", of: .commandRule)
        if configuration.broker == nil { reportMissingBroker(root) }
        MappingCheck(report: root.report).run(configuration, declaredKeys: declaredKeys)
        return configuration
    }

    private static func reportMissingBroker(_ root: SettingsReader) {
        for section in ["devices", "map", "publish", "commands"] where root.has(section) {
            root.error(
                at: section, "'\(section)' needs a broker", remedy: "write mqtt: {url: \"mqtt://127.0.0.1:1883\"}")
            return
        }
    }
}

extension Broker {
    static func read(_ reader: SettingsReader, hubName: String) -> Broker {
        let address =
            reader.value("url", .brokerAddress) ?? BrokerAddress(host: "127.0.0.1", port: 1883)
        var broker = Broker(address: address, clientID: "komoku-\(KeyName.segment(from: hubName) ?? "hub")")
        if let id = reader.value("client_id", .nonEmptyString) { broker.clientID = id }
        broker.username = reader.value("username", .nonEmptyString)
        broker.password = reader.secret("password")
        if broker.password != nil, broker.username == nil, !reader.has("username") {
            reader.error("a password needs a 'username'")
        }
        if let base = reader.value("base", .topicBase) { broker.base = base }
        readCertificates(reader, into: &broker)
        broker.keepAlive = reader.value(
            "keep_alive", .duration(in: .seconds(10)...(.seconds(65_535))), default: broker.keepAlive)
        broker.sessionExpiry = reader.value(
            "session_expiry", .duration(in: .seconds(60)...(.seconds(31_536_000))), default: broker.sessionExpiry)
        broker.receiveMaximum = reader.value(
            "receive_maximum", .integer(in: 20...65_535), default: broker.receiveMaximum)
        broker.maximumMessage =
            reader.value("max_message", .byteSize(in: 1 << 16...PacketGate.largestBody)) ?? broker.maximumMessage
        broker.qos = reader.value("qos", .quality, default: broker.qos)
        broker.commandTimeout = reader.value(
            "command_timeout", .duration(in: .milliseconds(100)...(.seconds(3600))), default: broker.commandTimeout)
        broker.reconnect = reader.value("reconnect", .backoff, default: broker.reconnect)
        return broker
    }

    private static func readCertificates(_ reader: SettingsReader, into broker: inout Broker) {
        broker.authorityFile = reader.value("ca_file", .nonEmptyString)
        broker.certificateFile = reader.value("cert_file", .nonEmptyString)
        broker.keyFile = reader.value("key_file", .nonEmptyString)
        if reader.has("cert_file") != reader.has("key_file") {
            reader.error("'cert_file' and 'key_file' go together")
        }
        let files = ["ca_file", "cert_file", "key_file"].filter(reader.has)
        if let first = files.first, !broker.address.isEncrypted {
            reader.error(at: first, "'\(first)' is for an encrypted connection", remedy: "write mqtts:// in 'url'")
        }
    }
}

extension SettingType where Value == BrokerAddress {
    static var brokerAddress: Self {
        .text("an address such as mqtt://127.0.0.1:1883") { text throws(Setting.Invalid) in
            do throws(BrokerAddress.Invalid) {
                return try BrokerAddress(parsing: text)
            } catch {
                throw Setting.Invalid(error.reason)
            }
        }
    }
}

extension SettingType where Value == Int32 {
    /// Quality of service. 2 is not offered: its two steps would each wait for a commit, and a message would be lost if we
    /// ended between them.
    static var quality: Self {
        SettingType(expectation: "0 or 1") { setting in
            if let number = setting.node.integer, 0...1 ~= number { return Int32(number) }
            let isTwo = setting.node.integer == 2
            setting.mismatch(
                expecting: "0 or 1", remedy: isTwo ? "with 1 nothing is lost, and repeats are recognised" : nil)
            return nil
        }
    }
}

extension SettingType where Value == Backoff.Bounds {
    static var backoff: Self {
        .mapping { reader in
            let range = Duration.milliseconds(10)...(.seconds(86_400))
            var bounds = Backoff.Bounds()
            bounds.minimum = reader.value("min", .duration(in: range), default: bounds.minimum)
            bounds.maximum = reader.value("max", .duration(in: range), default: max(bounds.maximum, bounds.minimum))
            if bounds.maximum < bounds.minimum { reader.error(at: "max", "'max' is shorter than 'min'") }
            return bounds
        }
    }
}

extension SettingType where Value == String {
    /// Topic levels without wildcards.
    static var topicBase: Self {
        .text("the first levels of a topic, such as komoku") { text throws(Setting.Invalid) in
            if let problem = problem(ofTopicBase: text) { throw problem }
            return text
        }
    }

    /// Why a text cannot be the first levels of topics.
    static func problem(ofTopicBase text: String) -> Setting.Invalid? {
        let levels = text.split(separator: "/", omittingEmptySubsequences: false)
        if levels.contains(where: \.isEmpty) { return Setting.Invalid("a level is empty") }
        if text.utf8.contains(where: { "+#{}\0".utf8.contains($0) }) {
            return Setting.Invalid("a wildcard cannot stand here")
        }
        return text.utf8.first == UInt8(ascii: "$") ? Setting.Invalid("it starts with '$'") : nil
    }
}
