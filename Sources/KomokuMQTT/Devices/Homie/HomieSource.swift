internal import Komoku
internal import KomokuHub

/// Devices that speak the Homie convention, versions 3, 4 and 5.
///
/// All that they say of themselves is retained, attribute by attribute before version 5 and as one `$description` since. A
/// device is described once it is complete: while `$state` is `init`, and while something is announced that has no
/// attributes yet, it waits; and so do its values. Where something stays missing it is described with what there is, once
/// the broker has said what it retains.
final class HomieSource: DeviceSource {
    let name = "homie"
    private let domains: [String]
    /// By topic.
    private var devices: [String: HomieDevice] = [:]
    /// The topics of those that are described, by the id that they have.
    private var owners: [DeviceID: String] = [:]
    /// Of all attributes.
    private var bytes = 0

    static let maximumDevices = 4096
    /// The most bytes of all attributes.
    static let maximumBytes = 32 << 20

    /// - Parameter domains: the first levels of the topics.
    init(domains: [String] = ["homie"]) {
        self.domains = domains
    }

    var filters: [String] { domains.map { "\($0)/#" } }

    func plan(_ topic: inout DeviceTopic) {
        guard let parsed = HomieTopic(topic.topic, domains: domains) else { return }
        let device = devices[parsed.prefix]
        switch parsed.subject {
        case .attribute(let attribute):
            if parsed.version >= 5 {
                if ["$state", "$description"].contains(attribute) { topic.watch(self) }
            } else if Self.attributes.contains(attribute) || device?.isSettled == false {
                topic.watch(self)
            }
        case .inner: topic.watch(self)
        case .alert: device?.description == nil ? topic.hold() : topic.watch(self)
        case .value(let path):
            guard let device, device.description != nil else { return topic.hold() }
            guard let binding = device.bindings[path] else { return topic.hold() }
            topic.bindPayload(to: binding.property, binding.decoder, isEvent: binding.isEvent)
        case .other: break
        }
    }

    /// Of a device before version 5, those that are used.
    private static let attributes: Set<String> = ["$homie", "$name", "$nodes", "$state"]

    /// Without its `$state` a device is gone, whatever else is left of it.
    func isDiscovery(_ topic: String) -> Bool {
        if case .attribute("$state")? = HomieTopic(topic, domains: domains)?.subject { true } else { false }
    }

    func take(_ message: DeviceMessage, _ news: inout DeviceNews) {
        guard let parsed = HomieTopic(message.topic, domains: domains) else { return }
        guard let device = devices[parsed.prefix] ?? newDevice(parsed, message, &news) else { return }
        switch parsed.subject {
        case .attribute("$state"): takeState(message, of: device, &news)
        case .attribute("$description") where device.version >= 5: takeDocument(message, of: device, &news)
        case .attribute(let path), .inner(let path): takeAttribute(path, message, of: device, &news)
        case .alert(let alert): takeAlert(alert, message, of: device, &news)
        case .value, .other: break
        }
    }

    private func newDevice(
        _ parsed: HomieTopic, _ message: DeviceMessage, _ news: inout DeviceNews
    ) -> HomieDevice? {
        if message.payload.isEmpty { return nil }
        guard devices.count < Self.maximumDevices else {
            news.leaveOut(devices: 1)
            news.refuse("more than \(Self.maximumDevices) Homie devices")
            return nil
        }
        let device = HomieDevice(parsed)
        devices[device.prefix] = device
        return device
    }

    // MARK: What a device says of itself

    private func takeState(_ message: DeviceMessage, of device: HomieDevice, _ news: inout DeviceNews) {
        if message.payload.isEmpty { return remove(device, &news) }
        guard let text = message.text, let state = HomieState(rawValue: text) else {
            return news.refuse("'\((message.text ?? "").prefix(40))' is no state of a device")
        }
        let before = device.state
        if state != before {
            news.remember(message)
            device.changed = message.time
        }
        device.state = state
        if state == .sleeping { device.sleeps = true }
        if !message.isRetained, !message.isRestored {
            // It says all of itself before it leaves `init`.
            _ = settle(device, state != .initialising, &news)
        }
        if !refresh(device, &news) { observeOnline(device, &news) }
        if device.version >= 5, before?.endsChildren != state.endsChildren {
            for child in devices.values where root(of: child) === device { observeOnline(child, &news) }
        }
    }

    private func takeDocument(_ message: DeviceMessage, of device: HomieDevice, _ news: inout DeviceNews) {
        if message.payload.isEmpty { return remove(device, &news) }
        var hasher = Hasher()
        hasher.combine(bytes: UnsafeRawBufferPointer(message.payload))
        let hash = hasher.finalize()
        if hash == device.document { return }
        do throws(HomieModel.Invalid) {
            var complaints: [String] = []
            device.model = try HomieModel(document: message.payload, complaints: &complaints)
            device.complaints = Array(complaints.prefix(32))
        } catch {
            return news.refuse(error.description)
        }
        device.document = hash
        news.remember(message)
        _ = refresh(device, &news)
    }

