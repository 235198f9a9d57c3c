internal import Komoku
internal import KomokuHub

/// Devices without any discovery, under the topics that the user names: what their messages hold becomes properties.
/// rtl_433, OpenMQTTGateway, Theengs and Frigate are known by the shapes of their topics.
final class GenericJSONSource: DeviceSource {
    static let maximumDevices = 4096
    /// Where a device is remembered; no broker's wildcard reaches such topics.
    static let memory = "$json/"

    let name = "json"
    let filters: [String]
    private let patterns: [TopicFilter]
    var devices: [DeviceID: InferredDevice] = [:]

    /// - Parameter topics: filters, as MQTT spells them.
    init(topics: [String]) {
        filters = topics
        patterns = topics.compactMap { TopicFilter($0) }
    }

    /// Only what nobody else explains.
    var isFallback: Bool { true }

    /// Whether the user asked for this topic.
    private func isWanted(_ topic: DeviceTopic) -> Bool {
        guard topic.topic.utf8.count <= InferredDevice.maximumName else { return false }
        let literal = TopicFilter(levels: topic.levels.map { .literal(Array($0.utf8)) })
        return patterns.contains { $0.overlaps(literal) }
    }

    // MARK: What topics mean

    func plan(_ topic: inout DeviceTopic) {
        if topic.topic.hasPrefix(Self.memory) { return topic.watch(self) }
        guard isWanted(topic) else { return }
        switch TopicShape(topic.topic) {
        case .ignored: break
        case .own: planOwn(&topic)
        case .transmission, .beacon: topic.watch(self)
        case .online(let id): bind("online", of: id, &topic)
        case .value(let id, let property, _): bind(property, of: id, &topic)
        case .code(let id, let property):
            topic.watch(self)
            guard device(id)?.property(property) != nil else { return }
            topic.bind("value", to: PropertyID(DeviceID(id), property), .text(), isEvent: true)
        case .branch(let id, let property): planBranch(id, property, &topic)
        case .leaves(let id, let prefix): planLeaves(id, prefix + ".", &topic)
        }
    }

    private func planOwn(_ topic: inout DeviceTopic) {
        guard let device = device(topic.topic) else { return topic.watch(self) }
        switch device.isDocument {
        case true?: planLeaves(topic.topic, "", &topic)
        case false?: bind("value", of: topic.topic, &topic)
        case nil: break  // another device has the topic's name
        }
    }

    func bind(_ property: String, of id: String, _ topic: inout DeviceTopic) {
        guard let found = device(id)?.property(property) else { return topic.watch(self) }
        let id = PropertyID(DeviceID(id), property)
        if found.type == .uptime {
            topic.bindPayload(to: id, .boolean(on: ["online", "Online"], off: ["offline", "Offline", "stopped"]))
        } else {
            topic.bindPayload(to: id, InferredValue.payloadDecoder(found.type))
        }
    }

