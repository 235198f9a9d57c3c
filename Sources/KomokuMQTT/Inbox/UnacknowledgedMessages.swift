/// The messages that were taken and not acknowledged, and those of a connection that broke, so that what the broker sends
/// again in the same session is not applied twice.
struct UnacknowledgedMessages {
    private var current: [UInt16: Int] = [:]
    /// Those whose acknowledgement was written, and may still be on its way: a dead network takes it and loses it.
    private var written: [UInt16: Int] = [:]
    /// By packet id the hash of the content, from connections that broke.
    private var remembered: [UInt16: Int] = [:]
    private(set) var count = 0
    /// When the oldest came, in microseconds of the monotonic clock; nil where there is none.
    private(set) var since: Int64?

    var isEmpty: Bool { count == 0 }

    static func hash(topic: UnsafeRawBufferPointer, payload: UnsafeBufferPointer<UInt8>) -> Int {
        var hasher = Hasher()
        hasher.combine(topic.count)
        hasher.combine(bytes: topic)
        hasher.combine(bytes: UnsafeRawBufferPointer(payload))
        return hasher.finalize()
    }

    /// Notes a message.
    ///
    /// - Returns: whether it was taken before the connection broke.
    mutating func insert(_ id: UInt16, hash: Int, at time: Int64) -> Bool {
        count += 1
        if since == nil { since = time }
        current[id] = hash
        guard !remembered.isEmpty else { return false }
        if remembered[id] == hash {
            remembered[id] = nil
            return true
        }
        // A broker sends again first what it sent before. Behind that, an id is one that is used anew.
        remembered.removeAll()
        return false
    }

    /// The acknowledgements are written.
    mutating func acknowledged() {
        if written.isEmpty { swap(&written, &current) } else { written.merge(current) { $1 } }
        count = 0
        since = nil
        current.removeAll(keepingCapacity: true)
    }

    /// Whether written acknowledgements may still be on their way.
    var areOnTheirWay: Bool { !written.isEmpty }

    /// The broker's host has what was written.
    mutating func delivered() {
        written.removeAll(keepingCapacity: true)
    }

    /// The connection broke.
    mutating func interrupted() {
        remembered.merge(written) { $1 }
        remembered.merge(current) { $1 }
        acknowledged()
        delivered()
    }

    /// The broker remembers no session: nothing will come again under its old id.
    mutating func forget() {
        remembered.removeAll()
    }
}
