internal import Komoku
internal import KomokuHub

/// What devices say, before it is read as values.
extension ShellySource {
    /// The longest message that is read whole, in bytes.
    private static let maximumPayload = 256 * 1024

    func takeOnline(_ message: DeviceMessage, of prefix: String, _ news: inout DeviceNews) {
        if message.payload.isEmpty { return remove(prefix, &news) }
        guard let text = message.text, ["true", "false"].contains(text) else { return }
        let known = device(prefix)
        guard let device = known ?? makeDevice(prefix, &news) else { return }
        describe(device, &news)
        guard text == "true", device.takesCalls, !device.sleeps, known == nil || !message.isRetained else { return }
        // It starts: its clock may be another than before.
        device.guardian = MessageGuard(path: device.guardian.path, .time)
        news.topicsChanged()
        askStatus(of: device, &news)
    }

    func takePlain(_ rest: String, _ message: DeviceMessage, of prefix: String, _ news: inout DeviceNews) {
        guard !message.payload.isEmpty else { return }
        if ShellyPlain.isLightStatus(rest) {
            guard device(prefix) == nil, let device = makeDevice(prefix, &news) else { return }
            return learnLight(rest, message, of: device, &news)
        }
        if ShellyDocument.isDocument(rest) { return takeDocument(rest, message, of: prefix, &news) }
        guard let property = ShellyPlain.property(rest) else { return }
        if property.description.isEvent { return takePress(rest, property, message, of: prefix, &news) }
        guard let device = makeDevice(prefix, &news) else { return }
        if device.properties.count >= ShellyDevice.maximumProperties {
            return news.refuse("the device has more than \(ShellyDevice.maximumProperties) properties")
        }
        add([property], to: device, &news)
    }

    /// Everything that a valve or a motion sensor of the first generation says, in one message.
    private func takeDocument(
        _ rest: String, _ message: DeviceMessage, of prefix: String, _ news: inout DeviceNews
    ) {
        guard message.payload.count <= Self.maximumPayload, ShellyDocument.isWorthReading(rest, message.payload),
            let json = try? message.json()
        else { return }
        let readings = ShellyDocument.readings(rest, json)
        guard !readings.isEmpty, let device = makeDevice(prefix, &news) else { return }
        add(readings.map(\.property), to: device, &news)
        for reading in readings {
            guard let property = device.property(from: reading.property.origin), let input = reading.value?.deviceInput
            else { continue }
            news.take(property.decoder.decode(input), of: device.id(of: property))
        }
    }

    /// `{"event":"S","event_cnt":3}`; the last one comes again whenever the device connects.
    private func takePress(
        _ rest: String, _ property: ShellyProperty, _ message: DeviceMessage, of prefix: String,
        _ news: inout DeviceNews
    ) {
        guard message.payload.count <= 1024, let json = try? message.json(), let event = json["event"]?.string else {
            return news.refuse("it is no press")
        }
        guard let device = message.isRestored ? device(prefix) : makeDevice(prefix, &news) else { return }
        let stamp = json["event_cnt"]?.number.map { "\(DecimalNumber.text($0)) \(event)" }
        let isRepeated = stamp != nil && stamp == device.presses[rest]
        device.presses[rest] = stamp
        if message.isRestored { return }
        add([property], to: device, &news)
        if isRepeated { return }
        if stamp != nil { news.remember(message) }
        guard !message.isRetained, !event.isEmpty, event.utf8.count <= 255 else { return }
        news.observe(device.id(of: property), .string(event))
    }

    // MARK: The second generation

    func takeStatus(
        _ component: String, _ message: DeviceMessage, of prefix: String, _ news: inout DeviceNews
    ) {
        guard message.payload.count <= Self.maximumPayload, let json = try? message.json(), json.object != nil,
            let device = makeDevice(prefix, &news)
        else { return }
        add(properties(of: [JSON.Member(component, json)]), to: device, &news)
    }

    func takeNotification(_ message: DeviceMessage, of prefix: String, _ news: inout DeviceNews) {
        let known = device(prefix)
        guard message.payload.count <= Self.maximumPayload, known?.source == nil || Self.isEvent(message.payload)
        else { return }
        guard let json = try? message.json(), let source = json["src"]?.string, source.utf8.count <= 255,
            let method = json["method"]?.string, method.hasPrefix("Notify"), let parameters = json["params"]?.object
        else { return }
        guard let device = known ?? makeDevice(prefix, &news) else { return }
        if device.source != source {
            device.source = source
            describe(device, &news)
        }
        if method == "NotifyEvent" { return takeEvents(parameters, message, of: device, &news) }
        if known == nil {
            // The topic's plan learns from the next message on; a sleeping device sends no next one.
            add(properties(of: parameters), to: device, &news)
            if !device.sleeps { askStatus(of: device, &news) }
        }
    }

    /// Whether it is worth reading: notifications of values are bound.
    private static func isEvent(_ payload: UnsafeBufferPointer<UInt8>) -> Bool {
        let word = Array("\"NotifyEvent\"".utf8)
        guard payload.count >= word.count else { return false }
        for start in 0...(payload.count - word.count) where payload[start] == word[0] {
            if payload[start + 7] == word[7], payload[start..<start + word.count].elementsEqual(word) { return true }
        }
        return false
    }

