/// What a family of devices calls a device, for good: a Zigbee address, a MAC, a Homie id. Compared byte by byte.
package struct DeviceID: Sendable {
    package let text: String

    package init(_ text: String) {
        var text = text
        text.makeContiguousUTF8()
        self.text = text
    }
}

extension DeviceID: Hashable, Comparable, CustomStringConvertible {
    package static func == (left: DeviceID, right: DeviceID) -> Bool {
        left.text.utf8.elementsEqual(right.text.utf8)
    }

    package static func < (left: DeviceID, right: DeviceID) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }

    package var description: String { text }
}

/// One property of a device, by the names that the device's family uses: `ENERGY.Power` of `C45BBE4A1B2C`.
package struct PropertyID: Sendable, Hashable {
    package let device: DeviceID
    package let name: String

    package init(_ device: DeviceID, _ name: String) {
        self.device = device
        self.name = name
    }

    package static func == (left: PropertyID, right: PropertyID) -> Bool {
        left.name.utf8.elementsEqual(right.name.utf8) && left.device == right.device
    }

    package func hash(into hasher: inout Hasher) {
        device.hash(into: &hasher)
        var name = name
        name.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

extension PropertyID: CustomStringConvertible {
    package var description: String { "\(device.text) \(name)" }
}
