internal import DequeModule
internal import Komoku
internal import NIOCore
internal import Synchronization

/// The messages that answer one command, on their way from a connection of their own to one reader.
///
/// Where the reader is slow, nothing more is read from the connection, so the hub waits too.
final class ReplyStream: Sendable {
    fileprivate struct State {
        var waiting = Deque<(message: JSON, size: Int)>()
        /// Bytes of what waits, as they came.
        var size = 0
        var isPaused = false
        var end: Result<Void, ClientError>?
        var reader: CheckedContinuation<Void, Never>?
    }

    /// Reading pauses above this many bytes and goes on below half of it.
    fileprivate static let limit = 1 << 20

    private let state = Mutex(State())
    private let channel: any Channel
    private let address: HubAddress

    init(channel: any Channel, address: HubAddress) {
        self.channel = channel
        self.address = address
    }

    var isPaused: Bool { state.withLock { $0.isPaused } }

    /// - Returns: false where this was the last message.
    func add(_ message: JSON, size: Int) -> Bool {
        let (reader, pauses, goesOn) = state.withLock { state in
            if let error = ClientError(in: message) {
                state.end = .failure(error)
            } else {
                state.waiting.append((message["result"] ?? .null, size))
                state.size += size
                if message["result"]?["done"] == .bool(true) { state.end = .success(()) }
            }
            let pauses = !state.isPaused && state.size > Self.limit
            if pauses { state.isPaused = true }
            defer { state.reader = nil }
            return (state.reader, pauses, state.end == nil)
        }
        if pauses { setReading(false) }
        reader?.resume()
        return goesOn
    }

    /// The connection is gone.
    func end() {
        let reader = state.withLock { state in
            if state.end == nil { state.end = .failure(.disconnected(address)) }
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume()
    }

    /// The next message's `result`; nil behind the last. For one reader.
    func next() async throws(ClientError) -> JSON? {
        while true {
            switch try state.withLock({ state throws(ClientError) in try state.take() }) {
            case .message(let message, let resumes):
                if resumes { setReading(true) }
                return message
            case .ended: return nil
            case .nothingYet: await wait()
            }
        }
    }

    private func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    if !state.waiting.isEmpty || state.end != nil { return true }
                    state.reader = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            end()
        }
    }

    private func setReading(_ isReading: Bool) {
        _ = channel.setOption(.autoRead, value: isReading)
    }
}

extension ReplyStream {
    fileprivate enum Taken: Sendable {
        case message(JSON, resumes: Bool)
        case ended
        case nothingYet
    }
}

extension ReplyStream.State {
    /// The first of those that wait, and whether reading goes on then.
    fileprivate mutating func take() throws(ClientError) -> ReplyStream.Taken {
        guard let first = waiting.popFirst() else {
            switch end {
            case nil: return .nothingYet
            case .success: return .ended
            case .failure(let error): throw error
            }
        }
        size -= first.size
        let resumes = isPaused && size <= ReplyStream.limit / 2
        if resumes { isPaused = false }
        return .message(first.message, resumes: resumes)
    }
}
