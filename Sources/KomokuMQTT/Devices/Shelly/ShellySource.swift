internal import Komoku
internal import KomokuHub

/// Shelly devices of both generations. They have no discovery: a device is known by its topics, and its properties are made
/// as they are first heard.
///
/// The first generation speaks under `shellies/<id>`. Later ones speak under a topic of their own: known are those that
/// start with `shelly`, in the first or last level, and any of up to eight levels under which a notification of the right
/// shape comes on `events/rpc`; what comes under others before that is held.
final class ShellySource: DeviceSource {
    let name = "shelly"
    /// By topic.
    var devices: [DeviceID: ShellyDevice] = [:]
    private var owners: [DeviceID: ShellyDevice] = [:]
    /// Models that were announced of devices of which nothing else was heard.
    private var models: [DeviceID: String] = [:]
    /// Deep topics of which the broad filters miss something.
    private var deepPrefixes: [String] = []

    static let maximumDevices = 4096

    init() {}

    var filters: [String] {
        let broad = (1...ShellyTopic.maximumDepth).flatMap { depth in
            let prefix = Array(repeating: "+", count: depth).joined(separator: "/")
            return ["\(prefix)/online", "\(prefix)/events/rpc"]
        }
        return ["\(ShellyTopic.root)/#", ShellyTopic.answerTopic, "+/status/+"] + broad
            + deepPrefixes.map { "\($0)/status/+" }
    }

    // MARK: What topics mean

    func plan(_ topic: inout DeviceTopic) {
        guard let parsed = ShellyTopic(topic.topic) else { return }
        switch parsed {
        case .announcements, .announce, .memory, .answers: topic.watch(self)
        case .online(let prefix): planOnline(prefix, &topic)
        case .notifications(let prefix):
            topic.watch(self)
            if let device = device(prefix) { planNotifications(device, &topic) }
        case .status(let prefix, let component): planStatus(component, prefix, &topic)
        case .plain(let prefix, let rest): planPlain(rest, prefix, &topic)
        }
    }

    func device(_ prefix: String) -> ShellyDevice? { devices[DeviceID(prefix)] }

    private func planOnline(_ prefix: String, _ topic: inout DeviceTopic) {
        guard let device = device(prefix) else {
            return ShellyTopic.isShelly(prefix) ? topic.watch(self) : topic.hold()
        }
        topic.watch(self)
        let online = PropertyID(device.id, PropertyDescription.online.name)
        topic.bindPayload(to: online, .boolean(on: ["true"], off: ["false"]))
    }

    private func planNotifications(_ device: ShellyDevice, _ topic: inout DeviceTopic) {
        for property in device.properties {
            guard case .component(let component, let path) = property.origin else { continue }
            topic.bind("params.\(component).\(path)", to: device.id(of: property), property.decoder)
        }
        topic.guardMessages(device.guardian)
        topic.date(by: TimeReader(path: device.guardian.path))
        learn(Self.notifications, of: device, &topic)
    }

    private func planStatus(_ component: String, _ prefix: String, _ topic: inout DeviceTopic) {
        guard let device = device(prefix) else {
            return ShellyTopic.isShelly(prefix) ? topic.watch(self) : topic.hold()
        }
        for property in device.properties(of: component) {
            guard case .component(_, let path) = property.origin else { continue }
            topic.bind(path, to: device.id(of: property), property.decoder)
        }
        learn("status/\(component)", of: device, &topic)
    }

    private func planPlain(_ rest: String, _ prefix: String, _ topic: inout DeviceTopic) {
        if ShellyDocument.isDocument(rest) { return topic.watch(self) }
        let device = device(prefix)
        if ShellyPlain.isLightStatus(rest) {
            guard let device else { return topic.watch(self) }
            for property in device.properties {
                guard case .field(rest, let member) = property.origin else { continue }
                topic.bind(member, to: device.id(of: property), property.decoder)
            }
            return learn(rest, of: device, &topic)
        }
        if let property = device?.property(from: .topic(rest)), !property.description.isEvent {
            topic.bindPayload(to: PropertyID(device?.id ?? DeviceID(""), property.name), property.decoder)
        } else if ShellyPlain.property(rest) != nil {
            topic.watch(self)
        }
    }

    private func learn(_ rest: String, of device: ShellyDevice, _ topic: inout DeviceTopic) {
        guard device.learns else { return }
        topic.learn(self, ignoring: (device.unused[rest] ?? []).sorted())
    }

    static let notifications = "events/rpc"

    // MARK: Messages

