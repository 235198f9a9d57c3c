import Komoku

extension StoreState {
    /// Bytes that may wait while storing is impossible, and what is left of them after dropping.
    static let backlogLimit = 16 << 20
    private static let backlogTarget = 12 << 20

    /// Drops the oldest puts where too many wait. What else their batches hold stays.
    mutating func limitBacklog() {
        guard pendingSize > Self.backlogLimit else { return }
        var kept = pendingSize
        var entries = 0
        for index in pending.indices where kept > Self.backlogTarget {
            let batch = pending[index]
            kept -= batch.size
            entries += batch.entries
            statistics.droppedPuts += batch.batch.puts.count
            statistics.pendingPuts -= batch.batch.puts.count
            var rest = batch.batch
            rest.puts = []
            pending[index] = PendingBatch(rest, entries: 0)
        }
        active.remove(committedEntries..<(committedEntries + entries))
        pending.removeAll { $0.batch.isEmpty }
        limitLetters()
        pendingSize = pending.reduce(0) { $0 + $1.size }
    }

    /// The table keeps no more letters either.
    private mutating func limitLetters() {
        var room = DeadLetterTable.limit
        for index in pending.indices.reversed() {
            let letters = pending[index].batch.deadLetters
            pending[index].batch.deadLetters = letters.suffix(room)
            room -= min(room, letters.count)
        }
    }

    /// Puts a frozen generation that could not be sealed back in front of the active one.
    mutating func thaw() {
        guard let frozen else { return }
        active = frozen.joined(with: active)
        self.frozen = nil
    }
}
