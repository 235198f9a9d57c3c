import Komoku
import KomokuHub

/// What devices say of themselves.
extension TasmotaSource {
    func take(_ message: DeviceMessage, _ parsed: TasmotaTopic, _ news: inout DeviceNews) {
        let device = parsed.device
        switch parsed.message {
        case .availability: takeAvailability(message, device, &news)
        case .state:
            if !message.isRetained { heard(device, at: message.time, &news) }
        case .report:
            guard let json = try? message.json() else { return }
            if json["ZbReceived"] != nil { return takeZigbee(json, parsed, message, &news) }
            takeCodes(json, device, message, &news)
        case .sensor, .zigbee:
            guard let json = try? message.json() else { return }
            takeZigbee(json, parsed, message, &news)
        case .result, .status, .power, .answer: break
        }
    }

    private func takeZigbee(
        _ json: JSON, _ parsed: TasmotaTopic, _ message: DeviceMessage, _ news: inout DeviceNews
    ) {
        let reports = TasmotaZigbeeReport.all(in: json, level: parsed.level, isWrapped: parsed.message == .zigbee)
        if take(reports, parsed.device, message, &news) { learnt(by: parsed.device, &news) }
    }

    private func take(
        _ reports: [TasmotaZigbeeReport], _ device: TasmotaDevice, _ message: DeviceMessage, _ news: inout DeviceNews
    ) -> Bool {
        reports.reduce(false) { device.take($1, isRetained: message.isRetained, &news) || $0 }
    }

    private func takeAvailability(_ message: DeviceMessage, _ device: TasmotaDevice, _ news: inout DeviceNews) {
        guard let config = device.config, !message.payload.isEmpty else { return }
        guard let word = message.text else { return news.refuse("the payload is not UTF-8") }
        let decoder = DeviceDecoder.boolean(on: [config.onlineWord], off: [config.offlineWord])
        switch decoder.decode(.text(word)) {
        case .value(let value):
            device.isOnline = value.boolean
            news.observe(device.property(PropertyDescription.online.name), value)
        case .nothing, .unknown: break
        case .refused(let reason), .misfit(let reason): news.refuse(reason)
        }
    }

    /// Live telemetry: it tells the rhythm, and that the device is there after a last will that came late.
    func heard(_ device: TasmotaDevice, at time: Timestamp, _ news: inout DeviceNews) {
        device.lastHeard = time
        let sleeps = device.config?.sleeps ?? false
        let longest: Duration = .seconds(sleeps ? 86_400 : 3600)
        if device.learnt.rhythm.heard(at: time, longest: longest) {
            remember(device, &news)
            describe(device, &news)
        }
        if device.isOnline == false, !sleeps {
            device.isOnline = true
            news.observe(device.property(PropertyDescription.online.name), .boolean(true))
        }
    }

    // MARK: Codes

    /// Codes of remote controls. Their message says the time: the same bytes again are a repeat.
    private func takeCodes(
        _ json: JSON, _ device: TasmotaDevice, _ message: DeviceMessage, _ news: inout DeviceNews
    ) {
        let codes = ["RfReceived", "IrReceived"].compactMap { bridge in json[bridge].flatMap { Self.code($0, bridge) } }
        if codes.isEmpty { return }
        let isNew = codes.reduce(false) { TasmotaLearnt.add($1.path, to: &device.learnt.codes) || $0 }
        if isNew { learnt(by: device, &news) }
        if message.isRetained { return }
        let hash = Self.hash(message.payload)
        defer { device.lastCode = hash }
        if device.lastCode == hash { return }
        for code in codes { news.observe(device.property(code.path), .string(code.text)) }
    }

    /// A protocol that the firmware does not know has a hash only.
    private static func code(_ body: JSON, _ bridge: String) -> (path: String, text: String)? {
        for name in ["Data", "Hash"] {
            guard let data = body[name], data.array == nil, data.object == nil else { continue }
            let text = data.string ?? data.text
            if Value.infer(text) != nil, text.utf8.count <= Value.maximumStringLength {
                return ("\(bridge).\(name)", text)
            }
        }
        return nil
    }

    // MARK: Learning

