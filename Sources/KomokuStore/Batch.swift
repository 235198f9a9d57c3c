package import Komoku

/// One put as the journal holds it.
package struct Put: Hashable, Sendable {
    package var key: KeyID
    /// The time of the put itself; it becomes the key's last time where `isNewest`.
    package var time: Timestamp
    /// Nil is a gap.
    package var value: Value?
    package var provenance: Provenance
    /// Where the value is stored as a point: `time`, or the time of a point that it replaces (`min_resolution`).
    /// Nil where the put is no point (`same_value_resolution`) and only becomes the key's last.
    package var pointTime: Timestamp?
    package var isNewest: Bool
    package var dating: Dating

    /// What is to be known of a put's time.
    package enum Dating: UInt8, Hashable, Sendable {
        /// The hub gave it.
        case hub = 0
        /// The sender gave it.
        case given = 1
        /// It is ahead of the clock: a point that is not the key's newest before its time comes. Without a point it says only
        /// that the key may have such points from this time on.
        case future = 2
        /// Its time came: what is stored as a point already is the key's newest now. None of its points before is in the
        /// future any more.
        case due = 3
        /// The newest put, or that there is none, after the clock was set back: what was the newest point is none any more.
        case redated = 4
    }

    package init(
        key: KeyID, time: Timestamp, value: Value?, provenance: Provenance, pointTime: Timestamp?, isNewest: Bool,
        dating: Dating = .hub
    ) {
        self.key = key
        self.time = time
        self.value = value
        self.provenance = provenance
        self.pointTime = pointTime
        self.isNewest = isNewest
        self.dating = dating
    }
}

/// What one commit takes whole or not at all.
package struct Batch: Sendable {
    /// In the order in which the hub accepted them: of two points of one key and time the later counts.
    package var puts: [Put] = []
    /// New keys, and keys whose options changed.
    package var keys: [KeyRecord] = []
    /// Keys retired at once; their points are removed afterwards, in slices.
    package var deletedKeys: [KeyID] = []
    /// Events that must survive until they are handled.
    package var events: [QueuedEvent] = []
    /// Ids of events whose effects this batch holds.
    package var handledEvents: [Int64] = []
    package var cells: [CellWrite] = []
    package var deadLetters: [DeadLetter] = []
    /// All dead letters that were there before this batch go.
    package var clearsDeadLetters = false
    package var devices: [DeviceWrite] = []
    package var discoveries: [DiscoveryWrite] = []
    /// Points that the hub dated by a clock that was ahead.
    package var misdated: [MisdatedPoint] = []
    /// Lines of the why log.
    package var runs: [RunRow] = []
    package var outages: [OutageWrite] = []
    package var replacements: [ReplacementWrite] = []
    package var accounts: [AccountWrite] = []
    package var sessions: [SessionWrite] = []
    package var documents: [DocumentWrite] = []
    package var ruleVersions: [RuleVersionRow] = []
    /// The hub is there at this time: its last sign of life, until there is another one.
    package var alive: Timestamp?
    /// Of each outcome what is not named any more is removed from the why log; nil removes nothing.
    package var runRetention: [String: RunRetention]?
    /// Which messages of the broker this batch comes of. They ride in the next commit and cause none.
    package var receipts = ReceiptChange()

    package init() {}

    package var isEmpty: Bool {
        puts.isEmpty && keys.isEmpty && deletedKeys.isEmpty && events.isEmpty && handledEvents.isEmpty && cells.isEmpty
            && deadLetters.isEmpty && !clearsDeadLetters && devices.isEmpty && discoveries.isEmpty && misdated.isEmpty
            && runs.isEmpty
            && runRetention == nil && outages.isEmpty && alive == nil && replacements.isEmpty
            && accounts.isEmpty && sessions.isEmpty && documents.isEmpty && ruleVersions.isEmpty
    }
}

/// An event of the reactor's queue.
package struct QueuedEvent: Hashable, Sendable {
    /// Grows with each event; the order of handling.
    package var id: Int64
    package var body: JSON
    package var time: Timestamp

    package init(id: Int64, body: JSON, time: Timestamp) {
        self.id = id
        self.body = body
        self.time = time
    }
}

/// The new state of a cell; data nil deletes its row.
package struct CellWrite: Hashable, Sendable {
    package var behaviour: String
    package var id: String
    package var data: JSON?
    /// When the cell wants to be woken.
    package var due: Timestamp?
    /// The error of a failed cell.
    package var failure: String?

    package init(behaviour: String, id: String, data: JSON?, due: Timestamp?, failure: String?) {
        self.behaviour = behaviour
        self.id = id
        self.data = data
        self.due = due
        self.failure = failure
    }
}

/// The new state of a device; data nil deletes its row.
package struct DeviceWrite: Hashable, Sendable {
    /// Compared byte by byte.
    package var id: String
    package var data: JSON?

    package init(id: String, data: JSON?) {
        self.id = id
        self.data = data
    }
}

/// A discovery message that is given to its source again at the next start; payload nil deletes its row.
package struct DiscoveryWrite: Hashable, Sendable {
    package var topic: String
    package var payload: [UInt8]?

    package init(topic: String, payload: [UInt8]?) {
        self.topic = topic
        self.payload = payload
    }
}

/// A message that could not be used. Letters of one topic and reason are one row with a count.
package struct DeadLetter: Hashable, Sendable {
    package var topic: String
    /// At most `maximumPayload` bytes of what came.
    package var payload: [UInt8]
    package var reason: String
    package var time: Timestamp
    package var count: Int

    package static let maximumPayload = 1024

    package init(topic: String, payload: some Sequence<UInt8>, reason: String, time: Timestamp, count: Int = 1) {
        self.topic = topic
        self.payload = Array(payload.prefix(Self.maximumPayload))
        self.reason = reason
        self.time = time
        self.count = count
    }
}
