import Komoku

/// A batch that is in no commit yet.
struct PendingBatch {
    var batch: Batch
    /// How many entries of the head its points are.
    var entries: Int
    /// Bytes of memory, about.
    let size: Int

    init(_ batch: consuming Batch, entries: Int) {
        size = batch.puts.reduce(batch.puts.count * MemoryLayout<Put>.stride) { size, put in
            if case .string(let text) = put.value { size + text.utf8.count } else { size }
        }
        self.batch = batch
        self.entries = entries
    }
}
