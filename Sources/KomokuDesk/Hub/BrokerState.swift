/// The connection to the MQTT broker as others are told of it. The daemon wires it: the desk does not know MQTT.
package struct BrokerState: Hashable, Sendable {
    /// `mqtt://192.168.1.2:1883`.
    package var address: String
    package var isConnected: Bool
    /// Why not; nil while it is, and while it is tried for the first time.
    package var fault: String?

    /// Asked on any thread; nil where the configuration names no broker.
    package typealias Source = @Sendable () -> BrokerState?

    package init(address: String, isConnected: Bool, fault: String? = nil) {
        self.address = address
        self.isConnected = isConnected
        self.fault = fault
    }

    /// A sentence for people; nil while somebody is connected.
    var trouble: String? {
        isConnected ? nil : fault ?? "the hub is not connected to the broker at \(address) yet"
    }
}
