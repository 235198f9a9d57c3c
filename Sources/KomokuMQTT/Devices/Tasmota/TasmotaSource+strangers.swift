package import Komoku
internal import KomokuHub

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
        guard adoptsStrangers, !message.isRetained else { return }
        strangers.heard(telemetry, runsLong: Self.runsLong(json), at: message.time)
        guard strangers.isKnownLongEnough(telemetry, at: message.time) else { return }
        _ = adoptStranger(String(levels[1]), json, at: message.time, &news)
    }

    /// The time goes by: those that spoke once and have no discovery by now are devices.
    package func passed(to time: Timestamp, isSettled: Bool, _ news: inout DeviceNews) {
        strangers.hasSettled = isSettled
        guard adoptsStrangers else { return }
        for telemetry in strangers.ripe(at: time) {
            let name = String(decoding: telemetry.dropFirst("tele/".utf8.count).dropLast(), as: UTF8.self)
            guard let state = strangers.state(of: telemetry), let json = try? JSON(parsingFromDevice: state) else {
                continue
            }
            strangers.started(at: time)
            if let device = adoptStranger(name, json, at: time, &news) { replay(state, of: device, &news) }
        }
    }

    /// - Returns: the device that it is now.
    private func adoptStranger(
        _ name: String, _ json: JSON, at time: Timestamp, _ news: inout DeviceNews
    ) -> TasmotaDevice? {
        guard let short = TasmotaConfig.short(name), short.utf8.count == name.utf8.count,
            let device = try? device(DeviceID(name)), device.config == nil
        else {
            strangers.ban("tele/\(name)/")
            return nil
        }
        adopt(device, topic: name, &news)
        guard device.topics != nil else {
            devices[device.id] = nil
            // Else it would be tried again each second.
            strangers.ban("tele/\(name)/")
            return nil
        }
        _ = strangers.takeState(of: "tele/\(name)/")
        let noise = Set(TasmotaDevice.stateNoise)
        _ = learnState(TasmotaLeaf.flat(json).map(\.path).filter { !noise.contains($0) }, json, device)
        device.rebuild()
        heard(device, at: time, &news)
        remember(device, &news)
        describe(device, &news)
        ask(device, &news)
        return device
    }

    /// It has run for a minute at least: its discovery is sent after ten seconds.
    private static func runsLong(_ state: JSON) -> Bool {
        if let seconds = state["UptimeSec"]?.number { return seconds >= 60 }
        // `0T00:05:12`
        let parts = (state["Uptime"]?.string ?? "").split(separator: "T", omittingEmptySubsequences: false)
        guard parts.count == 2, let days = Int(parts[0]) else { return false }
        return days > 0 || !parts[1].hasPrefix("00:00:")
    }

    /// STATE of the firmware and not of something else that has such a topic.
    private static func looksRight(_ json: JSON) -> Bool {
        json["Time"]?.string != nil && (json["Uptime"] != nil || json["Wifi"] != nil || json["POWER"] != nil)
    }

    /// The values of a message that came before its device was known.
    func replay(_ state: [UInt8], of device: TasmotaDevice, _ news: inout DeviceNews) {
        guard let json = try? JSON(parsingFromDevice: state) else { return }
        for (path, value) in TasmotaLeaf.flat(json) {
            for field in device.fields where field.origins.contains(.state(path)) {
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
