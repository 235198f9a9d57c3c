internal import NIOConcurrencyHelpers
internal import NIOCore

/// The open connections of a server, sessions or not.
final class ConnectionRegistry: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var isClosing = false
    }

    private let state = NIOLockedValueBox(State())
    private let capacity: Int

    init(capacity: Int) {
        self.capacity = capacity
    }

    /// - Returns: false where there are too many, or the server stops.
    func add(_ channel: any Channel) -> Bool {
        let id = ObjectIdentifier(channel)
        let added = state.withLockedValue { state in
            guard !state.isClosing, state.channels.count < capacity else { return false }
            state.channels[id] = channel
            return true
        }
        if added {
            channel.closeFuture.whenComplete { _ in self.state.withLockedValue { $0.channels[id] = nil } }
        }
        return added
    }

    /// Refuses new connections; returns those that are open.
    func beginClosing() -> [any Channel] {
        state.withLockedValue { state in
            state.isClosing = true
            return Array(state.channels.values)
        }
    }
}
