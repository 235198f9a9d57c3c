import Komoku
import KomokuHub

/// What the messages of a device's topics mean.
extension TasmotaDevice {
    /// Paths of STATE that no property is made of: it would be learnt from for each message else.
    static let stateNoise = [
        "Time", "Uptime", "UptimeSec", "Heap", "SleepMode", "Sleep", "LoadAvg", "MqttCount", "Berry.HeapUsed",
        "Berry.Objects", "Scheme", "Fade", "Speed", "LedTable", "Hostname", "IPAddress", "Wifi.AP", "Wifi.SSId",
        "Wifi.BSSId", "Wifi.Channel", "Wifi.Mode", "Wifi.LinkCount", "Wifi.Downtime",
    ]
    private static let sensorNoise = ["Time", "TempUnit", "PressureUnit", "SpeedUnit", "ENERGY.TotalStartTime"]

    func plan(_ message: TasmotaMessage, _ topic: inout DeviceTopic, _ source: TasmotaSource) {
        switch message {
        case .availability: topic.watch(source)
        case .state:
            topic.date(by: source.time("Time"))
            topic.watch(source)
            bindState("", &topic)
            topic.learn(source, ignoring: Self.stateNoise)
        case .sensor:
            topic.date(by: source.time("Time"))
            if units.isStated { topic.watch(TasmotaUnitCheck(self, source)) }
            if isBridge { topic.watch(source) }
            bindSensors("", &topic, source)
        case .status(let number): planStatus(number, &topic, source)
        case .result, .report:
            topic.date(by: source.time("Time"))
            if message == .report { topic.watch(source) }
            bindState("", &topic)
            bindResults(&topic)
            topic.learn(source, ignoring: Self.stateNoise)
        case .answer:
            bindState("", &topic)
            bindResults(&topic)
        case .power(let name): bindPower(name, &topic)
        case .zigbee: topic.watch(source)
        }
    }

    private func planStatus(_ number: Int, _ topic: inout DeviceTopic, _ source: TasmotaSource) {
        switch number {
        case 11:
            topic.date(by: source.time("StatusSTS.Time"))
            bindState("StatusSTS.", &topic)
        case 8, 10:
            topic.date(by: source.time("StatusSNS.Time"))
            if units.isStated { topic.watch(TasmotaUnitCheck(self, source)) }
            bindSensors("StatusSNS.", &topic, source)
        default:
            bindState("StatusSTS.", &topic)
            bindSensors("StatusSNS.", &topic, nil)
        }
    }

    private func bindState(_ prefix: String, _ topic: inout DeviceTopic) {
        bind(&topic) { if case .state(let path) = $0 { prefix + path } else { nil } }
    }

    private func bindSensors(_ prefix: String, _ topic: inout DeviceTopic, _ learner: TasmotaSource?) {
        bind(&topic) { if case .sensor(let path) = $0 { prefix + path } else { nil } }
        bind(&topic, { $0.ofSingle }) { if case .list(let path) = $0 { prefix + path } else { nil } }
        if let learner { topic.learn(learner, ignoring: Self.sensorNoise.map { prefix + $0 }) }
    }

    private func bindResults(_ topic: inout DeviceTopic) {
        bind(&topic) { if case .result(let path) = $0 { path } else { nil } }
    }

    private func bind(
        _ topic: inout DeviceTopic, _ decoder: (DeviceDecoder) -> DeviceDecoder = { $0 },
        path: (TasmotaField.Origin) -> String?
    ) {
        for field in fields {
            for path in field.origins.compactMap(path) {
                topic.bind(
                    path, to: property(field.property.name), decoder(field.decoder), isEvent: field.property.isEvent)
            }
        }
    }

    private func bindPower(_ name: String, _ topic: inout DeviceTopic) {
        guard let field = fields.first(where: { $0.origins.contains(.power(name)) }) else { return }
        let keys = field.origins.compactMap { if case .power(let key) = $0 { key } else { nil } }
        topic.bindPayload(to: property(field.property.name), words.payload(keys))
    }
}

extension DeviceDecoder {
    /// The same for one value; the items of a list have origins of their own.
    fileprivate var ofSingle: DeviceDecoder {
        let decoder = self
        return .custom { input in if case .composite = input { .nothing } else { decoder.decode(input) } }
    }
}
