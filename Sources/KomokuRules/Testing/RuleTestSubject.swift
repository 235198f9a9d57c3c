package import Komoku
package import KomokuHub

/// The configuration that a test is about, as the daemon reads it.
package struct RuleTestSubject: Sendable {
    package var hub: Hub.Configuration
    package var rules: RuleSet
    package var notes: NotifyConfiguration
    /// Makes what turns messages of the broker into observations.
    package var makeDecoder: @Sendable () -> any MessageDecoder
    /// The type that a mapping gives to a key; nil where none does.
    package var mappedType: @Sendable (KeyName) -> KeyType?

    package init(
        hub: Hub.Configuration, rules: RuleSet, notes: NotifyConfiguration,
        makeDecoder: @escaping @Sendable () -> any MessageDecoder = { SilentDecoder() },
        mappedType: @escaping @Sendable (KeyName) -> KeyType? = { _ in nil }
    ) {
        self.hub = hub
        self.rules = rules
        self.notes = notes
        self.makeDecoder = makeDecoder
        self.mappedType = mappedType
    }

    /// What a test says of the hub, instead of what its configuration says.
    package struct Overrides: Hashable, Sendable {
        package var zone: String?
        package var place: RuleTest.Place?

        package init(zone: String? = nil, place: RuleTest.Place? = nil) {
            self.zone = zone
            self.place = place
        }

        /// Where neither says anything the zone is UTC, so that a test means the same everywhere.
        package func apply(to hub: inout Hub.Configuration) {
            hub.timeZone = zone ?? hub.timeZone ?? "UTC"
            if let place {
                hub.location = Hub.Configuration.Location(latitude: place.latitude, longitude: place.longitude)
            }
        }
    }

    /// Reads a configuration; nil where the findings hold an error.
    package typealias Loader =
        @Sendable (_ path: String, _ overrides: Overrides) -> (subject: RuleTestSubject?, findings: [Diagnostic])
}

/// What a message of the broker says of keys.
package protocol MessageDecoder: AnyObject {
    func observations(of topic: String, _ payload: [UInt8], isRetained: Bool, at time: Timestamp) -> [Observation]
}

/// Knows no mapping.
package final class SilentDecoder: MessageDecoder {
    package init() {}

    package func observations(
        of topic: String, _ payload: [UInt8], isRetained: Bool, at time: Timestamp
    ) -> [Observation] { [] }
}