    func planLeaves(_ id: String, _ prefix: String, _ topic: inout DeviceTopic) {
        let known = (device(id)?.properties ?? []).filter { $0.name.utf8.starts(with: prefix.utf8) && !$0.isEvent }
        for property in known {
            let path = String(decoding: property.name.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
            topic.bind(path, to: PropertyID(DeviceID(id), property.name), InferredValue.decoder(property.type))
        }
        topic.learn(self)
        if device(id)?.awaited.contains(prefix) == true || prefix == TopicShape.system { topic.watch(self) }
    }

    // MARK: Messages

    func take(_ message: DeviceMessage, _ news: inout DeviceNews) {
        if message.topic.hasPrefix(Self.memory) { return restore(message, &news) }
        // Pictures and other binary payloads are not values.
        guard !message.payload.isEmpty, message.payload.count <= Self.maximumPayload,
            !message.payload.contains(0), let text = message.text
        else { return }
        switch TopicShape(message.topic) {
        case .ignored: break
        case .leaves(let id, let prefix):
            if prefix + "." == TopicShape.system { takeSignOfLife(of: id, message, &news) }
            takeAwaited(text, id, prefix + ".", &news)
        case .own: takeOwn(text, message, &news)
        case .branch(let id, let property): takeBranch(text, id, property, &news)
        case .transmission: takeTransmission(text, message, &news)
        case .beacon(let id, let gateway):
            takeSignOfLife(of: gateway, message, &news)
            takeBeacon(text, id, gateway, message, &news)
        case .online(let id): takeOnline(id, &news)
        case .value(let id, let property, let setTopic): takeValue(text, id, property, setTopic, &news)
        case .code(let id, let property):
            takeSignOfLife(of: id, message, &news)
            takeCode(id, property, &news)
        }
    }

    /// The longest payload that devices are made of.
    static let maximumPayload = 1 << 20

    func learn(_ paths: [String], from message: DeviceMessage, _ news: inout DeviceNews) {
        guard let json = try? message.json() else { return }
        let (id, prefix): (String, String)
        switch TopicShape(message.topic) {
        case .own: (id, prefix) = (message.topic, "")
        case .leaves(let device, let group), .branch(let device, let group): (id, prefix) = (device, group + ".")
        default: return
        }
        guard let device = device(id) ?? make(id, named: id, &news) else { return }
        let wanted = Set(paths.map { Array($0.utf8) })
        let leaves = InferredValue.leaves(of: json).filter { wanted.contains(Array($0.path.utf8)) }
        add(leaves.map { (prefix + $0.path, $0.leaf) }, to: device, &news)
        awaitValues(leaves, prefix, of: device, &news)
        tell(device, &news)
    }

    // MARK: Devices

    func device(_ id: String) -> InferredDevice? { devices[DeviceID(id)] }

    /// A new device; nil where there are too many.
    func make(_ id: String, named name: String, _ news: inout DeviceNews) -> InferredDevice? {
        guard devices.count < Self.maximumDevices, !id.isEmpty, id.utf8.count <= InferredDevice.maximumName else {
            news.leaveOut(devices: 1)
            news.refuse("more than \(Self.maximumDevices) devices without discovery: this one is left out")
            return nil
        }
        let device = InferredDevice(id: DeviceID(id), name: name)
        devices[device.id] = device
        return device
    }

    /// Gives a device the properties of leaves that it does not have yet.
    func add(
        _ leaves: [(path: String, leaf: JSON)], to device: InferredDevice, hasUnits: Bool = false,
        _ news: inout DeviceNews
    ) {
        for (path, leaf) in leaves {
            guard let type = InferredValue.type(of: leaf) else { continue }
            let unit = type == .numeric && hasUnits ? InferredValue.unit(of: path) : nil
            add(PropertyDescription(path, type, unit: unit), to: device, &news)
        }
    }

    func add(
        _ property: PropertyDescription, setTopic: String? = nil, to device: InferredDevice, _ news: inout DeviceNews
    ) {
        if device.add(property, setTopic: setTopic) || device.isFull { return }
        device.isFull = true
        news.refuse(
            "the device '\(device.id)' has more than \(device.limit) values, or one with a long name"
        )
    }

    /// Describes a device that has changed, and keeps that over restarts.
    func tell(_ device: InferredDevice, _ news: inout DeviceNews) {
        guard device.isChanged else { return }
        device.isChanged = false
        news.describe(device.description, commands: device.commands)
        device.memory.bytes.withUnsafeBufferPointer { bytes in
            let time = Timestamp(microseconds: 0)
            news.remember(DeviceMessage(topic: Self.memory + device.id.text, payload: bytes, time: time))
        }
    }

    private func restore(_ message: DeviceMessage, _ news: inout DeviceNews) {
        if message.isRestored, leaveTree(message.topic, &news) { return }
        guard message.isRestored, devices.count < Self.maximumDevices, let memory = try? message.json(),
            let device = InferredDevice(memory: memory), devices[device.id] == nil
        else { return }
        devices[device.id] = device
        device.isChanged = false
        news.describe(device.description, commands: device.commands)
    }
}
