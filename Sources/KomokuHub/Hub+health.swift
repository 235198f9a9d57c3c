package import Komoku
internal import KomokuStore

/// What of the house nothing was heard, for who looks after it.
package struct HouseHealth: Hashable, Sendable {

    package var keys = 0
    package var stale = 0
    /// The names of some of them.
    package var staleKeys: [KeyName] = []
    package var devices = 0
    /// Their family lists them no more.
    package var gone = 0
    /// Those that say, or of which their bridge says, that they are off, and are not asleep.
    package var offline = 0
    package var offlineDevices: [String] = []

    package init() {}
}

extension Hub {
    /// - Parameter limit: of the names that are told of each.
    package func health(naming limit: Int) -> HouseHealth {
        var health = HouseHealth()
        health.keys = keyCount
        for state in table where state.isStale && !state.isRetired {
            health.stale += 1
            if health.staleKeys.count < limit { health.staleKeys.append(state.name) }
        }
        health.devices = catalogue.devices.count
        for listed in catalogue.inOrder() {
            guard let device = catalogue.devices[listed.id] else { continue }
            guard device.isPresent else {
                health.gone += 1
                continue
            }
            guard !device.description.sleeps, isOnline(listed.id) == false else { continue }
            health.offline += 1
            if health.offlineDevices.count < limit { health.offlineDevices.append(device.description.name) }
        }
        return health
    }

    /// Since when nobody is connected to the broker; nil while somebody is, and where there is none.
    package var brokerAwaySince: Timestamp? {
        if case .away(let since, _, _) = vigil.broker { since } else { nil }
    }

    /// Forgets the messages that could not be used.
    package func clearDeadLetters() {
        batch.clearsDeadLetters = true
        batch.deadLetters = []
    }
}
