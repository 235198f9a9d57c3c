extension DevicesConfiguration {
    /// The words of the families that are switched on, as their devices name them.
    var words: Set<String> {
        let words = [
            ("zigbee2mqtt", !zigbee2mqtt.isEmpty), ("tasmota", !tasmota.isEmpty), ("shelly", hasShelly),
            ("homeassistant", !homeAssistant.isEmpty), ("esphome", hasESPHome && homeAssistant.isEmpty),
            ("homie", !homie.isEmpty), ("json", !json.isEmpty), (OwnTracksSource.word, !ownTracks.isEmpty),
        ]
        return Set(words.filter(\.1).map(\.0))
    }

    /// The sources that the section asks for, new ones. Those that explain a topic by its discovery come before those that
    /// take what looks like one of theirs.
    package func makeSources() -> [any DeviceSource] {
        var sources: [any DeviceSource] = zigbee2mqtt.map { Zigbee2MQTTSource(base: $0) }
        sources += homeAssistant.map { homeAssistantSource(prefix: $0, only: .all) }
        // ESPHome announces itself by Home Assistant's discovery: who reads all of that has it already.
        if hasESPHome, homeAssistant.isEmpty {
            sources.append(homeAssistantSource(prefix: "homeassistant", only: .esphome))
        }
        for (index, discovery) in tasmota.enumerated() {
            // Devices without a discovery belong to none of several prefixes more than to another.
            sources.append(
                TasmotaSource(
                    discovery: discovery, adoptsStrangers: index == tasmota.count - 1, zone: tasmotaZones[discovery]))
        }
        if hasShelly { sources.append(ShellySource()) }
        if !homie.isEmpty { sources.append(HomieSource(domains: homie)) }
        sources += ownTracks.map { OwnTracksSource(base: $0) }
        if !json.isEmpty { sources.append(GenericJSONSource(topics: json)) }
        return sources
    }

    /// zigbee2mqtt announces its devices to Home Assistant as well; what is read at the source is not read twice.
    private func homeAssistantSource(prefix: String, only families: HomeAssistantSource.Families) -> HomeAssistantSource
    {
        HomeAssistantSource(
            prefix: prefix, only: families, leaving: zigbee2mqtt, holdsUnknown: json.isEmpty, zone: zone)
    }
}
