internal import Komoku

/// Who is told of one key's puts.
final class KeyWatchers: Sendable {
    struct Watch<Watcher: Sendable>: Sendable {
        let watcher: Watcher
        /// Each newest put, not only changes.
        let every: Bool
    }

    let subscribers: [Watch<Subscriber>]
    let handlers: [Watch<any ChangeHandler>]

    static let none = KeyWatchers(subscribers: [], handlers: [])

    init(subscribers: [Watch<Subscriber>], handlers: [Watch<any ChangeHandler>]) {
        self.subscribers = subscribers
        self.handlers = handlers
    }

    var isEmpty: Bool { subscribers.isEmpty && handlers.isEmpty }
}
