internal import Komoku
internal import KomokuAgent
internal import KomokuClient
internal import KomokuWire
internal import Synchronization

/// The keys of a host, which are defined with their types and units before the first value is put.
final class AgentKeys: Sendable {
    private struct Definition: Hashable {
        let type: KeyType
        let options: [JSON.Member]
    }

    private struct State {
        var wanted: [String: Definition] = [:]
        var defined: Set<String> = []
    }

    private let host: String
    private let state = Mutex(State())

    init(host: String) { self.host = host }

    func name(of reading: HostReading) -> String { "hosts.\(host).\(reading.key)" }

    /// - Parameter period: how often the machine tells that it lives.
    func learn(_ reading: HostReading, period: Komoku.Duration) {
        let name = name(of: reading)
        let definition: Definition
        if reading.key == "online" {
            let life = JSON.number((period.seconds * 3).rounded(.up))
            definition = Definition(type: .uptime, options: [JSON.Member("max_time", life)])
        } else {
            definition = Definition(
                type: reading.type, options: reading.unit.map { [JSON.Member("unit", .string($0))] } ?? [])
        }
        state.withLock { $0.wanted[name] = definition }
    }

    /// Defines what has not been, by the keys of puts that are about to be sent.
    func define(_ puts: [OutboxPut], by client: Client) async throws(ClientError) {
        let missing = state.withLock { state in
            Set(puts.map(\.key)).subtracting(state.defined).compactMap { key in state.wanted[key].map { (key, $0) } }
        }
        for (key, definition) in missing {
            do throws(ClientError) {
                try await client.define(key, type: definition.type, options: definition.options)
            } catch {
                // One that is of another type already keeps it; its puts say whether that fits.
                guard error.code != nil, error.code != "unauthorized" else { throw error }
            }
            state.withLock { _ = $0.defined.insert(key) }
        }
    }
}
