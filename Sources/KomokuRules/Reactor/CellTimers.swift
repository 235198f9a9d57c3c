internal import Komoku

/// Which cells are woken when. An entry is a hint to look; it is void where the cell's `wake` is another by now.
struct CellTimers {
    private var queue = TimerQueue<CellShelf.Slot>()
    /// Those of one moment that has come, the first last.
    private var due: [CellShelf.Slot] = []
    private var moment: Int64 = 0

    /// When the first entry is due, void or not.
    var next: Int64? { due.isEmpty ? queue.next?.microseconds : moment }

    var count: Int { queue.count + due.count }

    /// - Parameter shelf: holds `wake` for this cell already.
    mutating func add(_ slot: CellShelf.Slot, _ wake: Int64, _ shelf: CellShelf) {
        if queue.isOverfull { queue.drop { Self.isValid($0, $1.microseconds, shelf) } }
        queue.insert(slot, at: Timestamp(microseconds: wake))
    }

    /// The first cell that is due, by time, then behaviour and id; its entry goes.
    mutating func popDue(_ now: Int64, _ shelf: CellShelf) -> CellShelf.Slot? {
        repeat {
            while let slot = due.popLast() {
                if Self.isValid(slot, moment, shelf) { return slot }
            }
        } while takeMoment(now, shelf)
        return nil
    }

    /// - Returns: false where nothing is due.
    private mutating func takeMoment(_ now: Int64, _ shelf: CellShelf) -> Bool {
        guard let first = queue.next, first.microseconds <= now else { return false }
        moment = first.microseconds
        while let (_, slot) = queue.pop(until: first) {
            if Self.isValid(slot, moment, shelf) { due.append(slot) }
        }
        if due.count > 1 { due.sort { shelf.precedes($1, $0) } }
        return true
    }

    private static func isValid(_ slot: CellShelf.Slot, _ wake: Int64, _ shelf: CellShelf) -> Bool {
        shelf.contains(slot) && shelf.wake(at: slot) == wake
    }
}
