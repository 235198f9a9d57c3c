internal import Komoku
package import KomokuHub

/// At a start with a clock that is not set, timeouts of an earlier process are measured anew once it is.
extension CellHost: ClockDependent {
    package func awaitsClock(in hub: isolated Hub) -> Bool {
        dated.contains { shelf.contains($0.place) && shelf.due(at: $0.place) == $0.due }
    }

    package func clockIsSet(in hub: isolated Hub) {
        for cell in dated where shelf.contains(cell.place) && shelf.due(at: cell.place) == cell.due {
            guard behaviours[shelf.behaviour(at: cell.place)] != nil, shelf.failure(at: cell.place) == nil else {
                continue
            }
            wait(for: cell.place, Timestamp(microseconds: cell.due) - hub.clock.now, in: hub)
        }
        dated = []
        reactor?.dueChanged(in: hub)
    }
}
