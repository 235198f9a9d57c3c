package import Komoku
package import KomokuHub
package import Logging

/// Sends what clients and rules put to devices, by the `commands` entries: each put, also one that changes nothing, for
/// nobody knows whether the device still is as it said. What a device reports is never sent back to it.
package final class Commander: PutSender {
    /// Indices of the entries that name a key.
    private let named: [KeyName: [Int]]
    /// Indices of those with wildcards.
    private let patterns: [Int]
    private let rules: [CommandRule]
    private let canPublish: @Sendable () -> Bool
    private let publish: @Sendable (Publication) -> Void
    private let logger: Logger

    package init(
        rules: [CommandRule], canPublish: @escaping @Sendable () -> Bool = { true },
        publish: @escaping @Sendable (Publication) -> Void, logger: Logger
    ) {
        self.rules = rules
        self.canPublish = canPublish
        self.publish = publish
        self.logger = logger
        var named: [KeyName: [Int]] = [:]
        for (index, rule) in rules.enumerated() {
            for name in rule.keys.compactMap(\.name) where named[name]?.last != index {
                named[name, default: []].append(index)
            }
        }
        self.named = named
        patterns = rules.indices.filter { index in rules[index].keys.contains { !$0.isLiteral } }
    }

    package var isReady: Bool { canPublish() }

    package func send(_ value: Value, putTo key: KeyName, sent: (@Sendable (CommandRefusal?) -> Void)?) -> Int {
        guard !rules.isEmpty else { return 0 }
        let wild = patterns.filter { index in rules[index].keys.contains { !$0.isLiteral && $0.matches(key) } }
        let indices = Set((named[key] ?? []) + wild).sorted()
        return indices.count { send(value, key, by: rules[$0], sent) }
    }

    /// - Returns: whether there is a message.
    private func send(
        _ value: Value, _ key: KeyName, by rule: CommandRule, _ sent: (@Sendable (CommandRefusal?) -> Void)?
    ) -> Bool {
        guard let payload = rule.payload(for: value, of: key) else {
            logger.warning("no command for this value", metadata: ["key": "\(key)", "value": "\(value)"])
            return false
        }
        var message = Publication(
            topic: rule.topic.topic(for: key), payload: payload, qos: rule.qos, isRetained: rule.isRetained,
            kind: .command)
        if let sent {
            message.completion = { outcome in
                switch outcome {
                case .sent: sent(nil)
                case .failed(let reason), .refused(let reason): sent(CommandRefusal(reason))
                }
            }
        }
        publish(message)
        return true
    }
}
