internal import Komoku

/// Who is told of changes: subscribers by what they subscribed to, handlers by their keys; and what handlers have not seen
/// yet. Belongs to the hub.
struct Watchers {
    private struct HandlerEntry {
        let handler: any ChangeHandler
        let keys: [KeyPattern]
        let every: Bool
    }

    private var subscriptions: [ObjectIdentifier: Subscription] = [:]
    private var handlers: [HandlerEntry] = []
    /// Counts what comes and goes, but for subscriptions to one key: who watches a key has to be worked out anew.
    private(set) var generation: Int32 = 1
    /// Changes that handlers have not seen yet.
    var unhandled: [Unhandled] = []
    /// Of these, the next that they see.
    private var index = 0
    private var isHandling = false

    var subscriptionCount: Int { subscriptions.values.reduce(0) { $0 + $1.count } }

    mutating func changed() { generation &+= 1 }

    // MARK: Subscribers

    /// - Returns: false, and nothing is done, where there are too many patterns already.
    mutating func add(_ subscriber: Subscriber, _ target: SubscriptionTarget, every: Bool) -> Bool {
        let id = ObjectIdentifier(subscriber)
        var subscription = subscriptions[id] ?? Subscription(subscriber: subscriber)
        if case .pattern = target, subscription[target] == nil {
            let all = subscriptions.values.reduce(0) { $0 + $1.patternCount }
            guard subscription.patternCount < Hub.maximumPatterns, all < Hub.maximumPatternsOfAll else { return false }
        }
        // Unshared first, or each subscription would copy those before it.
        subscriptions[id] = nil
        subscription[target] = every
        subscriptions[id] = subscription
        return true
    }

    /// - Returns: whether there was such a subscription.
    mutating func remove(_ subscriber: Subscriber, _ target: SubscriptionTarget) -> Bool {
        let id = ObjectIdentifier(subscriber)
        guard subscriptions[id]?[target] != nil else { return false }
        subscriptions[id]?[target] = nil
        if subscriptions[id]?.count == 0 { subscriptions[id] = nil }
        return true
    }

    mutating func remove(_ subscriber: Subscriber) {
        if subscriptions.removeValue(forKey: ObjectIdentifier(subscriber)) != nil { changed() }
    }

    // MARK: Handlers

    mutating func add(_ handler: any ChangeHandler, _ keys: [KeyPattern], every: Bool) {
        handlers.append(HandlerEntry(handler: handler, keys: keys, every: every))
        changed()
    }

    mutating func remove(_ handler: any ChangeHandler) {
        handlers.removeAll { $0.handler === handler }
        changed()
    }

    /// Who watches a key.
    ///
    /// - Parameter isConcerned: whether it concerns a handler whose keys it is among.
    func of(_ name: KeyName, _ isConcerned: (any ChangeHandler) -> Bool) -> KeyWatchers {
        let subscribers = subscriptions.values.compactMap { subscription in
            subscription.wantsEveryPut(of: name).map { KeyWatchers.Watch(watcher: subscription.subscriber, every: $0) }
        }
        let handlers = handlers.filter { entry in
            entry.keys.contains { $0.matches(name) } && isConcerned(entry.handler)
        }
        .map { KeyWatchers.Watch(watcher: $0.handler, every: $0.every) }
        if subscribers.isEmpty, handlers.isEmpty { return .none }
        return KeyWatchers(subscribers: subscribers, handlers: handlers)
    }

    // MARK: Handling

    /// - Returns: false where somebody is at it, or nothing waits.
    mutating func beginHandling() -> Bool {
        guard !isHandling, !unhandled.isEmpty else { return false }
        (isHandling, index) = (true, 0)
        return true
    }

    /// The next change that handlers see; behind the last the handling is over.
    mutating func next() -> Unhandled? {
        guard index < unhandled.count else {
            unhandled.removeAll(keepingCapacity: true)
            isHandling = false
            return nil
        }
        defer { index += 1 }
        return unhandled[index]
    }
}

/// A change that handlers have not seen yet.
struct Unhandled {
    enum News {
        case put(Change, isChange: Bool)
        case freshness(FreshnessEvent)
        case deleted(KeyName)
    }

    let news: News
    let handlers: [KeyWatchers.Watch<any ChangeHandler>]
}

/// A subscriber with what it subscribed to.
struct Subscription {
    let subscriber: Subscriber
    /// Whether every put is wanted, by target: names are found at once, patterns are tried one after another.
    private var keys: [KeyName: Bool] = [:]
    private var patterns: [KeyPattern: Bool] = [:]

    init(subscriber: Subscriber) {
        self.subscriber = subscriber
    }

    var count: Int { keys.count + patterns.count }
    var patternCount: Int { patterns.count }

    subscript(target: SubscriptionTarget) -> Bool? {
        get {
            switch target {
            case .key(let name): keys[name]
            case .pattern(let pattern): patterns[pattern]
            }
        }
        set {
            switch target {
            case .key(let name): keys[name] = newValue
            case .pattern(let pattern): patterns[pattern] = newValue
            }
        }
    }

    /// Whether every put of a key is wanted; nil where it is not subscribed to.
    func wantsEveryPut(of name: KeyName) -> Bool? {
        let matching = patterns.lazy.filter { $0.key.matches(name) }.map(\.value)
        return matching.reduce(keys[name]) { ($0 ?? false) || $1 }
    }
}
