import Komoku
import KomokuHub

/// One property of a device: what it is, where its values stand, and how it is set.
struct TasmotaField {
    enum Origin: Hashable {
        /// A path of the state: in STATE, RESULT and STATUS11.
        case state(String)
        /// A path of the sensors: in SENSOR and STATUS10.
        case sensor(String)
        /// A path of the sensors where a list stands as a rule; where one value does, it is the list's first.
        case list(String)
        /// A path of answers only.
        case result(String)
        /// The payload of a topic of its own: `POWER1`.
        case power(String)
    }

    var property: PropertyDescription
    var decoder: DeviceDecoder
    var origins: [Origin]
    var command: DeviceCommand?
    /// Fed by each telemetry message: without one for long its value is stale.
    var isTelemetry = false

    init(_ property: PropertyDescription, _ decoder: DeviceDecoder, _ origins: [Origin]) {
        self.property = property
        self.decoder = decoder
        self.origins = origins
    }
}
