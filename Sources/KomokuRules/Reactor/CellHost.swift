internal import Komoku
package import KomokuHub
package import KomokuStore
package import Logging

/// Keeps cells: pieces of data that live as long as they have data, each with a behaviour, an id and at most one timeout.
///
/// A cell is dead, alive or failed. It lives once data is set and dies when its data becomes nil. It fails when a callback
/// throws: then it keeps the data from before the callback, has no timeout, and messages to it become dead letters, until it is
/// revived (by a person, or a new version of its behaviour) or forgotten. A cell whose behaviour is not registered is left as it
/// is, row and due time.
///
/// A timeout runs by the monotonic clock. Its row holds the wall time at which it is due, which counts after a restart only;
/// what is overdue then fires right after boot. Each due timeout is a call of its own, by due time, then behaviour and id.
///
/// Cells are kept as text, some 60 bytes each beside id and data: 100,000 that wait take some 30 MiB.
package final class CellHost: ReactorHandler, CellKeeper {
    package let name = "cells"
    let logger: Logger
    // Every method that touches it takes the hub as isolated parameter, so only the hub's thread does.
    nonisolated(unsafe) var state = State()

    struct State {
        var shelf = CellShelf()
        var timers = CellTimers()
        /// By the shelf's number of their name.
        var behaviours: [Int32: any CellBehaviour] = [:]
        /// Cells that are told that their behaviour is there, in this order.
        var booting: ArraySlice<CellShelf.Slot> = []
        var hasBooted = false
        /// Cells with a timeout of an earlier process, until the clock is known to be right.
        var dated: [(slot: CellShelf.Slot, due: Int64)] = []
        /// The cell whose callback runs.
        var running: Running?
        var counters = Counters()
        weak var reactor: Reactor?
    }

    struct Running {
        let behaviour: Int32
        let id: String
        /// Somebody set or forgot it meanwhile: that counts.
        var isOverruled = false
    }

    /// - Parameter behaviours: of unique names.
    package init(_ behaviours: [any CellBehaviour] = [], logger: Logger) {
        self.logger = logger
        for behaviour in behaviours { state.behaviours[state.shelf.number(of: behaviour.name)] = behaviour }
    }

    package func attach(to reactor: Reactor, in hub: isolated Hub) { state.reactor = reactor }

    /// Adds a behaviour, or puts it in the place of one of its name. After the start of the hub its living cells are booted as
    /// the next calls of the reactor.
    package func register(_ behaviour: any CellBehaviour, in hub: isolated Hub) {
        precondition(!behaviour.name.utf8.elementsEqual(Self.versions.utf8), "the name is the host's own")
        let number = state.shelf.number(of: behaviour.name)
        state.behaviours[number] = behaviour
        guard state.hasBooted else { return }
        adopt(number, state.shelf.ordered(of: number), in: hub)
        state.reactor?.dueChanged(in: hub)
    }

    /// From now on the cells of this behaviour are left as they are.
    package func unregister(_ name: String, in hub: isolated Hub) {
        if let number = state.shelf.known(name) { state.behaviours[number] = nil }
    }

    package func restore(_ row: CellRow, in hub: isolated Hub) -> Bool {
        let slot = state.shelf.add(state.shelf.number(of: row.behaviour), row.id, Array(row.data.utf8))
        state.shelf.setDue(row.due?.microseconds, at: slot)
        if let failure = row.failure { state.shelf.setFailure(failure, at: slot) }
        if let due = row.due { state.dated.append((slot, due.microseconds)) }
        return true
    }

    /// Boots the cells that live.
    package func boot(in hub: isolated Hub) throws {
        state.hasBooted = true
        for (number, slots) in state.shelf.byBehaviour() { adopt(number, slots, in: hub) }
        while let slot = state.booting.popFirst() { bootCell(at: slot, in: hub) }
    }

    package func handle(_ message: Reactor.Message, in hub: isolated Hub) throws {
        guard let message = CellMessage(message.body) else { return }
        deliver(message, in: hub)
    }

    package func nextDue(in hub: isolated Hub) -> Int64? {
        state.booting.isEmpty ? state.timers.next : hub.clock.monotonic
    }

    package func handleDue(in hub: isolated Hub) throws -> Bool {
        if let slot = state.booting.popFirst() {
            bootCell(at: slot, in: hub)
            return true
        }
        while let slot = state.timers.popDue(hub.clock.monotonic, state.shelf) {
            // The timeout of a cell whose behaviour is away stays as it is.
            guard state.behaviours[state.shelf.behaviour(at: slot)] != nil else { continue }
            timeOut(slot, in: hub)
            return true
        }
        return false
    }
}
