package import Komoku

/// A device of the catalogue, as the surfaces show it.
package struct DeviceInfo: Hashable, Sendable {
    package var id: DeviceID
    package var name: String
    package var manufacturer: String?
    package var model: String?
    package var source: String
    package var via: DeviceID?
    package var sleeps: Bool
    /// False once its source has said that it is gone.
    package var isPresent: Bool
    /// By its availability; nil where it has none, or has not spoken of it yet.
    package var isOnline: Bool?
    /// When something was last heard of it; nil is never.
    package var lastSeen: Timestamp?
    package var properties: [PropertyInfo]
    package var unsupported: [DeviceDescription.Unsupported]
}

/// A property with its key.
package struct PropertyInfo: Hashable, Sendable {
    /// With the unit that the key has.
    package var description: PropertyDescription
    package var key: KeyName
    /// The type of the key, which the configuration may have chosen: `counter` for a numeric property.
    package var type: KeyType
    /// The newest put; nil where there was none.
    package var last: Point?
    package var isStale: Bool
    /// False once the device has it no more.
    package var isPresent: Bool
    package var command: CommandState?
}
