internal import Komoku

/// What a device says of the property that a key is.
struct KeyDevice {
    private let properties: DeviceProperties
    private let index: Int32

    /// - Parameter index: of the property in the device's list.
    init(_ properties: DeviceProperties, at index: Int) {
        self.properties = properties
        self.index = Int32(truncatingIfNeeded: index)
    }

    var description: PropertyDescription { properties.list[Int(index)] }
    var property: PropertyID { PropertyID(properties.device, description.name) }
}

/// The properties of a device, one object for all of its keys.
final class DeviceProperties {
    let device: DeviceID
    /// Always equal to what it was; it may become one in memory with what somebody else keeps.
    var list: [PropertyDescription]

    init(_ device: DeviceID, _ list: [PropertyDescription]) {
        self.device = device
        self.list = list
    }
}
