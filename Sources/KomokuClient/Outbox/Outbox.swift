internal import Dispatch
public import Komoku
internal import Synchronization

/// Puts that wait for the hub, on disk, in their order. One process has a file; for any thread.
///
/// A put is there for good when `append` returns. It goes once the hub has acknowledged it, so that after the end of a process in
/// between it is sent again: with the same time, which the hub's history takes once. Puts of one key have times that grow.
///
/// Where nothing can be written, because the disk is full, puts are kept in memory within the same bounds, and written as soon as
/// there is room.
public final class Outbox: Sendable {
    fileprivate struct State {
        var status = OutboxStatus()
        /// Not yet on disk.
        var fresh: [OutboxPut] = []
        var waiters: [CheckedContinuation<Void, Never>] = []
        var isWriting = false
        var isClosed = false
        /// The newest times of keys.
        var times: [String: Timestamp] = [:]
        /// Who waits for something to send.
        var reader: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())
    private let file: Mutex<OutboxFile>
    private let policy: OutboxPolicy
    private let now: @Sendable () -> Timestamp
    /// Whoever waits for the disk waits here, and not on a thread that others need.
    private let queue = DispatchQueue(label: "komoku.outbox")
    /// The most keys whose times are remembered.
    private static let mostKeys = 100_000

    /// Opens a file, or makes it. Waits for the disk.
    ///
    /// - Parameters:
    ///   - path: nil keeps all in memory.
    ///   - now: what time it is.
    public init(
        path: String?, policy: OutboxPolicy = OutboxPolicy(), now: (@Sendable () -> Timestamp)? = nil
    ) throws(OutboxError) {
        do { file = try Mutex(OutboxFile(path: path, survivesPowerCut: policy.survivesPowerCut)) } catch {
            throw OutboxError(
                description: "'\(path ?? "")' cannot be used as an outbox: \(error); remove it, or name another file")
        }
        (self.policy, self.now) = (policy, now ?? { ClientSystem.now })
        let held = file.withLock { $0.held }
        state.withLock { ($0.status.waiting, $0.status.bytes) = (held.count, held.bytes) }
    }

    public var status: OutboxStatus { state.withLock { $0.status } }

    /// Takes a put, and returns when it is in the file.
    ///
    /// - Parameter time: nil is now.
    public func append(_ key: String, _ value: JSON, at time: Timestamp? = nil) async {
        await append([OutboxPut(key, value, at: time ?? now())])
    }

    /// The same with many, which are kept in their order.
    public func append(_ puts: [OutboxPut]) async {
        await withCheckedContinuation { continuation in add(puts, continuation) }
    }

    /// Takes puts without waiting for the disk, for who must not wait.
    public func add(_ puts: [OutboxPut]) { add(puts, nil) }

    private func add(_ puts: [OutboxPut], _ waiter: CheckedContinuation<Void, Never>?) {
        let isIdle = state.withLock { state in
            if state.isClosed { return Optional<Bool>.none }
            for put in puts { state.fresh.append(state.dated(put, most: Self.mostKeys)) }
            state.status.waiting += puts.count
            if let waiter { state.waiters.append(waiter) }
            defer { state.isWriting = true }
            return !state.isWriting
        }
        guard let isIdle else {
            waiter?.resume()
            return
        }
        // What comes while a commit is under way goes with the next one.
        if isIdle { queue.async { self.write() } }
    }

    private func write() {
        while true {
            let (puts, waiters) = state.withLock { state in
                defer { (state.fresh, state.waiters) = ([], []) }
                if state.fresh.isEmpty, state.waiters.isEmpty { state.isWriting = false }
                return (state.fresh, state.waiters)
            }
            if puts.isEmpty, waiters.isEmpty { return }
            let change = file.withLock { $0.append(puts, policy, at: now()) }
            let reader = note(change)
            for waiter in waiters { waiter.resume() }
            reader?.resume()
        }
    }

    private func note(_ change: OutboxFile.Change) -> CheckedContinuation<Void, Never>? {
        state.withLock { state in
            state.status.waiting -= change.dropped
            state.status.dropped += change.dropped
            state.status.bytes = change.bytes
            state.status.fault = change.fault
            defer { state.reader = nil }
            return state.reader
        }
    }

    /// Closes the file once everything is in it. Whoever waits goes on.
    public func close() {
        state.withLock { $0.isClosed = true }
        queue.sync { file.withLock { $0.close() } }
        let reader = state.withLock { state in
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume()
    }
}

// MARK: For who sends

extension Outbox {
    /// Puts that are sent together, and stay in the outbox until they are removed.
    struct Parcel: Sendable {
        /// Of the rows in the file.
        let rows: ClosedRange<Int64>
        let puts: [OutboxPut]
    }

    /// The oldest puts that wait.
    ///
    /// - Returns: nil where nothing waits.
    func next(atMost count: Int) async -> Parcel? {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: self.file.withLock { $0.read(atMost: count) }) }
        }
    }

    /// The hub has them.
    func remove(_ parcel: Parcel, refused: Int) async {
        await withCheckedContinuation { continuation in
            queue.async {
                let change = self.file.withLock { $0.remove(parcel) }
                self.state.withLock { state in
                    state.status.waiting -= change.removed
                    state.status.bytes = change.bytes
                    state.status.delivered += max(0, change.removed - refused)
                    state.status.refused += refused
                }
                continuation.resume()
            }
        }
    }

    /// Returns when there is something to send, or nothing will come any more.
    func whenFilled() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isThere = state.withLock { state in
                    if state.status.waiting > 0 || state.isClosed || Task.isCancelled { return true }
                    state.reader = continuation
                    return false
                }
                if isThere { continuation.resume() }
            }
        } onCancel: {
            let reader = state.withLock { state in
                defer { state.reader = nil }
                return state.reader
            }
            reader?.resume()
        }
    }

    var isClosed: Bool { state.withLock { $0.isClosed } }
}

extension Outbox.State {
    /// A time that no put of the key had before, so that the history has both.
    fileprivate mutating func dated(_ put: OutboxPut, most: Int) -> OutboxPut {
        var put = put
        if let last = times[put.key], put.time == last { put.time = last + Komoku.Duration(microseconds: 1) }
        if times.count >= most { times = [:] }
        times[put.key] = max(put.time, times[put.key] ?? put.time)
        return put
    }
}
