internal import DequeModule
internal import Komoku
internal import Synchronization

/// Pushes on their way from the connection to one reader: bounded, and what falls out is counted.
final class PushBuffer: Sendable {
    enum Item: Sendable {
        case push(JSON, dropped: Int)
        case ended
    }

    fileprivate struct State {
        var waiting = Deque<JSON>()
        /// Older pushes that were thrown away since the last one was read.
        var dropped = 0
        var isEnded = false
        var reader: CheckedContinuation<Item, Never>?
    }

    private let state = Mutex(State())
    private let capacity: Int

    init(capacity: Int) {
        self.capacity = capacity
    }

    func add(_ push: JSON) {
        let reader = state.withLock { state -> CheckedContinuation<Item, Never>? in
            if let reader = state.reader {
                state.reader = nil
                return reader
            }
            if state.waiting.count >= capacity {
                state.waiting.removeFirst()
                state.dropped += 1
            }
            state.waiting.append(push)
            return nil
        }
        reader?.resume(returning: .push(push, dropped: 0))
    }

    /// No push comes any more; those that wait can still be read.
    func end() {
        let reader = state.withLock { state in
            state.isEnded = true
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume(returning: .ended)
    }

    /// The next push. For one reader at a time; a second one ends the wait of the first. Cancelling the task ends the buffer.
    func next() async -> Item {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (ready, replaced) = state.withLock { $0.take(for: continuation) }
                if let ready { continuation.resume(returning: ready) }
                replaced?.resume(returning: .ended)
            }
        } onCancel: {
            end()
        }
    }
}

extension PushBuffer.State {
    fileprivate mutating func take(
        for continuation: CheckedContinuation<PushBuffer.Item, Never>
    ) -> (ready: PushBuffer.Item?, replaced: CheckedContinuation<PushBuffer.Item, Never>?) {
        if let push = waiting.popFirst() {
            defer { dropped = 0 }
            return (.push(push, dropped: dropped), nil)
        }
        if isEnded { return (.ended, nil) }
        defer { reader = continuation }
        return (nil, reader)
    }
}
