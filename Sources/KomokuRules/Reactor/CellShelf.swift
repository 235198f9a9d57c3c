/// The cells of a host in little memory: an entry of 40 bytes and one array with id and data each, found by a table of numbers.
///
/// Names are compared byte by byte.
struct CellShelf {
    /// Where a cell is, until it is removed.
    struct Slot: Hashable, Sendable {
        let index: Int32
        let incarnation: UInt32
    }

    struct Counts: Hashable {
        var alive = 0
        var failed = 0
    }

    private struct Entry {
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

    private var entries: [Entry] = []
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

    func find(_ behaviour: Int32, _ id: String) -> Slot? {
        var id = id
        return id.withUTF8 { id in
            table.find(Self.hash(behaviour, id)) { index in
                let entry = entries[Int(index)]
                return entry.behaviour == behaviour && entry.bytes.prefix(Int(entry.idLength)).elementsEqual(id)
            }
        }.map { Slot(index: $0, incarnation: entries[Int($0)].incarnation) }
    }

    /// Adds a living cell that is not there yet.
    mutating func add(_ behaviour: Int32, _ id: String, _ data: [UInt8]) -> Slot {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(id.utf8.count + data.count)
        bytes.append(contentsOf: id.utf8)
        bytes.append(contentsOf: data)
        var entry = Entry(bytes: bytes, idLength: Int32(id.utf8.count), behaviour: behaviour)
        let index: Int32
        if let old = free.popLast() {
            index = old
            entry.incarnation = entries[Int(old)].incarnation
            entries[Int(old)] = entry
        } else {
            index = Int32(entries.count)
            entries.append(entry)
        }
        counts[Int(behaviour)].alive += 1
        if table.isFull { table = ProbeTable(hashes(but: index)) }
        table.insert(index, hash(at: index))
        return Slot(index: index, incarnation: entry.incarnation)
    }

    mutating func remove(_ slot: Slot) {
        setFailure(nil, at: slot)
        let index = Int(slot.index)
        counts[Int(entries[index].behaviour)].alive -= 1
        table.remove(slot.index, hash(at: slot.index))
        entries[index] = Entry(
            bytes: [], idLength: 0, behaviour: 0, incarnation: entries[index].incarnation &+ 1, isUsed: false)
        free.append(slot.index)
    }

    func contains(_ slot: Slot) -> Bool {
        entries[Int(slot.index)].isUsed && entries[Int(slot.index)].incarnation == slot.incarnation
    }

    func behaviour(at slot: Slot) -> Int32 { entries[Int(slot.index)].behaviour }

    func id(at slot: Slot) -> String { String(decoding: idBytes(slot.index), as: UTF8.self) }

    private func idBytes(_ index: Int32) -> ArraySlice<UInt8> {
        entries[Int(index)].bytes.prefix(Int(entries[Int(index)].idLength))
    }

    func data(at slot: Slot) -> ArraySlice<UInt8> {
        entries[Int(slot.index)].bytes.dropFirst(Int(entries[Int(slot.index)].idLength))
    }

    /// - Returns: whether it was another.
    mutating func setData(_ data: [UInt8], at slot: Slot) -> Bool {
        if self.data(at: slot).elementsEqual(data) { return false }
        // A new array: appending would leave room for as much again.
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(entries[Int(slot.index)].idLength) + data.count)
        bytes.append(contentsOf: idBytes(slot.index))
        bytes.append(contentsOf: data)
        entries[Int(slot.index)].bytes = bytes
        return true
    }

    func failure(at slot: Slot) -> String? {
        entries[Int(slot.index)].hasFailed ? failures[slot.index] ?? "" : nil
    }

    mutating func setFailure(_ error: String?, at slot: Slot) {
        let index = Int(slot.index)
        if entries[index].hasFailed != (error != nil) {
            let change = error == nil ? -1 : 1
            counts[Int(entries[index].behaviour)].failed += change
            counts[Int(entries[index].behaviour)].alive -= change
        }
        entries[index].hasFailed = error != nil
        failures[slot.index] = error
    }

    func due(at slot: Slot) -> Int64? {
        let due = entries[Int(slot.index)].due
        return due == Self.none ? nil : due
    }

    mutating func setDue(_ due: Int64?, at slot: Slot) { entries[Int(slot.index)].due = due ?? Self.none }

    func wake(at slot: Slot) -> Int64? {
        let wake = entries[Int(slot.index)].wake
        return wake == Self.none ? nil : wake
    }

    mutating func setWake(_ wake: Int64?, at slot: Slot) { entries[Int(slot.index)].wake = wake ?? Self.none }

    /// The cells of a behaviour by id.
    func ordered(of behaviour: Int32) -> [Slot] {
        let found = entries.indices.lazy.filter { self.entries[$0].isUsed && self.entries[$0].behaviour == behaviour }
            .map { Slot(index: Int32($0), incarnation: self.entries[$0].incarnation) }
        return sorted(Array(found))
    }

    /// All behaviours that have cells, by name, with them by id.
    func byBehaviour() -> [(number: Int32, slots: [Slot])] {
        names.indices.sorted { names[$0].utf8.lexicographicallyPrecedes(names[$1].utf8) }
            .map { (Int32($0), ordered(of: Int32($0))) }
    }

    /// By behaviour and id.
    func precedes(_ left: Slot, _ right: Slot) -> Bool {
        let (first, second) = (behaviour(at: left), behaviour(at: right))
        if first != second {
            return names[Int(first)].utf8.lexicographicallyPrecedes(names[Int(second)].utf8)
        }
        return idBytes(left.index).lexicographicallyPrecedes(idBytes(right.index))
    }

    private func sorted(_ slots: [Slot]) -> [Slot] {
        // As they are read they are in order.
        let isSorted = zip(slots, slots.dropFirst()).allSatisfy { !precedes($1, $0) }
        return isSorted ? slots : slots.sorted(by: precedes)
    }

    private func hashes(but index: Int32) -> [(slot: Int32, hash: Int)] {
        entries.indices.compactMap { other in
            entries[other].isUsed && other != Int(index) ? (Int32(other), hash(at: Int32(other))) : nil
        }
    }

    private func hash(at index: Int32) -> Int {
        entries[Int(index)].bytes.withUnsafeBufferPointer { bytes in
            let entry = entries[Int(index)]
            return Self.hash(entry.behaviour, UnsafeBufferPointer(rebasing: bytes.prefix(Int(entry.idLength))))
        }
    }

    private static func hash(_ behaviour: Int32, _ id: UnsafeBufferPointer<UInt8>) -> Int {
        var hasher = Hasher()
        hasher.combine(behaviour)
        hasher.combine(bytes: UnsafeRawBufferPointer(id))
        return hasher.finalize()
    }
}