    func take(_ message: DeviceMessage, _ news: inout DeviceNews) {
        guard let parsed = ShellyTopic(message.topic) else { return }
        switch parsed {
        case .announcements: takeAnnouncement(message, of: nil, &news)
        case .announce(let prefix): takeAnnouncement(message, of: prefix, &news)
        case .memory(let prefix): takeMemory(message, of: prefix, &news)
        case .online(let prefix): takeOnline(message, of: prefix, &news)
        case .notifications(let prefix): takeNotification(message, of: prefix, &news)
        case .status(let prefix, let component): takeStatus(component, message, of: prefix, &news)
        case .plain(let prefix, let rest): takePlain(rest, message, of: prefix, &news)
        case .answers: takeAnswer(message, &news)
        }
    }

    func connected(_ news: inout DeviceNews) {
        news.ask("\(ShellyTopic.root)/command", "announce")
        for device in devices.values where device.takesCalls && !device.sleeps { askStatus(of: device, &news) }
    }

    func askStatus(of device: ShellyDevice, _ news: inout DeviceNews) {
        let call = ShellyCall.payload("Shelly.GetStatus")
        news.ask("\(device.prefix)/rpc", String(decoding: call, as: UTF8.self))
    }

    // MARK: Devices

    /// The device of that topic, made where there is none; nil where there are too many.
    func makeDevice(_ prefix: String, _ news: inout DeviceNews) -> ShellyDevice? {
        if let device = device(prefix) { return device }
        guard devices.count < Self.maximumDevices else {
            news.leaveOut(devices: 1)
            news.refuse("more than \(Self.maximumDevices) Shelly devices")
            return nil
        }
        let root = "\(ShellyTopic.root)/"
        let isPlain = prefix.utf8.starts(with: root.utf8)
        var id = DeviceID(isPlain ? String(decoding: prefix.utf8.dropFirst(root.utf8.count), as: UTF8.self) : prefix)
        if owners[id] != nil { id = DeviceID(prefix) }
        let device = ShellyDevice(id: id, prefix: prefix)
        device.model = models.removeValue(forKey: id)
        devices[DeviceID(prefix)] = device
        owners[id] = device
        if !isPlain, prefix.utf8.contains(UInt8(ascii: "/")) { deepPrefixes.append(prefix) }
        return device
    }

    /// Its availability was deleted from the broker: somebody cleans up behind it.
    func remove(_ prefix: String, _ news: inout DeviceNews) {
        guard let device = devices.removeValue(forKey: DeviceID(prefix)) else { return }
        owners[device.id] = nil
        deepPrefixes.removeAll { $0.utf8.elementsEqual(prefix.utf8) }
        for rest in device.presses.keys.sorted() + [ShellyTopic.memoryName] { news.forget("\(prefix)/\(rest)") }
        news.remove(device.id)
    }

    /// Adds what was heard for the first time.
    func add(_ properties: [ShellyProperty], to device: ShellyDevice, _ news: inout DeviceNews) {
        for property in properties { _ = device.add(property) }
        describe(device, &news)
    }

    /// Tells the hub, where something differs from what it knows.
    func describe(_ device: ShellyDevice, isRestored: Bool = false, _ news: inout DeviceNews) {
        let description = device.currentDescription()
        guard description != device.description else { return }
        device.description = description
        news.describe(description, commands: device.commands())
        if !isRestored { remember(device, &news) }
    }

    private func remember(_ device: ShellyDevice, _ news: inout DeviceNews) {
        ShellyMemory.document(of: device).bytes.withUnsafeBufferPointer { payload in
            let topic = "\(device.prefix)/\(ShellyTopic.memoryName)"
            news.remember(DeviceMessage(topic: topic, payload: payload, time: Timestamp(microseconds: 0)))
        }
    }

    private func takeMemory(_ message: DeviceMessage, of prefix: String, _ news: inout DeviceNews) {
        // Anybody can send a message of that topic; only the hub's memory counts.
        guard message.isRestored, let document = try? message.json(), let device = makeDevice(prefix, &news)
        else { return }
        ShellyMemory.restore(document, into: device)
        describe(device, isRestored: true, &news)
    }

    private func takeAnnouncement(_ message: DeviceMessage, of prefix: String?, _ news: inout DeviceNews) {
        if message.payload.isEmpty { return }
        guard message.payload.count <= 4096, let json = try? message.json(), let model = json["model"]?.string,
            let id = json["id"]?.string, model.utf8.count <= 255, id.utf8.count <= ShellyTopic.maximumPrefix
        else { return news.refuse("it announces no device") }
        if let device = prefix.map({ makeDevice($0, &news) }) ?? device("\(ShellyTopic.root)/\(id)") {
            device.model = model
            describe(device, &news)
        } else if models.count < Self.maximumDevices {
            // It may speak under a topic that its owner chose: nothing is made of this alone.
            models[DeviceID(id)] = model
        }
    }
}
