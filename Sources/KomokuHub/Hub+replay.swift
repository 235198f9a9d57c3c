/// Whether what the broker retains has come since the hub started. Until then the database may be behind the world.
extension Hub {
    /// The broker will bring what it retains: what waits for that waits from now on. A boot step.
    package func awaitReplay() { isSettled = false }

    /// What the broker retains has come, or nobody waits for it any more.
    package func settled() {
        if isSettled { return }
        isSettled = true
        let waiting = whenSettled
        whenSettled = []
        for work in waiting { work(self) }
    }

    /// Does something as soon as `isSettled`: now, where it is.
    package func onceSettled(_ work: @escaping (isolated Hub) -> Void) {
        if isSettled { return work(self) }
        whenSettled.append(work)
    }
}
