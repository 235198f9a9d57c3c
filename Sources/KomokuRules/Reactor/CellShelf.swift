/// The cells of a host in little memory: a slot of 40 bytes and one array with id and data each, found by a table of numbers.
///
/// Names are compared byte by byte.
struct CellShelf {
    /// Where a cell is, until it is removed.
    struct Place: Hashable, Sendable {
        let index: Int32
        let incarnation: UInt32
    }

    struct Counts: Hashable {
        var alive = 0
        var failed = 0
    }

    private struct Slot {
        /// The id, then the data.
        var bytes: [UInt8]
        var idLength: Int32
        var behaviour: Int32
        /// Counts the cells that were here.
        var incarnation: UInt32 = 0
        var isUsed = true
        var hasFailed = false
        /// Wall time in microseconds; `none` where no timeout is pending.
        var due = CellShelf.none
        /// The same moment by the monotonic clock; `none` too where nobody waits for it.
        var wake = CellShelf.none
    }

    private static let none = Int64.min

    private var slots: [Slot] = []
    private var free: [Int32] = []
    private var failures: [Int32: String] = [:]
    private(set) var names: [String] = []
    private var numbers: [[UInt8]: Int32] = [:]
    private var counts: [Counts] = []
    private var table = ProbeTable()

    /// The number of a behaviour's name, a new one for a new name.
    mutating func number(of behaviour: String) -> Int32 {
        let bytes = Array(behaviour.utf8)
        if let number = numbers[bytes] { return number }
        let number = Int32(names.count)
        names.append(behaviour)
        counts.append(Counts())
        numbers[bytes] = number
        return number
    }

    func known(_ behaviour: String) -> Int32? { numbers[Array(behaviour.utf8)] }

    func counts(of behaviour: Int32) -> Counts { counts[Int(behaviour)] }

    func find(_ behaviour: Int32, _ id: String) -> Place? {
        var id = id
        return id.withUTF8 { id in
            table.find(Self.hash(behaviour, id)) { index in
                let slot = slots[Int(index)]
                return slot.behaviour == behaviour && slot.bytes.prefix(Int(slot.idLength)).elementsEqual(id)
            }
        }.map { Place(index: $0, incarnation: slots[Int($0)].incarnation) }
    }

    /// Adds a living cell that is not there yet.
    mutating func add(_ behaviour: Int32, _ id: String, _ data: [UInt8]) -> Place {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(id.utf8.count + data.count)
        bytes.append(contentsOf: id.utf8)
        bytes.append(contentsOf: data)
        var slot = Slot(bytes: bytes, idLength: Int32(id.utf8.count), behaviour: behaviour)
        let index: Int32
        if let old = free.popLast() {
            index = old
            slot.incarnation = slots[Int(old)].incarnation
            slots[Int(old)] = slot
        } else {
            index = Int32(slots.count)
            slots.append(slot)
        }
        counts[Int(behaviour)].alive += 1
        if table.isFull { table = ProbeTable(hashes(but: index)) }
        table.insert(index, hash(at: index))
        return Place(index: index, incarnation: slot.incarnation)
    }

    mutating func remove(_ place: Place) {
        setFailure(nil, at: place)
        let index = Int(place.index)
        counts[Int(slots[index].behaviour)].alive -= 1
        table.remove(place.index, hash(at: place.index))
        slots[index] = Slot(
            bytes: [], idLength: 0, behaviour: 0, incarnation: slots[index].incarnation &+ 1, isUsed: false)
        free.append(place.index)
    }

    func contains(_ place: Place) -> Bool {
        slots[Int(place.index)].isUsed && slots[Int(place.index)].incarnation == place.incarnation
    }

    func behaviour(at place: Place) -> Int32 { slots[Int(place.index)].behaviour }

    func id(at place: Place) -> String { String(decoding: idBytes(place.index), as: UTF8.self) }

