import Glibc
import Komoku
import KomokuMQTT
import Logging

/// `komokud --discover`: listens to a broker that nobody configured, and prints the configuration that would fit it.
struct Discovery {
    let url: String
    let duration: Duration

    /// - Throws: `BrokerAddress.Invalid`, `DiscoveryListener.Failure`.
    func run(_ signals: Signals) throws {
        let login = try BrokerLogin(parsing: url)
        var broker = Broker(address: login.address, clientID: "komoku-discover")
        (broker.username, broker.password) = (login.username, login.password)
        // What stands in the way is told at the end, as a sentence.
        let logger = Logger(label: "komokud") { _ in LogfmtHandler(level: .error) }
        let listener = DiscoveryListener(broker, logger: logger)
        var isStopped = false
        let found = try listener.listen(
            for: duration,
            unless: {
                // A signal is told once.
                if !isStopped { isStopped = signals.isPending }
                return isStopped
            }, progress: Self.tell)
        Self.write("\n", to: STDERR_FILENO)
        Self.write(found.configuration(url: login.url, username: login.username), to: STDOUT_FILENO)
    }

    private static func tell(_ found: DiscoverySuggestion) {
        write("\r\(found.messages) messages of \(found.topicCount) topics; Ctrl-C ends", to: STDERR_FILENO)
    }

    private static func write(_ text: String, to descriptor: Int32) { RuleTesting.write(text, to: descriptor) }
}
