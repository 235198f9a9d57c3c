package import KomokuStore

extension Hub {
    /// Puts a line of the why log into the batch of this turn.
    package func append(run: RunRow) { batch.runs.append(run) }

    /// Lets the commit of this turn's batch remove old lines of the why log.
    package func prune(runs retention: [String: RunRetention]) { batch.runRetention = retention }
}
