public import Komoku

/// How much an outbox keeps, and what it leaves out beyond that.
public struct OutboxPolicy: Hashable, Sendable {
    /// What goes where there is no room.
    public enum Overflow: String, Hashable, Sendable, CaseIterable {
        /// The history has a gap before what is known now.
        case oldest
        /// The history ends where the outbox was full.
        case newest
    }

    /// The most puts that wait.
    public var maximumCount = 1_000_000
    /// The most bytes of them on disk.
    public var maximumBytes = 64 << 20
    /// What waits for longer is left out; nil keeps it.
    public var maximumAge: Komoku.Duration?
    public var leavesOut = Overflow.oldest
    /// Whether puts survive a power cut, too: the disk is waited for with each commit, which wears an SD card. Without, they
    /// survive the end of the process at any moment, and a power cut may take the last seconds.
    public var survivesPowerCut = false

    public init() {}
}

/// A value of a key at its own time, on its way to the hub.
public struct OutboxPut: Hashable, Sendable {
    public var key: String
    public var value: JSON
    public var time: Timestamp

    public init(_ key: String, _ value: JSON, at time: Timestamp) {
        (self.key, self.value, self.time) = (key, value, time)
    }
}

/// What an outbox holds, and what has become of the rest since it was opened.
public struct OutboxStatus: Hashable, Sendable {
    /// Puts that the hub has not acknowledged.
    public var waiting = 0
    /// Their bytes on disk.
    public var bytes = 0
    /// Puts that were left out for want of room, or because they were too old.
    public var dropped = 0
    public var delivered = 0
    /// Puts that the hub refused, as a text for a number.
    public var refused = 0
    /// Why nothing can be written; puts are kept in memory meanwhile. Nil while all is well.
    public var fault: String?

    public init() {}
}

/// Why a file cannot be an outbox.
public struct OutboxError: Error, CustomStringConvertible {
    public let description: String
}