    private func takeAttribute(
        _ path: String, _ message: DeviceMessage, of device: HomieDevice, _ news: inout DeviceNews
    ) {
        if path == "$homie", message.payload.isEmpty { return remove(device, &news) }
        let isLive = !message.isRetained && !message.isRestored
        let isReady = device.state.map { $0 != .initialising } ?? false
        let hasSettled = isLive && isReady && settle(device, true, &news)
        let isNew = keep(path, message, of: device, &news)
        // What the broker replays is not whole yet.
        if isNew, message.isRetained { _ = settle(device, false, &news) }
        if hasSettled || isNew { _ = refresh(device, &news) }
    }

    /// - Returns: whether the device is another than before.
    private func keep(
        _ path: String, _ message: DeviceMessage, of device: HomieDevice, _ news: inout DeviceNews
    ) -> Bool {
        if path.hasPrefix("$"), !Self.attributes.contains(path) { return false }
        guard let text = message.text else {
            news.refuse("the attribute is not UTF-8")
            return false
        }
        let before = device.attributes.bytes
        guard bytes + text.utf8.count <= Self.maximumBytes,
            let isNew = device.attributes.set(path, text.isEmpty ? nil : text)
        else {
            news.refuse("the device has too many attributes, or too long ones")
            return false
        }
        bytes += device.attributes.bytes - before
        guard isNew else { return false }
        device.changed = message.time
        if text.isEmpty { news.forget(message.topic) } else { news.remember(message) }
        return true
    }

    private func takeAlert(
        _ alert: String, _ message: DeviceMessage, of device: HomieDevice, _ news: inout DeviceNews
    ) {
        guard let text = message.text, text.utf8.count <= Value.maximumStringLength else {
            return news.refuse("the alert is no text of up to 64 KiB")
        }
        guard !text.isEmpty || device.alerts.contains(alert) else { return }
        guard let isNew = device.addAlert(alert) else { return news.refuse("the device has too many alerts") }
        if isNew {
            news.remember(message)
            _ = refresh(device, &news)
        }
        if let id = device.id { news.observe(PropertyID(id, HomieDevice.alertName(alert)), .string(text)) }
    }

    /// - Returns: whether that is new.
    private func settle(_ device: HomieDevice, _ isSettled: Bool, _ news: inout DeviceNews) -> Bool {
        guard device.isSettled != isSettled else { return false }
        device.isSettled = isSettled
        news.topicsChanged()
        return true
    }

    /// What is missing of a device by now stays missing.
    func passed(to time: Timestamp, isSettled: Bool, _ news: inout DeviceNews) {
        guard isSettled else { return }
        for prefix in devices.filter({ $0.value.isOverdue(at: time) }).keys.sorted() {
            guard let device = devices[prefix] else { continue }
            var isComplete = false
            _ = device.attributes.model(isComplete: &isComplete)
            // One that is complete is described, and waits for what comes later as it did before.
            if isComplete, device.state != nil {
                device.changed = nil
                continue
            }
            _ = settle(device, true, &news)
            _ = refresh(device, &news)
        }
    }

    // MARK: What the hub hears

    /// - Returns: whether the device was described.
    private func refresh(_ device: HomieDevice, _ news: inout DeviceNews) -> Bool {
        guard let model = device.currentModel() else { return false }
        let id = device.id ?? newID(of: device)
        let (description, commands) = device.describe(model, as: id, via: via(model, of: device))
        guard description != device.description else { return false }
        device.id = id
        device.description = description
        owners[id] = device.prefix
        news.describe(description, commands: commands)
        observeOnline(device, &news)
        return true
    }

    /// The id that it has in Homie; its topic, where another one under another topic has that.
    private func newID(of device: HomieDevice) -> DeviceID {
        let id = DeviceID(device.name)
        return owners[id] == nil ? id : DeviceID(device.prefix)
    }

    private func via(_ model: HomieModel, of device: HomieDevice) -> DeviceID? {
        guard let above = model.parent ?? model.root, above != device.name else { return nil }
        return neighbour(above, of: device)?.id ?? DeviceID(above)
    }

    private func neighbour(_ name: String, of device: HomieDevice) -> HomieDevice? {
        devices[HomieTopic.prefix(of: name, version: device.version, domain: device.domain)]
    }

    private func root(of device: HomieDevice) -> HomieDevice? {
        guard device.version >= 5, let name = device.model?.root ?? device.model?.parent, name != device.name
        else { return nil }
        return neighbour(name, of: device)
    }

    /// A root that is lost takes its children with it, whatever they said last.
    private func observeOnline(_ device: HomieDevice, _ news: inout DeviceNews) {
        guard device.description != nil, let id = device.id, let state = device.state else { return }
        let isCutOff = root(of: device)?.state?.endsChildren == true
        news.observe(PropertyID(id, PropertyDescription.online.name), .boolean(state.isOnline && !isCutOff))
    }

    private func remove(_ device: HomieDevice, _ news: inout DeviceNews) {
        devices[device.prefix] = nil
        bytes -= device.attributes.bytes
        for path in ["$state", "$description"] + device.alerts.map({ "$alert/\($0)" }) where device.version >= 5 {
            news.forget("\(device.prefix)/\(path)")
        }
        if device.version < 5 {
            for path in device.attributes.texts.keys.sorted() + ["$state"] { news.forget("\(device.prefix)/\(path)") }
        }
        guard device.description != nil, let id = device.id else { return }
        owners[id] = nil
        news.remove(id)
    }
}
