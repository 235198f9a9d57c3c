package import KomokuHub

/// What has times of an earlier process, too, and measures them anew once the clock is right.
package protocol ClockDependent: AnyObject, Sendable {
    func awaitsClock(in hub: isolated Hub) -> Bool
    func clockIsSet(in hub: isolated Hub)
}
