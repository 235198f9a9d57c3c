/// Where a device stands in the list of all: by name, byte by byte, then by id.
struct DevicePlace: Comparable {
    let name: String
    let id: DeviceID

    static func == (left: DevicePlace, right: DevicePlace) -> Bool {
        left.id == right.id && left.name.utf8.elementsEqual(right.name.utf8)
    }

    static func < (left: DevicePlace, right: DevicePlace) -> Bool {
        left.name.utf8.elementsEqual(right.name.utf8)
            ? left.id < right.id : left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
    }
}