    private func idBytes(_ index: Int32) -> ArraySlice<UInt8> {
        slots[Int(index)].bytes.prefix(Int(slots[Int(index)].idLength))
    }

    func data(at place: Place) -> ArraySlice<UInt8> {
        slots[Int(place.index)].bytes.dropFirst(Int(slots[Int(place.index)].idLength))
    }

    /// - Returns: whether it was another.
    mutating func setData(_ data: [UInt8], at place: Place) -> Bool {
        if self.data(at: place).elementsEqual(data) { return false }
        // A new array: appending would leave room for as much again.
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(slots[Int(place.index)].idLength) + data.count)
        bytes.append(contentsOf: idBytes(place.index))
        bytes.append(contentsOf: data)
        slots[Int(place.index)].bytes = bytes
        return true
    }

    func failure(at place: Place) -> String? {
        slots[Int(place.index)].hasFailed ? failures[place.index] ?? "" : nil
    }

    mutating func setFailure(_ error: String?, at place: Place) {
        let index = Int(place.index)
        if slots[index].hasFailed != (error != nil) {
            let change = error == nil ? -1 : 1
            counts[Int(slots[index].behaviour)].failed += change
            counts[Int(slots[index].behaviour)].alive -= change
        }
        slots[index].hasFailed = error != nil
        failures[place.index] = error
    }

    func due(at place: Place) -> Int64? {
        let due = slots[Int(place.index)].due
        return due == Self.none ? nil : due
    }

    mutating func setDue(_ due: Int64?, at place: Place) { slots[Int(place.index)].due = due ?? Self.none }

    func wake(at place: Place) -> Int64? {
        let wake = slots[Int(place.index)].wake
        return wake == Self.none ? nil : wake
    }

    mutating func setWake(_ wake: Int64?, at place: Place) { slots[Int(place.index)].wake = wake ?? Self.none }

    /// The cells of a behaviour by id.
    func ordered(of behaviour: Int32) -> [Place] {
        let found = slots.indices.lazy.filter { self.slots[$0].isUsed && self.slots[$0].behaviour == behaviour }
            .map { Place(index: Int32($0), incarnation: self.slots[$0].incarnation) }
        return sorted(Array(found))
    }

    /// All behaviours that have cells, by name, with them by id.
    func byBehaviour() -> [(number: Int32, places: [Place])] {
        names.indices.sorted { names[$0].utf8.lexicographicallyPrecedes(names[$1].utf8) }
            .map { (Int32($0), ordered(of: Int32($0))) }
    }

    /// By behaviour and id.
    func precedes(_ left: Place, _ right: Place) -> Bool {
        let (first, second) = (behaviour(at: left), behaviour(at: right))
        if first != second {
            return names[Int(first)].utf8.lexicographicallyPrecedes(names[Int(second)].utf8)
        }
        return idBytes(left.index).lexicographicallyPrecedes(idBytes(right.index))
    }

    private func sorted(_ places: [Place]) -> [Place] {
        // As they are read they are in order.
        let isSorted = zip(places, places.dropFirst()).allSatisfy { !precedes($1, $0) }
        return isSorted ? places : places.sorted(by: precedes)
    }

    private func hashes(but index: Int32) -> [(slot: Int32, hash: Int)] {
        slots.indices.compactMap { other in
            slots[other].isUsed && other != Int(index) ? (Int32(other), hash(at: Int32(other))) : nil
        }
    }

    private func hash(at index: Int32) -> Int {
        slots[Int(index)].bytes.withUnsafeBufferPointer { bytes in
            let slot = slots[Int(index)]
            return Self.hash(slot.behaviour, UnsafeBufferPointer(rebasing: bytes.prefix(Int(slot.idLength))))
        }
    }

    private static func hash(_ behaviour: Int32, _ id: UnsafeBufferPointer<UInt8>) -> Int {
        var hasher = Hasher()
        hasher.combine(behaviour)
        hasher.combine(bytes: UnsafeRawBufferPointer(id))
        return hasher.finalize()
    }
}
