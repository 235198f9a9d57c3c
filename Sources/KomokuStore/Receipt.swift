/// A message that was taken and not acknowledged: after a crash the broker sends it again under the same id.
package struct Receipt: Hashable, Sendable {
    package let id: UInt16
    /// Of its topic and its payload.
    package let hash: UInt32

    package init(id: UInt16, hash: UInt32) {
        self.id = id
        self.hash = hash
    }
}

/// What changed in the list of receipts that rides in each commit.
package struct ReceiptChange: Hashable, Sendable {
    /// The list is emptied before the rest happens: the broker's session began anew.
    package var isNew = false
    package var added: [Receipt] = []
    /// So many of the oldest, counted with those that are added, are acknowledged.
    package var dropped = 0

    package init() {}

    package var isEmpty: Bool { !isNew && dropped == 0 && added.isEmpty }

    /// Takes over what happened afterwards.
    package mutating func append(_ later: ReceiptChange) {
        if later.isNew { return self = later }
        added += later.added
        dropped += later.dropped
    }
}

/// The receipts that the next commit holds.
package struct ReceiptList: Sendable {
    package private(set) var receipts: [Receipt] = []
    /// The database has another list.
    var isNew = false
    /// The database must not go on saying what it says.
    var isUrgent = false

    /// Beyond this the oldest go; no broker has so many ids.
    private static let limit = 65_535

    package init(_ receipts: [Receipt] = []) {
        self.receipts = receipts
    }

    package mutating func apply(_ change: ReceiptChange) {
        guard !change.isEmpty else { return }
        if change.isNew {
            receipts = []
            isUrgent = true
        }
        receipts += change.added
        receipts.removeFirst(min(receipts.count, max(change.dropped, receipts.count - Self.limit)))
        isNew = true
    }
}
