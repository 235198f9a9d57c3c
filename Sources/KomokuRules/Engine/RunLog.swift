package import Komoku
package import KomokuHub
internal import KomokuSystem

/// Where the records of runs go: the why log. Called on the hub's thread; must not block.
package protocol RunLog: AnyObject, Sendable {
    /// The greatest number of a record that is kept; 0 where there is none. Asked once, at start.
    func newestNumber() -> Int64

    /// Takes a run that ended, or a decision not to run; what it writes belongs to the batch of the turn.
    func append(_ record: RunRecord, in hub: isolated Hub)

    /// Takes what is told anew of a run that ended: something that it began came to nothing.
    func amend(_ record: RunRecord, in hub: isolated Hub)

    /// Takes that what the record of this number told happened again: equal skips of one rule in a row are one record.
    func repeated(_ number: Int64, count: Int, at time: Timestamp, in hub: isolated Hub)

    /// The same with the newest reason: that of a skip names values, which differ.
    func repeated(_ number: Int64, count: Int, reason: String, at time: Timestamp, in hub: isolated Hub)
}

extension RunLog {
    package func amend(_ record: RunRecord, in hub: isolated Hub) {}

    package func repeated(_ number: Int64, count: Int, at time: Timestamp, in hub: isolated Hub) {}

    package func repeated(_ number: Int64, count: Int, reason: String, at time: Timestamp, in hub: isolated Hub) {
        repeated(number, count: count, at: time, in: hub)
    }
}

/// The newest records, in memory.
struct RecentRecords {
    private var ring: [RunRecord] = []
    private var next = 0

    static let capacity = 1024

    mutating func append(_ record: RunRecord) {
        if ring.count < Self.capacity {
            ring.append(record)
        } else {
            ring[next] = record
            next = (next + 1) % Self.capacity
        }
    }

    /// Changes a record, where it is there still.
    mutating func update(_ id: Int64, _ change: (inout RunRecord) -> Void) -> RunRecord? {
        guard let slot = ring.lastIndex(where: { $0.id == id }) else { return nil }
        change(&ring[slot])
        return ring[slot]
    }

    /// The newest first.
    func newest(_ limit: Int, where isWanted: (RunRecord) -> Bool) -> [RunRecord] {
        let ordered = ring[next...] + ring[..<next]
        return Array(ordered.reversed().lazy.filter(isWanted).prefix(max(0, limit)))
    }
}
