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

    private let host: @Sendable () -> String
    private let state = Mutex(State())
    /// What is defined by one command.
    private static let most = 1000

    /// - Parameter name: what the host is called at the moment.
    init(name: @escaping @Sendable () -> String) { host = name }

    /// - Parameter key: `cpu.usage`.
    func name(of key: String) -> String { "hosts.\(host()).\(key)" }

    func learn(_ reading: HostReading) {
        guard reading.key != "online" else { return }
        let options = reading.unit.map { [JSON.Member("unit", .string($0))] } ?? []
        state.withLock { $0.wanted[reading.key] = Definition(type: reading.type, options: options) }
    }

    /// - Parameter period: how often the machine tells that it lives; it does until nothing is told for three of these.
    func lives(for period: Komoku.Duration) {
        let life = JSON.number((period.seconds * 3).rounded(.up))
        let definition = Definition(type: .uptime, options: [JSON.Member("max_time", life)])
        state.withLock { state in
            if state.wanted["online"] != definition { state.defined.remove("online") }
            state.wanted["online"] = definition
        }
    }

    /// The hub may not have them any more, or they are called otherwise now.
    func forgetDefinitions() { state.withLock { $0.defined = [] } }

    /// Defines what has not been, by the keys of puts that are about to be sent.
    func define(_ puts: [OutboxPut], by client: Client) async throws(ClientError) {
        var missing = state.withLock { state in
            Set(puts.map(\.key)).subtracting(state.defined).compactMap { key in state.wanted[key].map { (key, $0) } }
        }[...]
        while !missing.isEmpty {
            let part = missing.prefix(Self.most)
            missing = missing.dropFirst(part.count)
            do throws(ClientError) {
                try await client.define(part.map { (name(of: $0), $1.type, $1.options) })
            } catch {
                guard error.code != nil, error.code != "unauthorized" else { throw error }
                // One of another type keeps it; its puts say whether that fits. The others are defined all the same.
                for (key, definition) in part {
                    try? await client.define(name(of: key), type: definition.type, options: definition.options)
                }
            }
            state.withLock { $0.defined.formUnion(part.map(\.0)) }
        }
    }
}