    private func takeEvents(
        _ parameters: [JSON.Member], _ message: DeviceMessage, of device: ShellyDevice, _ news: inout DeviceNews
    ) {
        for event in JSON.object(parameters)["events"]?.array?.prefix(64) ?? [] {
            guard let name = event["component"]?.string, let component = ShellyComponent(name), component.isPressed,
                let word = event["event"]?.string, !word.isEmpty, word.utf8.count <= 255, !Self.isHousekeeping(word)
            else { continue }
            add([component.presses], to: device, &news)
            guard let presses = device.property(from: .events(name)) else { continue }
            if let time = (event["ts"] ?? JSON.object(parameters)["ts"])?.number,
                !device.isNewPress("\(name) \(word) \(DecimalNumber.text(time))")
            {
                continue
            }
            if !message.isRetained { news.observe(device.id(of: presses), .string(word)) }
        }
    }

    private static func isHousekeeping(_ event: String) -> Bool {
        event == "config_changed" || event.hasPrefix("ota_") || event == "measurement"
    }

    /// What the components of a status may be.
    private func properties(of status: [JSON.Member]) -> [ShellyProperty] {
        status.prefix(256).flatMap { member -> [ShellyProperty] in
            guard let component = ShellyComponent(member.name) else { return [] }
            // An input that is a button has no state.
            let isButton = component.kind == "input" && member.value["state"] == .null
            return (isButton ? [component.presses] : [])
                + ShellyLeaves(member.value).leaves.compactMap { leaf in
                    leaf.value.shellyType.flatMap { component.property(leaf.path, $0) }
                }
        }
    }

    /// An answer to what the hub asked: the status of a device.
    func takeAnswer(_ message: DeviceMessage, _ news: inout DeviceNews) {
        guard !message.isRetained, message.payload.count <= Self.maximumPayload, let json = try? message.json(),
            let source = json["src"]?.string,
            let device = device(source) ?? devices.values.first(where: { $0.source == source })
        else { return }
        if let reason = json["error"]?["message"]?.string {
            return news.refuse("'\(source.prefix(80))' answers: \(reason.prefix(200))")
        }
        guard let result = json["result"]?.object else { return }
        let properties = properties(of: result)
        if properties.isEmpty { return }
        add(properties, to: device, &news)
        for member in result { observe(member, of: device, &news) }
    }

    private func observe(_ status: JSON.Member, of device: ShellyDevice, _ news: inout DeviceNews) {
        for leaf in ShellyLeaves(status.value).leaves {
            guard let property = device.property(from: .component(status.name, leaf.path)),
                let input = leaf.value.deviceInput
            else { continue }
            switch property.decoder.decode(input) {
            case .value(let value): news.observe(device.id(of: property), value)
            case .nothing, .unknown: break
            case .refused(let reason), .misfit(let reason): news.refuse("\(property.name): \(reason)")
            }
        }
    }

    // MARK: Leaves that nobody knows

    func learn(_ paths: [String], from message: DeviceMessage, _ news: inout DeviceNews) {
        guard message.payload.count <= Self.maximumPayload, let parsed = ShellyTopic(message.topic),
            let json = try? message.json()
        else { return }
        switch parsed {
        case .notifications(let prefix):
            guard let device = device(prefix) else { return }
            add(properties(of: json["params"]?.object ?? []), to: device, &news)
            let known = device.properties.compactMap { property -> String? in
                if case .component(let name, let path) = property.origin { "params.\(name).\(path)" } else { nil }
            }
            disregard(paths, except: known, of: Self.notifications, device, &news)
        case .status(let prefix, let component):
            guard let device = device(prefix) else { return }
            add(properties(of: [JSON.Member(component, json)]), to: device, &news)
            let known = device.properties(of: component).compactMap { property -> String? in
                if case .component(_, let path) = property.origin { path } else { nil }
            }
            disregard(paths, except: known, of: "status/\(component)", device, &news)
        case .plain(let prefix, let rest):
            guard let device = device(prefix) else { return }
            learnLight(rest, message, of: device, &news)
            let known = device.properties.compactMap { property -> String? in
                if case .field(rest, let member) = property.origin { member } else { nil }
            }
            disregard(paths, except: known, of: rest, device, &news)
        default: break
        }
    }

    private func learnLight(
        _ rest: String, _ message: DeviceMessage, of device: ShellyDevice, _ news: inout DeviceNews
    ) {
        guard message.payload.count <= Self.maximumPayload, let members = (try? message.json())?.object else { return }
        add(
            members.prefix(64).compactMap { $0.value.isNull ? nil : ShellyPlain.field(rest, $0.name) }, to: device,
            &news)
    }

    private func disregard(
        _ paths: [String], except known: [String], of rest: String, _ device: ShellyDevice, _ news: inout DeviceNews
    ) {
        let known = Set(known)
        device.disregard(paths.filter { !known.contains($0) }, of: rest)
        news.topicsChanged()
    }
}
