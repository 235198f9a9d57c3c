internal import Komoku
package import KomokuHub

/// At a start with a clock that is not set, timeouts of an earlier process are measured anew once it is.
extension CellHost: ClockDependent {
    package func awaitsClock(in hub: isolated Hub) -> Bool {
        state.dated.contains { state.shelf.contains($0.slot) && state.shelf.due(at: $0.slot) == $0.due }
    }

    package func clockIsSet(in hub: isolated Hub) {
        for cell in state.dated where state.shelf.contains(cell.slot) && state.shelf.due(at: cell.slot) == cell.due {
            guard state.behaviours[state.shelf.behaviour(at: cell.slot)] != nil,
                state.shelf.failure(at: cell.slot) == nil
            else {
                continue
            }
            wait(for: cell.slot, Timestamp(microseconds: cell.due) - hub.clock.now, in: hub)
        }
        state.dated = []
        state.reactor?.dueChanged(in: hub)
    }
}
