package import Komoku
package import KomokuHub
internal import Synchronization

/// Publishes changes by the `publish` rules. Topics that would be taken for commands or for the hub's status are left out.
package final class Republisher: ChangeHandler {
    private let rules: [PublishRule]
    private let base: String
    private let publish: @Sendable (Publication) -> Void
    /// The rules that match a key, by their index, with the topic of each: worked out once for a key.
    private let routes = Mutex<[KeyName: [Route]]>([:])

    private struct Route {
        let rule: Int
        let topic: String
    }

    package init(rules: [PublishRule], base: String, publish: @escaping @Sendable (Publication) -> Void) {
        self.rules = rules
        self.base = base
        self.publish = publish
    }

    /// The keys that some rule publishes.
    package var keys: [KeyPattern] { rules.flatMap(\.keys) }

    package func handle(_ change: Change, in hub: isolated Hub) {
        let routes = routes(for: change.key)
        guard !routes.isEmpty else { return }
        publish(change, routes, hub.key(change.key))
    }

    /// Publishes what retained topics should say: for a broker that has lost its memory.
    package func publishAll(in hub: isolated Hub) {
        for pattern in rules.filter(\.isRetained).flatMap(\.keys) {
            for info in hub.keys(matching: pattern) where !info.options.isEvent {
                guard let last = info.last, let value = last.value else { continue }
                let change = Change(
                    key: info.name, type: info.type, value: value, time: last.time, previous: nil,
                    provenance: last.provenance, cause: .client("mqtt"))
                publish(change, routes(for: info.name).filter { rules[$0.rule].isRetained }, info)
            }
        }
    }

    private func publish(_ change: Change, _ routes: [Route], _ info: KeyInfo?) {
        let isEvent = info?.options.isEvent ?? false
        for route in routes {
            let rule = rules[route.rule]
            let isRetained = rule.isRetained && !isEvent
            publish(
                Publication(
                    topic: route.topic, payload: Self.payload(rule.payload, change, unit: info?.options.unit),
                    qos: rule.qos, isRetained: isRetained, kind: isEvent ? .command : .state))
        }
    }

    private func routes(for key: KeyName) -> [Route] {
        routes.withLock { routes in
            if let known = routes[key] { return known }
            var found: [Route] = []
            for (index, rule) in rules.enumerated() where rule.keys.contains(where: { $0.matches(key) }) {
                if rule.isImplied, found.contains(where: { rules[$0.rule].payload == .value }) { continue }
                let topic = rule.topic.topic(for: key)
                if !Self.isReserved(topic, base: base) { found.append(Route(rule: index, topic: topic)) }
            }
            routes[key] = found
            return found
        }
    }

    /// Where the value of a key is published; nil where it is not.
    func valueTopic(of key: KeyName) -> String? {
        routes(for: key).first { rules[$0.rule].payload == .value }?.topic
    }

    /// Whether the topic means something else: the hub's status, or a command to it.
    static func isReserved(_ topic: String, base: String) -> Bool {
        topic.utf8.elementsEqual("\(base)/status".utf8)
            || (topic.utf8.starts(with: "\(base)/".utf8) && topic.utf8.suffix(4).elementsEqual("/set".utf8))
    }

    private static func payload(_ payload: PublishRule.Payload, _ change: Change, unit: String?) -> [UInt8] {
        if payload == .value { return Array(change.value.description.utf8) }
        return JSON.object([
            JSON.Member("key", .string(change.key.text)), JSON.Member("value", change.value.json),
            JSON.Member("time", .number(change.time.seconds)), JSON.Member("type", .string(change.type.rawValue)),
            JSON.Member("unit", unit.map { .string($0) } ?? .null),
            JSON.Member("previous", change.previous?.json ?? .null),
            JSON.Member("provenance", .string(change.provenance.name)),
        ]).bytes
    }
}
