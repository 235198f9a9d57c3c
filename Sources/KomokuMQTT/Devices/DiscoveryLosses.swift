/// How much of what was announced is left out because there is too much of it. What is announced again counts again.
package struct DiscoveryLosses: Hashable, Sendable {
    package var devices = 0
    /// Parts of devices, where each announces itself.
    package var entities = 0
    /// Messages that are used now and gone after a restart.
    package var notRemembered = 0

    mutating func add(_ other: DiscoveryLosses) {
        devices += other.devices
        entities += other.entities
        notRemembered += other.notRemembered
    }
}
