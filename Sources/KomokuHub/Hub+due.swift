internal import HeapModule
package import Komoku

extension Hub {
    /// How long nothing happens by itself; zero where something is due already, nil where nothing ever is. For whoever moves
    /// the clock from one moment to the next.
    package var timeUntilDue: Duration? {
        let expiry = expiries.min.map { max(.zero, $0.tick - Tick(microseconds: clock.monotonic)) }
        let due = nextDueTime.map { max(.zero, $0 - clock.now) }
        return [expiry, due, timeUntilAlarm].compactMap(\.self).min()
    }
}
