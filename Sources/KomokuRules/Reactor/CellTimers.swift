internal import HeapModule

/// Who wants to be woken when: a heap with an entry for each time that was ever asked for. An entry is a hint to look; it is
/// void where the cell's `wake` is another by now, and is removed when its time comes, or when most entries are void.
struct CellTimers {
    private struct Entry: Comparable {
        let wake: Int64
        let place: CellShelf.Place

        static func < (left: Entry, right: Entry) -> Bool { left.wake < right.wake }
    }

    private var heap = Heap<Entry>()
    /// Entries of one moment, the first last.
    private var sameMoment: [Entry] = []
    /// Bound for the heap's count, after which it is looked through.
    private var limit = 64

    /// When the first entry is due, void or not.
    var next: Int64? { sameMoment.last?.wake ?? heap.min?.wake }

    var count: Int { heap.count + sameMoment.count }

    mutating func reserve(_ count: Int) { limit = max(limit, 2 * count) }

    /// - Parameter shelf: holds `wake` for this cell already.
    mutating func add(_ place: CellShelf.Place, _ wake: Int64, _ shelf: CellShelf) {
        if heap.count >= limit {
            heap = Heap(heap.unordered.filter { Self.isValid($0, shelf) })
            limit = max(64, 2 * heap.count)
        }
        heap.insert(Entry(wake: wake, place: place))
    }

    /// The first cell that is due, by time, then behaviour and id; its entry goes.
    mutating func popDue(_ now: Int64, _ shelf: CellShelf) -> CellShelf.Place? {
        while let entry = pop(now, shelf) {
            if Self.isValid(entry, shelf) { return entry.place }
        }
        return nil
    }

    private mutating func pop(_ now: Int64, _ shelf: CellShelf) -> Entry? {
        if let entry = sameMoment.popLast() { return entry }
        guard let first = heap.min, first.wake <= now else { return nil }
        while let next = heap.min, next.wake == first.wake {
            heap.removeMin()
            if Self.isValid(next, shelf) { sameMoment.append(next) }
        }
        if sameMoment.isEmpty { return first }
        if sameMoment.count > 1 { sameMoment.sort { shelf.precedes($1.place, $0.place) } }
        return sameMoment.popLast()
    }

    private static func isValid(_ entry: Entry, _ shelf: CellShelf) -> Bool {
        shelf.contains(entry.place) && shelf.wake(at: entry.place) == entry.wake
    }
}
