internal import Komoku
internal import KomokuHub

/// What the known shapes of topics say.
extension GenericJSONSource {
    /// The first message of a topic decides whether it carries documents.
    func takeOwn(_ text: String, _ message: DeviceMessage, _ news: inout DeviceNews) {
        if device(message.topic) != nil { return takeAwaited(text, message.topic, "", &news) }
        let document = message.payload.first.map { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "[") } ?? false
        if document {
            // A document that is broken says nothing about its topic.
            guard let json = try? JSON(parsingFromDevice: text.utf8) else { return }
            let leaves = InferredValue.leaves(of: json)
            guard !leaves.isEmpty, let device = make(message.topic, named: message.topic, &news) else { return }
            device.isDocument = true
            add(leaves, to: device, &news)
            awaitValues(leaves, "", of: device, &news)
            tell(device, &news)
        } else if let type = InferredValue.type(ofPayload: text),
            let device = make(message.topic, named: message.topic, &news)
        {
            device.isDocument = false
            add(PropertyDescription("value", type), to: device, &news)
            tell(device, &news)
        }
    }

    /// Leaves that were no value may be one now. Such documents are read twice until all have been.
    func takeAwaited(_ text: String, _ id: String, _ prefix: String, _ news: inout DeviceNews) {
        guard let device = device(id), device.awaited.contains(prefix),
            let json = try? JSON(parsingFromDevice: text.utf8)
        else { return }
        let leaves = InferredValue.leaves(of: json).map { (path: prefix + $0.path, leaf: $0.leaf) }
        add(leaves, to: device, &news)
        if leaves.allSatisfy({ InferredValue.type(of: $0.leaf) != nil }) { device.awaited.remove(prefix) }
        tell(device, &news)
    }

    /// Notes that some leaves are no values yet: `""`, `"unavailable"`.
    func awaitValues(
        _ leaves: [(path: String, leaf: JSON)], _ prefix: String, of device: InferredDevice, _ news: inout DeviceNews
    ) {
        guard leaves.contains(where: { InferredValue.type(of: $0.leaf) == nil }),
            device.awaited.insert(prefix).inserted
        else { return }
        news.topicsChanged()
    }

    // MARK: Several topics

    func takeOnline(_ id: String, _ news: inout DeviceNews) {
        guard let device = part(of: id, &news) else { return }
        device.addOnline(hasLastWill: true)
        tell(device, &news)
    }

    /// Whatever a gateway says shows that it lives.
    func takeSignOfLife(of id: String, _ message: DeviceMessage, _ news: inout DeviceNews) {
        guard !message.isRetained, let device = part(of: id, &news) else { return }
        device.addOnline(hasLastWill: false)
        tell(device, &news)
        news.observe(PropertyID(device.id, "online"), .boolean(true))
    }

    func takeValue(_ text: String, _ id: String, _ property: String, _ setTopic: String?, _ news: inout DeviceNews) {
        guard let (type, _) = Value.infer(text), let device = part(of: id, &news) else { return }
        add(PropertyDescription(property, type), setTopic: setTopic, to: device, &news)
        tell(device, &news)
    }

    func takeCode(_ id: String, _ property: String, _ news: inout DeviceNews) {
        guard let device = part(of: id, &news) else { return }
        var code = PropertyDescription(property, .string)
        code.isEvent = true
        add(code, to: device, &news)
        tell(device, &news)
    }

    private func part(of id: String, _ news: inout DeviceNews) -> InferredDevice? {
        device(id) ?? make(id, named: id == "frigate" ? "Frigate" : id, &news)
    }

    // MARK: Messages that name their device

    /// `{"id":…,"name":…,"brand":…,"model_id":…,"tempc":…}`; any subset.
    func takeBeacon(
        _ text: String, _ id: String, _ gateway: String, _ message: DeviceMessage, _ news: inout DeviceNews
    ) {
        guard let json = try? JSON(parsingFromDevice: text.utf8), json.object != nil else {
            return news.refuse("a beacon's message is no JSON object")
        }
        guard let device = device(id) ?? make(id, named: id, &news) else { return }
        if device.via == nil { device.via = DeviceID(gateway) }
        set(&device.name, json["name"]?.string, device)
        set(&device.manufacturer, json["brand"]?.string, device)
        set(&device.model, (json["model_id"] ?? json["model"])?.string, device)
        let leaves = InferredValue.leaves(of: json).filter { !Self.descriptive.contains($0.path) }
        take(leaves, of: device, &news)
    }

    private static let descriptive: Set<String> = [
        "id", "name", "brand", "model", "model_id", "mac", "mac_type", "adv_type", "type", "cidc", "acts",
        "manufacturerdata",
        "servicedata", "servicedatauuid", "mfid",
    ]

    private func set(_ member: inout String, _ text: String?, _ device: InferredDevice) {
        guard let text, !text.isEmpty, text.utf8.count <= InferredDevice.maximumName,
            !text.utf8.elementsEqual(member.utf8)
        else { return }
        member = text
        device.isChanged = true
    }

    private func set(_ member: inout String?, _ text: String?, _ device: InferredDevice) {
        var known = member ?? ""
        set(&known, text, device)
        if !known.isEmpty { member = known }
    }

    /// Several devices speak in one topic, or one in several: their values are read here.
    func take(_ leaves: [(path: String, leaf: JSON)], of device: InferredDevice, _ news: inout DeviceNews) {
        let leaves = leaves.map { ($0.path, Self.isBattery($0.path) ? Self.battery($0.leaf) : $0.leaf) }
        add(leaves, to: device, hasUnits: true, &news)
        tell(device, &news)
        for (path, leaf) in leaves {
            guard let property = device.property(path) else { continue }
            switch InferredValue.outcome(leaf, property.type) {
            case .value(let value): news.observe(PropertyID(device.id, path), value)
            case .nothing, .unknown: break
            case .misfit(let reason):
                if let input = DeviceInput(leaf), widen(PropertyID(device.id, path), for: input, &news) { break }
                news.refuse("the field '\(path.prefix(80))': \(reason)")
            case .refused(let reason): news.refuse("the field '\(path.prefix(80))': \(reason)")
            }
        }
    }

    private static func isBattery(_ path: String) -> Bool { path.utf8.elementsEqual("battery_ok".utf8) }

    /// rtl_433 says 1 for a good battery, 0 for an empty one, or something between.
    private static func battery(_ leaf: JSON) -> JSON { leaf.number.map { .bool($0 >= 0.5) } ?? leaf }
}
