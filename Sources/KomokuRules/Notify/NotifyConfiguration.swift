internal import Komoku
package import KomokuExpression

/// What the section `notify` says: whom notes go to, and when they wait.
package struct NotifyConfiguration: Sendable {
    /// By name. `log` is there without being written.
    package var targets: [String: Target] = [log: .log(.notice)]
    package var quiet: QuietHours?
    /// The names of targets that cannot be used.
    var refused: Set<String> = []

    package init() {}

    /// The target that everybody has.
    package static let log = "log"

    /// What rules may name.
    package var names: Set<String> { refused.union(targets.keys) }

    /// Where a note goes. Texts are filled in with the locals `title`, `message`, `topic` and `rule`.
    package enum Target: Sendable {
        case log(LogLevel)
        /// - Parameter payload: nil is title and message.
        case mqtt(topic: CompiledTemplate, payload: Content?, qos: Int, retain: Bool)
        /// Without a body and unless it is a GET, title and message are sent.
        case http(HTTP)
    }

    static let locals = ["title", "message", "topic", "rule"]
}
