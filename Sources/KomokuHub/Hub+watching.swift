package import Komoku

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
        guard watchers.add(subscriber, target, every: every) else { return false }
        forgetWatchers(of: target)
        if initial { deliverLast(of: target, to: subscriber) }
        return true
    }

    /// Patterns that one subscriber may have, and all of them together.
    package static let maximumPatterns = 1000
    package static let maximumPatternsOfAll = 4000

    package func unsubscribe(_ subscriber: Subscriber, from target: SubscriptionTarget) {
        if watchers.remove(subscriber, target) { forgetWatchers(of: target) }
    }

    /// Ends all subscriptions of `subscriber`.
    package func remove(_ subscriber: Subscriber) { watchers.remove(subscriber) }

    /// Lets `handler` see changes of the keys that match, on the hub's thread, from now on.
    package func addHandler(_ handler: any ChangeHandler, keys: [KeyPattern], every: Bool = false) {
        watchers.add(handler, keys, every: every)
    }

    package func removeHandler(_ handler: any ChangeHandler) { watchers.remove(handler) }

    /// Asks handlers anew whether a key concerns them, at its next put; nil is all keys.
    package func forgetWatchers(of name: KeyName?) {
        guard let name else { return watchers.changed() }
        if let index = index(of: name) { table[index].watchersGeneration = 0 }
    }

    /// Tells who watches a key of its newest put.
    func tell(_ index: Int, of point: Point, previous: Value?, isChange: Bool, cause: Cause) {
        if isChange {
            counters.changes += 1
            table[index].origin = KeyOrigin(cause: cause, time: point.time, tick: table[index].tick)
        }
        let mark = sequence.next()
        table[index].sequence.put = mark.number
        if isChange { table[index].sequence.change = mark.number }
        let told = watchers(at: index)
        guard !told.isEmpty, let value = point.value else { return }
        let change = Change(
            key: table[index].name, type: table[index].type, value: value, time: point.time, previous: previous,
            provenance: point.provenance, cause: cause)
        for watch in told.subscribers where isChange || watch.every { watch.watcher.deliver(change, mark: mark) }
        if told.handlers.contains(where: { isChange || $0.every }) {
            watchers.unhandled.append(Unhandled(news: .put(change, isChange: isChange), handlers: told.handlers))
        }
    }

    /// Tells who watches a key that it went stale or recovered.
    func tell(_ event: FreshnessEvent, at index: Int) {
        let mark = sequence.next()
        table[index].sequence.change = mark.number
        let told = watchers(at: index)
        guard !told.isEmpty, let change = event.change else { return }
        for watch in told.subscribers { watch.watcher.deliver(change, freshness: event.freshness, mark: mark) }
        if !told.handlers.isEmpty {
            watchers.unhandled.append(Unhandled(news: .freshness(event), handlers: told.handlers))
        }
    }

    /// Tells who watches a key that it is about to be deleted.
    func tellDeleted(_ index: Int) {
        let handlers = watchers(at: index).handlers
        if !handlers.isEmpty {
            watchers.unhandled.append(Unhandled(news: .deleted(table[index].name), handlers: handlers))
        }
    }

    /// Lets handlers see the changes that wait, and those that they make, one after another.
    func finishHandling() {
        guard watchers.beginHandling() else { return }
        while let event = watchers.next() {
            for watch in event.handlers {
                switch event.news {
                case .put(let change, let isChange):
                    if isChange || watch.every { watch.watcher.handle(change, in: self) }
                case .freshness(let event): watch.watcher.handle(event, in: self)
                case .deleted(let key): watch.watcher.handle(deleted: key, in: self)
                }
            }
        }
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
            if let index = index(of: name) { table[index].watchersGeneration = 0 }
        case .pattern: watchers.changed()
        }
    }

    /// Who watches a key: worked out at its first put after a subscription has come or gone.
    private func watchers(at index: Int) -> KeyWatchers {
        if table[index].watchersGeneration == watchers.generation { return table[index].watchers }
        let (name, type) = (table[index].name, table[index].type)
        // A handler may change who watches while it is asked.
        let now = watchers
        let found = now.of(name) { $0.isConcerned(by: name, type, in: self) }
        table[index].watchers = found
        table[index].watchersGeneration = watchers.generation
        return found
    }
}
