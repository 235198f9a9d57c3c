internal import Komoku
internal import KomokuStore

/// All keys, by the number of their id, and by name.
///
/// A key that was deleted keeps its index, retired: an id is never given twice, so that an old point never belongs to a new
/// key. Belongs to the hub.
struct KeyTable {
    private var states: [KeyState] = []
    private var ids: [KeyName: KeyID] = [:]
    /// Counts renames: what looked a name up before has to look again.
    private(set) var generation: Int32 = 0
    /// Counts times that names went.
    private(set) var goneNames = 0
    /// Counts times that what a key is was told anew.
    private(set) var descriptions = 0
    /// Names in order, but for those of keys made since; nil until somebody asks after a key has gone.
    private var sorted: [KeyName]?
    private var unsorted: [KeyName] = []

    /// How many keys have a name now.
    var namedCount: Int { ids.count }

    func index(of name: KeyName) -> Int? { ids[name]?.index }

    mutating func reserve(_ count: Int) { states.reserveCapacity(count) }

    /// Adds the key of the next id.
    mutating func append(_ state: KeyState) {
        states.append(state)
        guard !state.isRetired else { return }
        ids[state.name] = state.id
        if sorted != nil { unsorted.append(state.name) }
    }

    /// The name is free for another key.
    mutating func free(_ name: KeyName) {
        ids[name] = nil
        forgetOrder()
    }

    /// Gives a name to a key, whatever it was called.
    mutating func name(_ index: Int, _ name: KeyName) {
        states[index].name = name
        ids[name] = states[index].id
    }

    /// Names mean other keys from now on.
    mutating func namesChanged() { generation &+= 1 }

    /// What a key is may be something else than before.
    mutating func describedAnew() { descriptions &+= 1 }

    /// The order of the names is another one.
    mutating func forgetOrder() {
        goneNames &+= 1
        sorted = nil
        unsorted = []
    }

    /// All names, in order.
    mutating func namesInOrder() -> [KeyName] {
        // To sort all names takes a tenth of a second where there are 100,000: only those that came are sorted.
        let names = sorted.map { $0.merged(with: unsorted.sorted()) } ?? ids.keys.sorted()
        sorted = names
        unsorted = []
        return names
    }
}

extension KeyTable: RandomAccessCollection, MutableCollection {
    var startIndex: Int { 0 }
    var endIndex: Int { states.count }

    subscript(index: Int) -> KeyState {
        _read { yield states[index] }
        _modify { yield &states[index] }
    }
}

extension [KeyName] {
    /// Both in order.
    fileprivate func merged(with other: [KeyName]) -> [KeyName] {
        guard !other.isEmpty else { return self }
        var merged: [KeyName] = []
        merged.reserveCapacity(count + other.count)
        var rest = other[...]
        for name in self {
            while let next = rest.first, next < name { merged.append(rest.removeFirst()) }
            merged.append(name)
        }
        return merged + rest
    }
}
