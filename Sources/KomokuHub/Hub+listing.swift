package import Komoku
package import KomokuStore

/// A key as whoever offers all of them as series sees it.
package struct KeyListing: Sendable {
    package let name: KeyName
    package let id: KeyID
    package let type: KeyType
    package let options: KeyOptions
    /// What the owner calls the device that it is of.
    package let device: String?
    /// Its id.
    package let deviceID: DeviceID?
}

/// A device as far as rooms know of it.
package struct DeviceListing: Hashable, Sendable {
    package let id: DeviceID
    package let name: String
    /// The first part of its keys.
    package let part: KeyName
}

extension Hub {
    /// All keys, ordered by name.
    package func keyListings() -> [KeyListing] {
        table.namesInOrder().compactMap { name in
            guard let index = index(of: name) else { return nil }
            let state = table[index]
            let device = state.device.flatMap { catalogue.devices[$0.property.device] }
            return KeyListing(
                name: name, id: state.id, type: state.type, options: state.settings.effective,
                device: device?.description.name, deviceID: device?.description.id)
        }
    }

    /// The devices in the order of the catalogue, and the names of keys that are of none: without what they say, which would take
    /// longer to gather.
    package func houseNames() -> (devices: [DeviceListing], keys: [KeyName]) {
        let devices = catalogue.inOrder().compactMap { catalogue.devices[$0.id] }
        let keys = table.namesInOrder().filter { name in
            guard let index = index(of: name) else { return false }
            return table[index].device == nil
        }
        return (devices.map { DeviceListing(id: $0.description.id, name: $0.description.name, part: $0.part) }, keys)
    }
}
