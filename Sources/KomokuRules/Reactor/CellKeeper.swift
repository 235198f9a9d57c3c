package import KomokuHub
package import KomokuStore

/// A part of the daemon that keeps cells over the end of the process.
package protocol CellKeeper: AnyObject, Sendable {
    /// Takes a cell that an earlier process left; nothing is called yet, and nothing waits.
    ///
    /// - Returns: false where it is not one of its own.
    func restore(_ row: CellRow, in hub: isolated Hub) -> Bool
}

extension Hub {
    /// Reads all cells once, at the start, and gives each to the first that takes it. Never holds all of them.
    func restoreCells(to keepers: [any CellKeeper]) throws(Store.Error) {
        try store.eachCell(leavingOut: Self.ownBehaviours) { row in
            _ = keepers.contains { $0.restore(row, in: self) }
        }
    }
}
