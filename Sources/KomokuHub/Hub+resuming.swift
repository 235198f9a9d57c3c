internal import Komoku

/// Where a numbered subscription begins.
package struct SubscriptionStart: Hashable, Sendable {
    /// What was told up to here need not be told again; nil where last values come first, which bring it along.
    package var mark: ChangeMark?
    /// What happened since the mark that was given is not known: the hub has started anew.
    package var isGap = false
}

extension Hub {
    /// As `subscribe`, for a client that wants to go on after a break: each delivery has its mark.
    ///
    /// - Parameters:
    ///   - initial: the last values are told first; with `after` only where there is a gap.
    ///   - after: the newest mark that the client has seen: what it missed is told first, the newest of each key.
    /// - Returns: nil where there are too many patterns.
    package func subscribe(
        _ subscriber: Subscriber, to targets: [SubscriptionTarget], every: Bool, initial: Bool, after text: String?
    ) -> SubscriptionStart? {
        for target in targets { guard subscribe(subscriber, to: target, every: every) else { return nil } }
        subscriber.beginNumbering()
        let now = sequence.mark
        if let mark = text.flatMap({ sequence.mark($0) }) {
            let indices = indices(of: targets, for: subscriber).filter { number(of: $0, every) > mark.number }
            deliverNewest(of: indices, every, to: subscriber, isMissed: true)
            return SubscriptionStart(mark: mark)
        }
        var start = SubscriptionStart(mark: now, isGap: text != nil)
        guard initial else { return start }
        let indices = indices(of: targets, for: subscriber).filter { !table[$0].settings.effective.isEvent }
        deliverNewest(of: indices, every, to: subscriber, isMissed: start.isGap)
        if !indices.isEmpty { start.mark = nil }
        return start
    }

    /// In the order of what they tell, so that a client that gets a part of them knows where to go on.
    private func deliverNewest(of indices: [Int], _ every: Bool, to subscriber: Subscriber, isMissed: Bool) {
        let ordered = indices.map { (number: number(of: $0, every), index: $0) }.sorted { $0.number < $1.number }
        for (position, entry) in ordered.enumerated() {
            let key = table[entry.index]
            guard let last = key.last, let value = last.value else { continue }
            let change = Change(
                key: key.name, type: key.type, value: value, time: last.time, previous: nil, provenance: .restored,
                cause: .client("subscribe"))
            let isLast = position == ordered.count - 1
            let mark = isLast ? sequence.mark : entry.number > 0 ? sequence.mark(entry.number) : nil
            subscriber.deliver(change, isStale: key.isStale, isMissed: isMissed, mark: mark)
        }
    }

    private func number(of index: Int, _ every: Bool) -> UInt64 {
        every ? max(table[index].sequence.put, table[index].sequence.change) : table[index].sequence.change
    }

    /// Those that have a value, each once.
    private func indices(of targets: [SubscriptionTarget], for subscriber: Subscriber) -> [Int] {
        let patterns = targets.map { target in
            switch target {
            case .key(let name): KeyPattern(name)
            case .pattern(let pattern): pattern
            }
        }
        let found = Set(patterns.flatMap { keys(matching: $0).compactMap { index(of: $0.name) } })
        return found.filter { index in
            table[index].last?.value != nil && subscriber.mayHear(of: table[index].name)
        }.sorted()
    }
}