    /// Something of a device is new: everybody is told, also after a restart.
    private func learnt(by device: TasmotaDevice, _ news: inout DeviceNews) {
        device.rebuild()
        remember(device, &news)
        describe(device, &news)
    }

    package func learn(_ paths: [String], from message: DeviceMessage, _ news: inout DeviceNews) {
        let levels = message.levels
        guard let parsed = parsed(of: message.topic, levels) else { return }
        let device = parsed.device
        var isNew = false
        switch parsed.message {
        case .state:
            guard let json = try? message.json() else { return }
            isNew = learnState(paths, json, device)
        case .result, .report: isNew = learnResult(paths, device)
        case .sensor, .status:
            guard let json = try? message.json() else { return }
            if parsed.message == .sensor, !device.isBridge { takeZigbee(json, parsed, message, &news) }
            let inner = json["StatusSNS"]
            isNew = learnSensors(inner ?? json, inner == nil ? "" : "StatusSNS.", paths, device)
        case .availability, .power, .answer, .zigbee: break
        }
        if isNew { learnt(by: device, &news) }
    }

    /// What STATE has beyond what discovery promises: numbers and switches, not texts about the firmware.
    func learnState(_ paths: [String], _ json: JSON, _ device: TasmotaDevice) -> Bool {
        let isNew = learnKeys(paths, device)
        let unknown = Set(paths.filter { !TasmotaFields.isKey($0) && !Self.isFirmware($0) }.map { Array($0.utf8) })
        if unknown.isEmpty { return isNew }
        return TasmotaLeaf.flat(json).reduce(isNew) { isNew, leaf in
            guard unknown.contains(Array(leaf.path.utf8)),
                let kind = TasmotaLeaf.kind(leaf.path, leaf.value, device.words), [.number, .boolean].contains(kind)
            else { return isNew }
            return device.learnt.addState(TasmotaLeaf(path: leaf.path, kind: kind)) || isNew
        }
    }

    /// How the firmware and its network do.
    private static func isFirmware(_ path: String) -> Bool {
        ["Wifi.", "Berry.", "Ethernet.", "Zigbee.", "Sys."].contains { path.hasPrefix($0) }
    }

    private func learnKeys(_ paths: [String], _ device: TasmotaDevice) -> Bool {
        guard !device.isDiscovered else { return false }
        return paths.filter(TasmotaFields.isKey).reduce(false) { TasmotaLearnt.add($1, to: &device.learnt.keys) || $0 }
    }

    /// Sensors that discovery did not name.
    private func learnSensors(_ body: JSON, _ prefix: String, _ paths: [String], _ device: TasmotaDevice) -> Bool {
        let reports = TasmotaZigbeeReport.all(in: body, level: nil, isWrapped: false)
        if !reports.isEmpty { return false }
        _ = device.readUnits(body)
        let unknown = Set(paths.map { PropertyID(device.id, $0) })
        return TasmotaLeaf.flat(body).reduce(false) { isNew, leaf in
            guard unknown.contains(PropertyID(device.id, prefix + leaf.path)),
                let kind = TasmotaLeaf.kind(leaf.path, leaf.value, device.words)
            else { return isNew }
            return device.learnt.add(TasmotaLeaf(path: leaf.path, kind: kind)) || isNew
        }
    }

    private func learnResult(_ paths: [String], _ device: TasmotaDevice) -> Bool {
        var isNew = learnKeys(paths, device)
        for path in paths {
            if TasmotaFields.shutter(path) != nil, path.hasSuffix(".Position") {
                isNew = device.learnt.add(TasmotaLeaf(path: path, kind: .number)) || isNew
            } else if path.hasSuffix(".Action") {
                isNew = learnAction(String(path.dropLast(7)), device) || isNew
            }
        }
        return isNew
    }

    private func learnAction(_ name: String, _ device: TasmotaDevice) -> Bool {
        guard Int(name.dropFirst(6)) != nil else { return false }
        if name.hasPrefix("Button") { return TasmotaLearnt.add(name, to: &device.learnt.actions) }
        return name.hasPrefix("Switch") && device.learnt.add(TasmotaLeaf(path: name, kind: .boolean))
    }
}
