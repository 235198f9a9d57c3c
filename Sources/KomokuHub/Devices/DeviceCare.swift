internal import Komoku

/// What is done with a device itself, by the bridge that it belongs to.
package enum DeviceCare: Hashable, Sendable {
    /// The bridge calls it by this name, in its topics too.
    case rename(String)
    /// It gets the newest firmware; that takes minutes to hours.
    case update
    /// It leaves the network. Forced: the bridge forgets it, whether it answers or not.
    case remove(isForced: Bool)
}

extension DeviceCommander {
    package func carryOut(
        _ care: DeviceCare, of device: DeviceID, then: @escaping @Sendable (CommandRefusal?) -> Void
    ) { then(.noCare) }
}

extension CommandRefusal {
    /// Of families without a bridge that could do it.
    package static let noCare = CommandRefusal(
        "the family of this device offers no such thing over MQTT; it is done where the device is set up")
}

extension Hub {
    /// Has a bridge do something with one of its devices.
    ///
    /// - Parameter then: called once, on any thread; nil is done.
    package func carryOut(
        _ care: DeviceCare, of device: DeviceID, then: @escaping @Sendable (CommandRefusal?) -> Void
    ) {
        guard let commander = commanding.commander else { return then(.noCommander) }
        guard commander.isReady else { return then(CommandRefusal("the broker is away; try again when it is back")) }
        commander.carryOut(care, of: device, then: then)
    }
}
