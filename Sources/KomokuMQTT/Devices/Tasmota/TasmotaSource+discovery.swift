import Komoku
import KomokuHub

/// What `tasmota/discovery/<MAC>/…` says.
extension TasmotaSource {
    /// The hub's own message beside those of the device: what it learnt. Nobody publishes it.
    static let memoryPart: Substring = "learnt"

    func takeDiscovery(_ message: DeviceMessage, _ id: Substring, _ part: Substring, _ news: inout DeviceNews) {
        if part == Self.memoryPart {
            if message.isRestored { restore(message, String(id), &news) }
            return
        }
        guard Self.isAddress(id) else { return news.refuse("its topic has no MAC of 12 hexadecimal digits") }
        let key = Array(message.topic.utf8)
        let hash = Self.hash(message.payload)
        if taken[key] == hash { return }
        if message.payload.isEmpty {
            if taken.removeValue(forKey: key) != nil { withdraw(message, DeviceID(String(id)), part, &news) }
            return
        }
        do throws(TasmotaConfig.Invalid) {
            try takeDiscovery(message, DeviceID(String(id)), part, &news)
            taken[key] = hash
            news.remember(message)
        } catch {
            news.refuse(error.reason)
        }
    }

    private func takeDiscovery(
        _ message: DeviceMessage, _ id: DeviceID, _ part: Substring, _ news: inout DeviceNews
    ) throws(TasmotaConfig.Invalid) {
        let json = try Self.json(message)
        if part == "config" {
            let config = try TasmotaConfig(json, mac: id.text)
            let topics = try TasmotaTopics(config)
            configure(try device(id), config, topics, &news)
        } else {
            guard let body = json["sn"], body.object != nil else {
                throw TasmotaConfig.Invalid("it has no sensors 'sn'")
            }
            let device = try device(id)
            device.promise(body)
            describe(device, &news)
        }
    }

    private static func json(_ message: DeviceMessage) throws(TasmotaConfig.Invalid) -> JSON {
        do {
            return try message.json()
        } catch {
            throw TasmotaConfig.Invalid("\(error)")
        }
    }

    static func hash(_ payload: UnsafeBufferPointer<UInt8>) -> Int {
        var hasher = Hasher()
        hasher.combine(bytes: UnsafeRawBufferPointer(payload))
        return hasher.finalize()
    }

    private static func isAddress(_ id: Substring) -> Bool {
        id.utf8.count == 12 && UInt64(id, radix: 16) != nil && id.utf8.first != UInt8(ascii: "+")
    }

    func device(_ id: DeviceID) throws(TasmotaConfig.Invalid) -> TasmotaDevice {
        if let device = devices[id] { return device }
        guard devices.count < Self.maximumDevices else {
            throw TasmotaConfig.Invalid("more than \(Self.maximumDevices) devices")
        }
        let device = TasmotaDevice(id: id)
        devices[id] = device
        return device
    }

    // MARK: Configuration

    private func configure(
        _ device: TasmotaDevice, _ config: TasmotaConfig, _ topics: TasmotaTopics, _ news: inout DeviceNews
    ) {
        let haveMoved = device.topics != topics
        if !device.isDiscovered {
            device.isDiscovered = true
            device.learnt = device.learnt.withoutKeys
        }
        if haveMoved { leave(device) }
        device.configure(config, topics)
        if haveMoved { enter(device, topics, &news) }
        describe(device, &news)
        describeChildren(device, &news)
        ask(device, &news)
        if let state = strangers.takeState(of: topics.telemetry) { replay(state, of: device, &news) }
    }

    /// The topic belongs to the device that said so last: of two that swap, each says it in its turn.
    func enter(_ device: TasmotaDevice, _ topics: TasmotaTopics, _ news: inout DeviceNews) {
        merge(device, topics, &news)
        var answers = TasmotaRoute(device: device.id, isAnswer: true)
        answers.isTelemetry = topics.answers.utf8.elementsEqual(topics.telemetry.utf8)
        routes[Array(topics.telemetry.utf8)] = TasmotaRoute(device: device.id, isTelemetry: true)
        routes[Array(topics.answers.utf8)] = answers
        for topic in [topics.telemetry, topics.answers] where !Self.isDefault(topic) {
            extraFilters.insert(topic + "+")
        }
        news.topicsChanged()
    }

    func leave(_ device: TasmotaDevice) {
        guard let topics = device.topics else { return }
        for topic in [topics.telemetry, topics.answers] {
            let key = Array(topic.utf8)
            guard routes[key]?.device == device.id else { continue }
            routes[key] = nil
            extraFilters.remove(topic + "+")
        }
    }

    /// A device that spoke on these topics before discovery told who it is.
    private func merge(_ device: TasmotaDevice, _ topics: TasmotaTopics, _ news: inout DeviceNews) {
        guard let route = routes[Array(topics.telemetry.utf8)], let other = devices[route.device], !other.isDiscovered,
            other.id != device.id
        else { return }
        if device.learnt.leaves.isEmpty { device.restore(other.learnt.withoutKeys, units: other.units) }
        device.isOnline = other.isOnline
        remove(other, &news)
        remember(device, &news)
        if let online = other.isOnline { news.observe(device.property("online"), .boolean(online)) }
    }

    // MARK: Going

    private func withdraw(_ message: DeviceMessage, _ id: DeviceID, _ part: Substring, _ news: inout DeviceNews) {
        news.forget(message.topic)
        guard let device = devices[id] else { return }
        if part == "sensors" {
            device.promise(nil)
            if device.config == nil, !device.wasRemembered { devices[id] = nil }
            return describe(device, &news)
        }
        let other = discovery.joined(separator: "/") + "/\(id.text)/sensors"
        if taken.removeValue(forKey: Array(other.utf8)) != nil { news.forget(other) }
        if let topics = device.topics { strangers.ban(topics.telemetry) }
        remove(device, &news)
    }

    private func remove(_ device: TasmotaDevice, _ news: inout DeviceNews) {
        leave(device)
        devices[device.id] = nil
        bridges.remove(device.id)
        if device.wasRemembered { news.forget(memoryTopic(device.id)) }
        for child in device.children where child.isDescribed { news.remove(child.id(of: device.id)) }
        if device.described != nil { news.remove(device.id) }
        giveBack(device.topics, &news)
    }

    /// Another device may have the same topic: it is heard again.
    private func giveBack(_ topics: TasmotaTopics?, _ news: inout DeviceNews) {
        guard let topics, let other = devices.values.first(where: { $0.topics == topics }) else { return }
        enter(other, topics, &news)
    }

    // MARK: Telling

    /// Tells what a device is where that differs from what was told.
    func describe(_ device: TasmotaDevice, _ news: inout DeviceNews) {
        guard device.config != nil else { return }
        let description = device.description
        guard description != device.described || device.describedConfig != device.config else { return }
        device.described = description
        device.describedConfig = device.config
        if device.isBridge { bridges.insert(device.id) }
        news.describe(description, commands: device.commands)
    }

    func describeChildren(_ device: TasmotaDevice, _ news: inout DeviceNews) {
        guard let topic = device.topics?.commands, topic != device.childrenTopic else { return }
        device.childrenTopic = topic
        for index in device.children.indices {
            device.children[index].isDescribed = true
            let child = device.children[index]
            news.describe(child.description(of: device.id), commands: child.commands(topic))
        }
    }
}

extension TasmotaLearnt {
    /// The discovery says better what is in STATE.
    var withoutKeys: TasmotaLearnt {
        var learnt = self
        learnt.keys = []
        return learnt
    }
}
