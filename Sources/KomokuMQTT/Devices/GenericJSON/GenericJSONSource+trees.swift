internal import Komoku
internal import KomokuHub

/// Devices with a tree of topics, one for each value.
extension GenericJSONSource {
    func planBranch(_ id: String, _ property: String, _ topic: inout DeviceTopic) {
        guard let device = device(id) else { return topic.watch(self) }
        if device.documents?.contains(property) == true { return planLeaves(id, property + ".", &topic) }
        bind(property, of: id, &topic)
    }

    /// The first message of a topic that no property is of.
    func takeBranch(_ text: String, _ id: String, _ property: String, _ news: inout DeviceNews) {
        if device(id)?.documents?.contains(property) == true { return takeAwaited(text, id, property + ".", &news) }
        if text.utf8.first.map({ $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "[") }) ?? false {
            takeDocument(text, id, property, &news)
        } else if let type = InferredValue.type(ofPayload: text), let device = tree(id, &news) {
            add(PropertyDescription(property, type), to: device, &news)
            tell(device, &news)
        }
    }

    private func takeDocument(_ text: String, _ id: String, _ property: String, _ news: inout DeviceNews) {
        guard let json = try? JSON(parsingFromDevice: text.utf8) else { return }
        let leaves = InferredValue.leaves(of: json)
        guard !leaves.isEmpty, let device = tree(id, &news), device.documents?.count ?? 0 < device.limit else { return }
        device.documents?.insert(property)
        device.isChanged = true
        add(leaves.map { ("\(property).\($0.path)", $0.leaf) }, to: device, &news)
        awaitValues(leaves, property + ".", of: device, &news)
        tell(device, &news)
    }

    private func tree(_ id: String, _ news: inout DeviceNews) -> InferredDevice? {
        let device = device(id) ?? make(id, named: id, &news)
        if device?.documents == nil { device?.documents = [] }
        return device
    }

    /// A device of a topic that belongs to a tree was remembered by an older version: the tree has the topic now.
    ///
    /// - Returns: whether it is such a memory.
    func leaveTree(_ memory: String, _ news: inout DeviceNews) -> Bool {
        let id = String(decoding: memory.utf8.dropFirst(Self.memory.utf8.count), as: UTF8.self)
        guard case .branch = TopicShape(id) else { return false }
        news.forget(memory)
        news.remove(DeviceID(id))
        return true
    }
}
