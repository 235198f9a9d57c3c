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
                device: device?.description.name)
        }
    }
}
