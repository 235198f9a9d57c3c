internal import Komoku
internal import KomokuClient
internal import KomokuWire
internal import Synchronization

/// Tells the hub what is no key: facts as a whole, and that what it asked for is done.
final class AgentReporter: Sendable {
    private let client = Mutex<Client?>(nil)

    func set(_ client: Client) { self.client.withLock { $0 = client } }

    /// - Parameter facts: empty where they are not meant.
    func report(_ facts: [String: JSON], pull: Int?) {
        guard let client = client.withLock({ $0 }) else { return }
        if facts.isEmpty, pull == nil { return }
        let facts = facts.sorted { $0.key < $1.key }.map { JSON.Member($0.key, $0.value) }
        let report = AgentReport(facts: facts.isEmpty ? nil : .object(facts), pull: pull)
        // One that fails is of a connection that broke; the next one begins anew.
        Task { try? await client.report(report) }
    }
}
