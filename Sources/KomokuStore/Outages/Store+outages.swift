package import Komoku
internal import KomokuSystem

extension Store {
    /// The outages that are kept, ascending.
    package var outages: [Outage] { monitor.withLock { $0.outages.all } }

    /// The last sign of life that the file held when it was opened; nil where it held none.
    package var lastAlive: Timestamp? { monitor.withLock { $0.alive } }

    /// Says which outages count for a key; until then those of the hub.
    package func setWatching(_ watching: Watching, of key: KeyID) {
        monitor.withLock { $0.outages.set(watching, of: key) }
    }
}
