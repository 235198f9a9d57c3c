internal import KomokuSystem

extension Store {
    /// How many batches were appended since the store was opened.
    package var appendedBatches: Int { monitor.withLock { $0.appendedBatches } }

    /// Whether the first so many batches that were appended are in the file, whoever asked for the commit. Asks for none.
    package func isDurable(batches: Int) -> Bool { monitor.withLock { $0.durableBatches >= batches } }
}
