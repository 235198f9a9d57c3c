internal import Komoku
internal import KomokuAgent
internal import KomokuClient
internal import KomokuWire
internal import Synchronization

/// Tells the hub what is no key: facts as a whole, and that what it asked for is done.
final class AgentReporter: Sendable {
    private let client = Mutex<Client?>(nil)

    func set(_ client: Client) { self.client.withLock { $0 = client } }

    /// - Parameter readings: of facts; none where they are not meant.
    func report(_ readings: [HostReading], pull: Int?) {
        guard let client = client.withLock({ $0 }) else { return }
        let facts = readings.compactMap { reading in
            reading.key.hasPrefix("facts.") ? JSON.Member(String(reading.key.dropFirst(6)), reading.value) : nil
        }
        let report = AgentReport(facts: facts.isEmpty ? nil : .object(facts), pull: pull)
        // One that fails is of a connection that broke; the next one begins anew.
        Task { try? await client.report(report) }
    }
}
