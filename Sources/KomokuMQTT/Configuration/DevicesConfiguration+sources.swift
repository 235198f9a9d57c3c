extension DevicesConfiguration {
    /// Every source that is switched on, new, in the order in which they are asked.
    package func makeSources() -> [any DeviceSource] {
        var sources: [any DeviceSource] = zigbee2mqtt.map { Zigbee2MQTTSource(base: $0) }
        sources += tasmota.map { TasmotaSource(discovery: $0) }
        sources += homeAssistant.map { HomeAssistantSource(prefix: $0) }
        // ESPHome announces itself by Home Assistant's discovery: who reads all of that has it already.
        if hasESPHome, homeAssistant.isEmpty {
            sources.append(HomeAssistantSource(prefix: "homeassistant", only: .esphome))
        }
        if hasShelly { sources.append(ShellySource()) }
        if !homie.isEmpty { sources.append(HomieSource(domains: homie)) }
        if !json.isEmpty { sources.append(GenericJSONSource(topics: json)) }
        return sources
    }
}
