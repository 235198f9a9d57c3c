import Glibc
import Komoku
import KomokuMQTT
import Logging

/// `komokud --discover`: listens to a broker that nobody configured, and prints the configuration that would fit it.
struct Discovery {
    let url: String
    let duration: Duration

    /// - Throws: `BrokerAddress.Invalid`.
    func run(_ signals: Signals) throws {
        let broker = Broker(address: try BrokerAddress(parsing: url), clientID: "komoku-discover")
        let logger = Logger(label: "komokud") { _ in LogfmtHandler(level: .warning) }
        let listener = DiscoveryListener(broker, logger: logger)
        var isStopped = false
        let found = listener.listen(
            for: duration,
            unless: {
                // A signal is told once.
                if !isStopped { isStopped = signals.isPending }
                return isStopped
            }, progress: Self.tell)
        Self.write("\n", to: STDERR_FILENO)
        Self.write(found.configuration(url: url), to: STDOUT_FILENO)
    }

    private static func tell(_ found: DiscoverySuggestion) {
        write("\r\(found.messages) messages of \(found.topicCount) topics; Ctrl-C ends", to: STDERR_FILENO)
    }

    private static func write(_ text: String, to descriptor: Int32) { RuleTesting.write(text, to: descriptor) }
}
