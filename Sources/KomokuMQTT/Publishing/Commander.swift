package import Komoku
package import KomokuHub
package import Logging

/// Sends what clients and rules put to devices, by the `commands` entries: each put, also one that changes nothing, for
/// nobody knows whether the device still is as it said. What a device reports is never sent back to it.
package final class Commander: ChangeHandler {
    private let rules: [CommandRule]
    private let publish: @Sendable (Publication) -> Void
    private let logger: Logger

    package init(
        rules: [CommandRule], publish: @escaping @Sendable (Publication) -> Void, logger: Logger
    ) {
        self.rules = rules
        self.publish = publish
        self.logger = logger
    }

    /// The keys that some entry sends.
    package var keys: [KeyPattern] { rules.flatMap(\.keys) }

    package func handle(_ change: Change, in hub: isolated Hub) {
        guard Self.isCommand(change.cause) else { return }
        for rule in rules where rule.keys.contains(where: { $0.matches(change.key) }) {
            guard let payload = rule.payload(for: change.value, of: change.key) else {
                logger.warning(
                    "no command for this value", metadata: ["key": "\(change.key)", "value": "\(change.value)"])
                continue
            }
            publish(
                Publication(
                    topic: rule.topic.topic(for: change.key), payload: payload, qos: rule.qos,
                    isRetained: rule.isRetained, kind: .command))
        }
    }

    private static func isCommand(_ cause: Cause) -> Bool {
        switch cause {
        case .client, .rule: true
        case .message, .expiry, .clock: false
        }
    }
}
