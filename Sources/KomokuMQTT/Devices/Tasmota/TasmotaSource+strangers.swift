import Komoku
import KomokuHub

/// Devices that no discovery explains.
extension TasmotaSource {
    func planStranger(_ topic: inout DeviceTopic, _ levels: [Substring]) {
        guard let last = levels.last, levels.count > 1 else { return }
        let isDefault = levels.count == 3 && (levels[0] == "tele" || levels[0] == "stat") && !levels[1].isEmpty
        guard isDefault else {
            // A device with another pattern of topics, whose discovery may follow.
            if ["LWT", "STATE", "SENSOR"].contains(last) { topic.hold() }
            return
        }
        if !topic.isEmpty {
            // SetOption19: Home Assistant's discovery explains it.
            return strangers.ban("tele/\(levels[1])/")
        }
        let isAnswer = levels[0] == "stat"
        switch TasmotaMessage(last, isAnswer: isAnswer, isTelemetry: !isAnswer) {
        case .state?:
            strangers.saw(Array("tele/\(levels[1])/".utf8))
            topic.watch(self)
        case .availability?:
            strangers.saw(Array("tele/\(levels[1])/".utf8))
            topic.hold()
        case .sensor?, .power?, .result?, .report?, .status?: topic.hold()
        case .answer?, .zigbee?, nil: break
        }
    }

    func takeStranger(_ message: DeviceMessage, _ levels: [Substring], _ news: inout DeviceNews) {
        guard levels.count == 3, levels[0] == "tele", levels[2] == "STATE", !message.isRestored,
            let json = try? message.json(), Self.looksRight(json)
        else { return }
        let telemetry = Array("tele/\(levels[1])/".utf8)
        strangers.saw(telemetry)
        strangers.keep(message.payload, of: telemetry)
        guard adoptsStrangers, !message.isRetained, strangers.isKnownLongEnough(telemetry, at: message.time) else {
            return
        }
        let name = String(levels[1])
        guard let short = TasmotaConfig.short(name), short.utf8.count == name.utf8.count,
            let device = try? device(DeviceID(name)), device.config == nil
        else { return }
        adopt(device, topic: name, &news)
        guard device.topics != nil else { return devices[device.id] = nil }
        _ = strangers.takeState(of: "tele/\(levels[1])/")
        for (path, _) in TasmotaLeaf.flat(json) where TasmotaFields.isKey(path) {
            _ = TasmotaLearnt.add(path, to: &device.learnt.keys)
        }
        device.rebuild()
        heard(device, at: message.time, &news)
        remember(device, &news)
        describe(device, &news)
        ask(device, &news)
    }

    /// STATE of the firmware and not of something else that has such a topic.
    private static func looksRight(_ json: JSON) -> Bool {
        json["Time"]?.string != nil && (json["Uptime"] != nil || json["Wifi"] != nil || json["POWER"] != nil)
    }

    /// The values of a message that came before its device was known.
    func replay(_ state: [UInt8], of device: TasmotaDevice, _ news: inout DeviceNews) {
        guard let json = try? JSON(parsingFromDevice: state) else { return }
        for (path, value) in TasmotaLeaf.flat(json) {
            for field in device.fields where field.places.contains(.state(path)) {
                guard let input = DeviceInput(leaf: value), case .value(let value) = field.decoder.decode(input) else {
                    continue
                }
                news.observe(device.property(field.property.name), value)
            }
        }
    }
}

extension DeviceInput {
    /// Nil where it is no leaf, or `null`.
    fileprivate init?(leaf: JSON) {
        switch leaf {
        case .string(let text): self = .text(text)
        case .number(let number): self = .number(number)
        case .bool(let bool): self = .bool(bool)
        case .null, .array, .object: return nil
        }
    }
}
