internal import KomokuStore

/// The messages that were taken and not acknowledged, and those of a connection or a process that ended, so that what the
/// broker sends again in the same session is not applied twice.
struct UnacknowledgedMessages {
    /// In the order in which they came.
    private var current: [Receipt] = []
    /// Those whose acknowledgement was written, and may still be on its way: a dead network takes it and loses it.
    private var written: [Receipt] = []
    /// By packet id the hash of the content, from connections that broke.
    private var remembered: [UInt16: UInt32] = [:]
    /// What is remembered comes from the database, where some may stand that were acknowledged since: only what the broker
    /// calls repeated can be one of them. A broker that gives the same few ids again and again would else lose a message.
    private var needsRepeatMark = false
    /// What the database has in front of `current`.
    private var older = 0
    private var change = ReceiptChange()
    /// When the oldest came, in microseconds of the monotonic clock; nil where there is none.
    private(set) var since: Int64?

    var count: Int { current.count }
    var isEmpty: Bool { current.isEmpty }

    /// Notes a message.
    ///
    /// - Parameter isRepeated: the broker says that it sent it before.
    /// - Returns: whether it was taken before the connection broke.
    mutating func insert(_ id: UInt16, hash: UInt64, isRepeated: Bool, at time: Int64) -> Bool {
        let receipt = Receipt(id: id, hash: UInt32(truncatingIfNeeded: hash))
        if since == nil { since = time }
        current.append(receipt)
        change.added.append(receipt)
        guard !remembered.isEmpty else { return false }
        if remembered[id] == receipt.hash, isRepeated || !needsRepeatMark {
            remembered[id] = nil
            return true
        }
        // A broker sends again first what it sent before. Behind that, an id is one that is used anew.
        remembered.removeAll()
        return false
    }

    /// The acknowledgements are written.
    mutating func acknowledged() {
        if written.isEmpty { swap(&written, &current) } else { written += current }
        current.removeAll(keepingCapacity: true)
        since = nil
    }

    /// Whether written acknowledgements may still be on their way.
    var areOnTheirWay: Bool { !written.isEmpty }

    /// The broker's host has what was written.
    mutating func delivered() {
        older += written.count
        written.removeAll(keepingCapacity: true)
        guard remembered.isEmpty else { return }
        change.dropped += older
        older = 0
    }

    /// The connection broke.
    mutating func interrupted() {
        for receipt in written + current { remembered[receipt.id] = receipt.hash }
        older += written.count + current.count
        written = []
        current = []
        since = nil
    }

    /// What an earlier process had in its last commit.
    mutating func restore(_ receipts: [Receipt]) {
        for receipt in receipts { remembered[receipt.id] = receipt.hash }
        older = receipts.count
        needsRepeatMark = !receipts.isEmpty
    }

    /// The broker remembers no session: nothing will come again under its old id.
    ///
    /// - Returns: whether there was something to forget.
    mutating func forget() -> Bool {
        guard older > 0 || !remembered.isEmpty else { return false }
        remembered.removeAll()
        older = 0
        change = ReceiptChange()
        change.isNew = true
        return true
    }

    /// What changed since this was asked last, for the next commit.
    mutating func takeChange() -> ReceiptChange {
        guard !change.isEmpty else { return change }
        var taken = ReceiptChange()
        swap(&taken, &change)
        change.added.reserveCapacity(taken.added.count)
        return taken
    }
}
