internal import Komoku
internal import KomokuHub

/// rtl_433: `{"time":…,"model":…,"id":…,…}`.
extension GenericJSONSource {
    func takeTransmission(_ text: String, _ message: DeviceMessage, _ news: inout DeviceNews) {
        guard let json = try? JSON(parsingFromDevice: text.utf8), let model = json["model"]?.string, !model.isEmpty
        else {
            return news.refuse("a transmission without 'model' is of no device")
        }
        let number = (json["id"] ?? json["channel"]).flatMap(Self.plain)
        let id = number.map { "\(model)/\($0)" } ?? model
        guard let device = device(id) ?? make(id, named: id, &news) else { return }
        if isRepeated(message, of: device) { return }
        device.model = model
        let leaves = InferredValue.leaves(of: json).filter { !["time", "model", "id", "mic"].contains($0.path) }
        takeCodes(leaves, message, of: device, &news)
        take(leaves.filter { !Self.isCode($0.path) }, of: device, &news)
    }

    private static func plain(_ json: JSON) -> String? {
        switch json {
        case .string(let text): text.isEmpty ? nil : text
        case .number: json.text
        default: nil
        }
    }

    // MARK: Buttons

    /// What a remote says when somebody presses it: each is an event, also where it is the same one again.
    private static let codes: Set<String> = [
        "cmd", "code", "command", "event", "key", "keypress", "rbutton", "secret_knock", "tristate",
    ]

    /// `button`, `button_id`, `button1`; of a decoder that its owner wrote `codes.1` and `rows.1.data`.
    private static func isCode(_ path: String) -> Bool {
        codes.contains(path) || path.hasPrefix("button") || path.hasPrefix("codes.")
            || path.hasPrefix("rows.") && path.hasSuffix(".data")
    }

    private func takeCodes(
        _ leaves: [(path: String, leaf: JSON)], _ message: DeviceMessage, of device: InferredDevice,
        _ news: inout DeviceNews
    ) {
        let codes = leaves.filter { Self.isCode($0.path) && Self.code($0.leaf) != nil }
        guard !codes.isEmpty else { return }
        for (path, _) in codes {
            var code = PropertyDescription(path, .string)
            code.isEvent = true
            if let known = device.property(path), !known.isEvent { device.replace(code) }
            add(code, to: device, &news)
        }
        tell(device, &news)
        // A replayed press is no press.
        if message.isRetained || isRepeated(leaves, message, of: device) { return }
        for (path, leaf) in codes {
            if device.property(path) != nil, let code = Self.code(leaf) {
                news.observe(PropertyID(device.id, path), .string(code))
            }
        }
    }

    private static func code(_ leaf: JSON) -> String? {
        switch leaf {
        case .bool(let bool): bool ? "true" : "false"
        default: plain(leaf).flatMap { $0.utf8.count > Value.maximumStringLength ? nil : $0 }
        }
    }

    // MARK: Repeats

    /// Senders repeat themselves, and several receivers hear one sender.
    private func isRepeated(_ message: DeviceMessage, of device: InferredDevice) -> Bool {
        var hasher = Hasher()
        hasher.combine(bytes: UnsafeRawBufferPointer(message.payload))
        return Self.isRepeated(hasher.finalize(), at: message.time, &device.lastTransmission, within: .seconds(2))
    }

    /// The same for a press, of which two receivers tell different levels and times.
    private func isRepeated(
        _ leaves: [(path: String, leaf: JSON)], _ message: DeviceMessage, of device: InferredDevice
    ) -> Bool {
        var hasher = Hasher()
        for (path, leaf) in leaves where !Self.levels.contains(path) {
            hasher.combine(path)
            hasher.combine(leaf.text)
        }
        return Self.isRepeated(hasher.finalize(), at: message.time, &device.lastCode, within: .milliseconds(700))
    }

    /// What a receiver says of how it heard something.
    private static let levels: Set<String> = ["rssi", "snr", "noise", "freq", "freq1", "freq2", "mod", "protocol"]

    private static func isRepeated(
        _ hash: Int, at time: Timestamp, _ last: inout (hash: Int, time: Timestamp)?, within window: Duration
    ) -> Bool {
        defer { last = (hash, time) }
        guard let last, last.hash == hash, time >= last.time else { return false }
        return time - last.time < window
    }
}
