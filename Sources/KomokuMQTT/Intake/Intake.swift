internal import Komoku
package import KomokuHub
package import KomokuStore

/// What the messages of one round came to.
package struct Intake: Sendable {
    /// Applied before the observations.
    package var updates: [DeviceUpdate] = []
    package var observations: [Observation] = []
    package var deadLetters: [DeadLetter] = []
    /// Messages that rules want as they came, each with the number of observations that come before it.
    package var messages: [(message: RawMessage, cursor: Int)] = []

    /// The broker has brought what it retains.
    package var isSettled = false

    /// What it takes of memory until it is applied, about, in bytes.
    package var size = 0
    /// Which messages these are, as far as they are to be acknowledged.
    package var receipts = ReceiptChange()
    /// How many observations there are up to each of `receipts.added`, and up to each message that has any.
    package var receiptCursors: [Int] = []
    package var ends: [Int] = []
    /// Messages whose time of measurement is not believed, some of them, and how many there are.
    private(set) var doubted: [DeadLetter] = []
    private(set) var doubts = 0

    /// How many dead letters there may be after the message that is being read.
    private var limit = Int.max

    /// The most dead letters that one message makes.
    private static let maximumRefusals = 8

    package init() {}

    /// Adds what a source says. A device that is learnt message by message is described anew with each: of those that follow
    /// one another only the last is kept, which is all that counts.
    mutating func add(_ update: DeviceUpdate) {
        let old = updates.indices.suffix(2).first { update.replaces(updates[$0]) }
        if let old { updates.remove(at: old) }
        updates.append(update)
    }

    /// Applied in less time than it takes to wake a thread, or not much more.
    package var isShort: Bool { observations.count + messages.count <= 32 && updates.isEmpty }

    package var isEmpty: Bool {
        observations.isEmpty && deadLetters.isEmpty && updates.isEmpty && messages.isEmpty && receipts.isEmpty
            && !isSettled
    }

    /// A message begins: what it holds in vain makes a bounded number of dead letters.
    mutating func startMessage() {
        limit = deadLetters.count + Self.maximumRefusals
    }

    /// Keeps a message whose time is not believed: its values are dated by its arrival.
    mutating func doubt(_ payload: UnsafeBufferPointer<UInt8>, of topic: String, _ reason: String, at time: Timestamp) {
        doubts += 1
        guard doubted.count < Self.maximumRefusals else { return }
        let reason = "\(reason): the time of arrival counts"
        doubted.append(DeadLetter(topic: topic, payload: payload, reason: reason, time: time))
    }

    /// Those of topics of which it was not said before are told as dead letters are.
    mutating func tellDoubts(_ isNew: (String) -> Bool) {
        deadLetters += doubted.filter { isNew($0.topic) }
        doubted = []
    }

    /// Keeps a message that could not be used. Equal ones in a row are counted.
    mutating func refuse(_ payload: UnsafeBufferPointer<UInt8>, of topic: String, _ reason: String, at time: Timestamp)
    {
        let reason = deadLetters.count < limit - 1 ? reason : "further fields cannot be used"
        if let last = deadLetters.indices.last, deadLetters[last].reason == reason,
            deadLetters[last].topic.utf8.elementsEqual(topic.utf8)
        {
            deadLetters[last].count += 1
        } else {
            deadLetters.append(DeadLetter(topic: topic, payload: payload, reason: reason, time: time))
        }
    }
}

extension DeviceUpdate {
    /// Whether nothing is left of an earlier one that comes shortly before.
    fileprivate func replaces(_ earlier: DeviceUpdate) -> Bool {
        switch (self, earlier) {
        case (.described(let device), .described(let old)): device.id == old.id
        case (.remembered(let topic, _), .remembered(let old, _)): topic.utf8.elementsEqual(old.utf8)
        default: false
        }
    }
}
