package import Komoku
internal import Synchronization

/// What a subscription is for.
package enum SubscriptionTarget: Hashable, Sendable {
    case key(KeyName)
    /// Every key that matches, future ones too.
    case pattern(KeyPattern)

    func matches(_ name: KeyName) -> Bool {
        switch self {
        case .key(let key): key == name
        case .pattern(let pattern): pattern.matches(name)
        }
    }
}

/// A change on its way to a subscriber.
package struct Delivery: Hashable, Sendable {
    /// Where `freshness` is not nil there is no change: then it holds the last value, with its time, as value and previous.
    package var change: Change
    /// Older ones of the same key that this one replaced while it waited: changes, or changes of freshness.
    package var skipped: Int
    /// The key went stale or recovered; nil is a change.
    package var freshness: Freshness?
    /// The last value of a key that is stale, as a new subscriber gets it: no change, and nothing that happened now.
    package var isStale: Bool
    /// What the subscriber missed while it was away: the newest value, with whether it is stale.
    package var isMissed: Bool
    /// With this one, all up to there was told; nil where that is not so, or nobody asked.
    package var mark: ChangeMark?

    package init(
        change: Change, skipped: Int, freshness: Freshness? = nil, isStale: Bool = false, isMissed: Bool = false,
        mark: ChangeMark? = nil
    ) {
        self.change = change
        self.skipped = skipped
        self.freshness = freshness
        self.isStale = isStale
        self.isMissed = isMissed
        self.mark = mark
    }
}

/// A bounded mailbox of changes for a consumer on another thread.
///
/// While fewer than `capacity` changes wait, and their texts are not too long together, each is kept. From then on a change
/// replaces the one of its key that waits, so that a slow consumer costs at most one change per key and always gets the
/// newest value. So it is with freshness.
package final class Subscriber: Sendable {
    fileprivate struct Mailbox {
        var waiting: [Delivery] = []
        /// How many of `waiting` were taken already.
        var taken = 0
        /// Where the newest of its kind waits; filled once the mailbox is full.
        var newest: [Kind: Int] = [:]
        /// Bytes of the texts of those that wait.
        var textBytes = 0
        /// The consumer wants to know the marks.
        var isNumbered = false
    }

    fileprivate struct Kind: Hashable {
        let key: KeyName
        let isFreshness: Bool
    }

    private let mailbox = Mutex(Mailbox())
    private let capacity: Int
    private let takes: @Sendable (KeyName) -> Bool
    /// Of texts that wait.
    private static let maximumTextBytes = 1 << 20
    private let wake: @Sendable () -> Void

    /// - Parameters:
    ///   - takes: whether the consumer may hear of a key, asked at each change.
    ///   - wake: called on the hub's thread when the mailbox is no longer empty; must not block.
    package init(
        capacity: Int = 1024, takes: @escaping @Sendable (KeyName) -> Bool = { _ in true },
        wake: @escaping @Sendable () -> Void
    ) {
        self.capacity = capacity
        self.takes = takes
        self.wake = wake
    }

    func deliver(
        _ change: Change, freshness: Freshness? = nil, isStale: Bool = false, isMissed: Bool = false,
        mark: ChangeMark? = nil
    ) {
        guard takes(change.key) else { return }
        let delivery = Delivery(
            change: change, skipped: 0, freshness: freshness, isStale: isStale, isMissed: isMissed, mark: mark)
        let wasEmpty = mailbox.withLock { $0.add(delivery, capacity: capacity, textBytes: Self.maximumTextBytes) }
        if wasEmpty { wake() }
    }

    /// Whether the consumer may hear of a key now.
    func mayHear(of key: KeyName) -> Bool { takes(key) }

    /// Deliveries have their marks from now on.
    func beginNumbering() { mailbox.withLock { $0.isNumbered = true } }

    /// Takes up to `limit` changes, oldest first, fewer where their texts are long; one at least, where one waits. `wake` is
    /// called again only after the mailbox was emptied.
    package func drain(max limit: Int = .max, bytes: Int = .max) -> [Delivery] {
        mailbox.withLock { $0.take(limit, bytes) }
    }
}

extension Delivery {
    fileprivate var kind: Subscriber.Kind { Subscriber.Kind(key: change.key, isFreshness: freshness != nil) }
}

extension Change {
    /// What its texts take; the rest is small.
    fileprivate var textBytes: Int { (value.string?.utf8.count ?? 0) + (previous?.string?.utf8.count ?? 0) }
}

extension Subscriber.Mailbox {
    /// - Returns: whether it was empty before.
    fileprivate mutating func add(_ delivery: Delivery, capacity: Int, textBytes limit: Int) -> Bool {
        let wasEmpty = waiting.count == taken
        let isFull = waiting.count - taken >= capacity || textBytes >= limit
        textBytes += delivery.change.textBytes
        if isFull {
            if newest.isEmpty { index() }
            if let index = newest[delivery.kind] {
                let (skipped, mark) = (waiting[index].skipped + 1, waiting[index].mark)
                textBytes -= waiting[index].change.textBytes
                waiting[index] = delivery
                waiting[index].skipped = skipped
                // Others that are older than the new one wait behind it.
                waiting[index].mark = mark
                return wasEmpty
            }
        }
        if isFull || !newest.isEmpty { newest[delivery.kind] = waiting.count }
        waiting.append(delivery)
        if !isNumbered { waiting[waiting.count - 1].mark = nil }
        return wasEmpty
    }

    private mutating func index() {
        for index in taken..<waiting.count { newest[waiting[index].kind] = index }
    }

    fileprivate mutating func take(_ limit: Int, _ bytes: Int) -> [Delivery] {
        var end = taken + min(limit, waiting.count - taken)
        if bytes < .max {
            var (room, last) = (bytes, taken)
            while last < end, room > 0 {
                room -= waiting[last].change.textBytes
                last += 1
            }
            end = last
        }
        let result = Array(waiting[taken..<end])
        if textBytes > 0 { textBytes -= result.reduce(0) { $0 + $1.change.textBytes } }
        taken = end
        // What was taken is no longer there to be replaced, and what is left moves: the index is made anew when needed.
        newest.removeAll()
        if taken == waiting.count || taken >= 4096 {
            waiting.removeFirst(taken)
            taken = 0
        }
        return result
    }
}
