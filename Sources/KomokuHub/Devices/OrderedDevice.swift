/// A device in the order of all: by name, byte by byte, then by id.
struct OrderedDevice: Comparable {
    let name: String
    let id: DeviceID

    static func == (left: OrderedDevice, right: OrderedDevice) -> Bool {
        left.id == right.id && left.name.utf8.elementsEqual(right.name.utf8)
    }

    static func < (left: OrderedDevice, right: OrderedDevice) -> Bool {
        left.name.utf8.elementsEqual(right.name.utf8)
            ? left.id < right.id : left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
    }
}
