import Komoku
import KomokuHub
import KomokuMQTT
import KomokuRules
import KomokuYAML

extension RuleTestSubject {
    /// Reads a configuration as the daemon does, for tests of its rules.
    ///
    /// - Parameter catalogue: of the house in which the rules are to run; nil where it is not known.
    static func loader(
        environment: [String: String], catalogue: KeyCatalogue? = nil, foreignFiles: FolderFiles? = nil
    ) -> Loader {
        { path, overrides in
            var options = Settings.Options(environment: environment, overrides: overrides, catalogue: catalogue)
            options.foreignFiles = foreignFiles
            let (settings, findings) = Settings.load(path, options)
            return (settings.map { RuleTestSubject($0, catalogue: catalogue) }, findings)
        }
    }

    init(_ settings: Settings, catalogue: KeyCatalogue? = nil) {
        let (mqtt, sources) = (settings.mqtt, settings.hub.sources)
        var hub = settings.hub
        hub.playedKeys = catalogue
        self.init(
            hub: hub, rules: settings.rules, notes: settings.notes,
            makeDecoder: { MappingDecoder(messages: MappedMessages(mqtt)) },
            mappedType: { name in
                if let type = catalogue?[name]?.type { return type }
                // Of a key that a device may bring only what names it tells the type.
                guard let key = sources.maker(of: name), key.isNamed || mqtt.devices.isEmpty else { return nil }
                return key.type
            })
    }
}

/// Knows the mappings of the configuration; devices announce themselves to the running hub only.
private final class MappingDecoder: MessageDecoder {
    private let messages: MappedMessages

    init(messages: MappedMessages) {
        self.messages = messages
    }

    func observations(
        of topic: String, _ payload: [UInt8], isRetained: Bool, at time: Timestamp
    ) -> [Observation] {
        messages.observations(of: topic, payload, isRetained: isRetained, at: time)
    }
}
