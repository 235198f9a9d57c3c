internal import Komoku
internal import KomokuHub

/// All mappings of a configuration, and the topics below the hub's own base: makes plans for topics.
package struct MappingSet: Sendable {
    let mappings: [Mapping]
    /// The first levels of the hub's own topics: `komoku`.
    let base: String
    /// 0 or 1, for commands.
    let qos: Int32
    /// What rules want as it comes.
    let raw: [TopicFilter]

    /// The most levels of a key in a topic `…/set`: each number of levels is a subscription of its own.
    package static let maximumCommandLevels = 10

    /// - Parameter raw: topics whose messages rules want as they come; what no broker would take is left out.
    package init(mappings: [Mapping], base: String, qos: Int32 = 1, raw: [String] = []) {
        self.mappings = mappings
        self.base = base
        self.qos = qos
        self.raw = raw.compactMap { TopicFilter($0) }
    }

    /// What to subscribe to, with the quality of service of each. No two overlap.
    package var subscriptions: [(filter: String, qos: Int32)] { filters().entries.map { ($0.filter.text, $0.qos) } }

    /// - Parameters:
    ///   - devices: what sources of devices want; what no broker would take, and the hub's own topics, are left out.
    ///   - joining: no two may overlap.
    func filters(devices: [String] = [], joining: Bool = true) -> DisjointFilters {
        let mapped = mappings.map { (filter: $0.topic.filter, qos: $0.qos) }
        let commands = (1...Self.maximumCommandLevels).map { (filter: commandFilter(levels: $0), qos: qos) }
        let discovered = devices.lazy.filter { !isOurs($0) }.compactMap { TopicFilter($0) }
        let others = (raw + discovered).map { (filter: $0, qos: qos) }
        return DisjointFilters(mapped + commands + others, joining: joining)
    }

    /// Whether a topic is one of the hub's own: what it publishes is no device's.
    func isOurs(_ topic: String) -> Bool { topic.utf8.starts(with: (base + "/").utf8) }

    private func commandFilter(levels: Int) -> TopicFilter {
        let start = base.utf8.split(separator: UInt8(ascii: "/")).map { TopicFilter.Level.literal(Array($0)) }
        return TopicFilter(
            levels: start + Array(repeating: .one, count: levels) + [.literal(Array("set".utf8))])
    }

    func plan(for topic: String) -> TopicPlan {
        var scanners = SharedScanners()
        return plan(for: topic, device: nil, &scanners)
    }

    /// - Parameter device: what sources of devices say of the topic.
    func plan(for topic: String, device: DeviceTopic?, _ scanners: inout SharedScanners) -> TopicPlan {
        let plan = TopicPlan(topic: topic)
        plan.command = commandKey(in: topic).map { Feed(key: $0, topic: topic, type: nil, isCommand: true) }
        let isOurs = isOurs(topic)
        let baseLevels = base.utf8.split(separator: UInt8(ascii: "/")).count
        // What the hub publishes comes back only where a mapping names the base itself.
        for mapping in mappings where !isOurs || mapping.topic.literalStart >= baseLevels {
            guard let captured = mapping.topic.match(topic) else { continue }
            add(mapping, captured, to: plan)
        }
        if let device, !isOurs { plan.add(device) }
        plan.isRaw = raw.contains { (!isOurs || $0.literalStart >= baseLevels) && $0.matches(topic) }
        plan.finish(&scanners)
        return plan
    }

    /// The key that a command's topic names.
    private func commandKey(in topic: String) -> KeyName? {
        let (start, end) = (base + "/", "/set")
        guard topic.utf8.starts(with: start.utf8), topic.utf8.count > start.utf8.count + end.utf8.count,
            topic.utf8.suffix(end.utf8.count).elementsEqual(end.utf8)
        else { return nil }
        let path = Array(topic.utf8.dropFirst(start.utf8.count).dropLast(end.utf8.count))
        // A dot inside of a level would make two topics of one key.
        guard !path.contains(UInt8(ascii: ".")) else { return nil }
        return KeyName(String(decoding: path.map { $0 == UInt8(ascii: "/") ? UInt8(ascii: ".") : $0 }, as: UTF8.self))
    }

    private func add(_ mapping: Mapping, _ captured: [String], to plan: TopicPlan) {
        switch mapping.content {
        case .payload(let field):
            if let bound = bind(field, "", captured, mapping.time, plan) { plan.payloadFields.append(bound) }
        case .json(let fields, let others):
            for (path, field) in fields {
                if let bound = bind(field, path, captured, mapping.time, plan) { plan.jsonFields.append(bound) }
            }
            guard let others else { return }
            let time = others.time.reader(orOf: mapping.time).map(plan.time)
            plan.others.append(TopicPlan.OtherFields(field: others, captured: captured, time: time))
        }
    }

    private func bind(
        _ field: Mapping.Field, _ path: String, _ captured: [String], _ time: TimeReader?, _ plan: TopicPlan
    ) -> TopicPlan.BoundField? {
        do throws(KeyName.Invalid) {
            let key = try field.key.name(for: captured)
            let time = field.time.reader(orOf: time).map(plan.time)
            return TopicPlan.BoundField(field, key: key, time: time, topic: plan.topic, path: path)
        } catch {
            plan.faults.append("no key for '\(field.key)': \(error)")
            return nil
        }
    }
}
