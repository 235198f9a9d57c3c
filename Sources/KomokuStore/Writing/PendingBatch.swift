import Komoku

/// A batch that is in no commit yet.
struct PendingBatch {
    var batch: Batch
    /// How many entries of the head its points are.
    var entries: Int
    /// Bytes of memory that can be dropped, about.
    let size: Int

    init(_ batch: consuming Batch, entries: Int) {
        let rows = (batch.events.count + batch.cells.count + 2 * batch.runs.count) * Self.rowSize
        let devices = batch.devices.count * Self.deviceSize + batch.discoveries.reduce(0) { $0 + Self.size($1) }
        size = batch.puts.reduce(rows + devices + batch.deadLetters.reduce(0) { $0 + Self.size($1) }) {
            $0 + Self.size($1)
        }
        self.batch = batch
        self.entries = entries
    }

    /// What is left of batches whose puts were dropped: nothing more can go.
    init(compacted batch: consuming Batch) {
        self.batch = batch
        (entries, size) = (0, 0)
    }

    /// What an event or a cell takes, as a rule; a line of the why log takes two.
    private static let rowSize = 256

    /// What a device with a dozen properties takes.
    private static let deviceSize = 4096

    private static func size(_ message: DiscoveryWrite) -> Int {
        MemoryLayout<DiscoveryWrite>.stride + message.topic.utf8.count + (message.payload?.count ?? 0)
    }

    private static func size(_ put: Put) -> Int {
        guard case .string(let text) = put.value else { return MemoryLayout<Put>.stride }
        return MemoryLayout<Put>.stride + text.utf8.count
    }

    private static func size(_ letter: DeadLetter) -> Int {
        MemoryLayout<DeadLetter>.stride + letter.payload.count + letter.topic.utf8.count + letter.reason.utf8.count
    }
}
