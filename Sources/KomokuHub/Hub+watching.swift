package import Komoku

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

struct HandlerEntry {
    let handler: any ChangeHandler
    let keys: [KeyPattern]
    let every: Bool
}

extension Hub {
    /// Tells `subscriber` of changes from now on. A second subscription to the same target replaces the first.
    ///
    /// - Parameters:
    ///   - every: each newest put, not only changes.
    ///   - initial: the last value of each matching key is delivered first.
    ///
    /// - Returns: false, and nothing is done, where there are too many patterns already: each costs every key a comparison.
    @discardableResult
    package func subscribe(
        _ subscriber: Subscriber, to target: SubscriptionTarget, every: Bool = false, initial: Bool = false
    ) -> Bool {
        let id = ObjectIdentifier(subscriber)
        var subscription = subscriptions[id] ?? Subscription(subscriber: subscriber)
        if case .pattern = target, subscription[target] == nil {
            let all = subscriptions.values.reduce(0) { $0 + $1.patternCount }
            guard subscription.patternCount < Self.maximumPatterns, all < Self.maximumPatternsOfAll else {
                return false
            }
        }
        // Unshared first, or each subscription would copy those before it.
        subscriptions[id] = nil
        subscription[target] = every
        subscriptions[id] = subscription
        forgetWatchers(of: target)
        if initial { deliverLast(of: target, to: subscriber) }
        return true
    }

    /// Patterns that one subscriber may have, and all of them together.
    package static let maximumPatterns = 1000
    package static let maximumPatternsOfAll = 4000

    package func unsubscribe(_ subscriber: Subscriber, from target: SubscriptionTarget) {
        let id = ObjectIdentifier(subscriber)
        guard subscriptions[id]?[target] != nil else { return }
        subscriptions[id]?[target] = nil
        if subscriptions[id]?.count == 0 { subscriptions[id] = nil }
        forgetWatchers(of: target)
    }

    /// Ends all subscriptions of `subscriber`.
    package func remove(_ subscriber: Subscriber) {
        guard subscriptions.removeValue(forKey: ObjectIdentifier(subscriber)) != nil else { return }
        watchGeneration &+= 1
    }

    /// Lets `handler` see changes of the keys that match, on the hub's thread, from now on.
    package func addHandler(_ handler: any ChangeHandler, keys: [KeyPattern], every: Bool = false) {
        handlers.append(HandlerEntry(handler: handler, keys: keys, every: every))
        watchGeneration &+= 1
    }

    package func removeHandler(_ handler: any ChangeHandler) {
        handlers.removeAll { $0.handler === handler }
        watchGeneration &+= 1
    }

    /// Asks handlers anew whether a key concerns them, at its next put; nil is all keys.
    package func forgetWatchers(of name: KeyName?) {
        guard let name else { return watchGeneration &+= 1 }
        if let index = index(of: name) { states[index].watchersGeneration = 0 }
    }

    /// Tells who watches a key of its newest put.
    func tell(_ index: Int, of point: Point, previous: Value?, isChange: Bool, cause: Cause) {
        if isChange {
            counters.changes += 1
            states[index].origin = KeyOrigin(cause: cause, time: point.time, tick: states[index].tick)
        }
        let watchers = watchers(at: index)
        guard !watchers.isEmpty, let value = point.value else { return }
        let change = Change(
            key: states[index].name, type: states[index].type, value: value, time: point.time, previous: previous,
            provenance: point.provenance, cause: cause)
        for watch in watchers.subscribers where isChange || watch.every { watch.watcher.deliver(change) }
        if watchers.handlers.contains(where: { isChange || $0.every }) {
            unhandled.append(Unhandled(news: .put(change, isChange: isChange), handlers: watchers.handlers))
        }
    }

    /// Tells who watches a key that it went stale or recovered.
    func tell(_ event: FreshnessEvent, at index: Int) {
        let watchers = watchers(at: index)
        guard !watchers.isEmpty, let change = event.change else { return }
        for watch in watchers.subscribers { watch.watcher.deliver(change, freshness: event.freshness) }
        if !watchers.handlers.isEmpty {
            unhandled.append(Unhandled(news: .freshness(event), handlers: watchers.handlers))
        }
    }

    /// Tells who watches a key that it is about to be deleted.
    func tellDeleted(_ index: Int) {
        let handlers = watchers(at: index).handlers
        if !handlers.isEmpty { unhandled.append(Unhandled(news: .deleted(states[index].name), handlers: handlers)) }
    }

    /// Lets handlers see the changes that wait, and those that they make, one after another.
    func finishHandling() {
        guard !isHandling, !unhandled.isEmpty else { return }
        isHandling = true
        var next = 0
        while next < unhandled.count {
            let event = unhandled[next]
            next += 1
            for watch in event.handlers {
                switch event.news {
                case .put(let change, let isChange):
                    if isChange || watch.every { watch.watcher.handle(change, in: self) }
                case .freshness(let event): watch.watcher.handle(event, in: self)
                case .deleted(let key): watch.watcher.handle(deleted: key, in: self)
                }
            }
        }
        unhandled.removeAll(keepingCapacity: true)
        isHandling = false
    }

    private func deliverLast(of target: SubscriptionTarget, to subscriber: Subscriber) {
        let pattern: KeyPattern =
            switch target {
            case .key(let name): KeyPattern(name)
            case .pattern(let pattern): pattern
            }
        for key in keys(matching: pattern) where !key.options.isEvent {
            guard let last = key.last, let value = last.value else { continue }
            let change = Change(
                key: key.name, type: key.type, value: value, time: last.time, previous: nil, provenance: .restored,
                cause: .client("subscribe"))
            subscriber.deliver(change, isStale: key.isStale)
        }
    }

    private func forgetWatchers(of target: SubscriptionTarget) {
        switch target {
        case .key(let name):
            if let index = index(of: name) { states[index].watchersGeneration = 0 }
        case .pattern:
            watchGeneration &+= 1
        }
    }

    /// Who watches a key: worked out at its first put after a subscription has come or gone.
    private func watchers(at index: Int) -> KeyWatchers {
        if states[index].watchersGeneration == watchGeneration { return states[index].watchers }
        let name = states[index].name
        let subscribers = subscriptions.values.compactMap { subscription in
            subscription.wantsEveryPut(of: name).map { KeyWatchers.Watch(watcher: subscription.subscriber, every: $0) }
        }
        let type = states[index].type
        let handlers = handlers.filter { entry in
            entry.keys.contains { $0.matches(name) } && entry.handler.isConcerned(by: name, type, in: self)
        }
        .map { KeyWatchers.Watch(watcher: $0.handler, every: $0.every) }
        let watchers =
            subscribers.isEmpty && handlers.isEmpty
            ? KeyWatchers.none : KeyWatchers(subscribers: subscribers, handlers: handlers)
        states[index].watchers = watchers
        states[index].watchersGeneration = watchGeneration
        return watchers
    }
}

/// What handlers have not seen yet.
struct Unhandled {
    enum News {
        case put(Change, isChange: Bool)
        case freshness(FreshnessEvent)
        case deleted(KeyName)
    }

    let news: News
    let handlers: [KeyWatchers.Watch<any ChangeHandler>]
}
