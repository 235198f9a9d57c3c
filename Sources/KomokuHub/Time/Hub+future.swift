internal import HeapModule
package import Komoku
internal import KomokuStore
internal import Logging

/// A point whose time is ahead of the clock is a forecast, or wrong: it is stored, but it is not the key's value before its time
/// comes, and holds nothing back.
extension Hub {
    /// Clocks of others may be so much ahead.
    package static let tolerance = Duration.seconds(300)

    /// What is later than this is in the future: a put is stored, and becomes the key's value when its time comes. While the clock is not set nothing is.
    package var futureLimit: Timestamp { isClockSet ? reading.wall + Self.tolerance : .distantFuture }

    /// Points of all keys that wait for their time, as far as they are in memory.
    package var futureCount: Int { coming.futures.values.reduce(0) { $0 + $1.points.count } }

    /// Stores a point that waits for its time.
    func acceptFuture(_ value: Value, at time: Timestamp, of index: Int, provenance: Provenance, cause: Cause) {
        counters.future += 1
        accepted(
            Put(
                key: table[index].id, time: time, value: value, provenance: provenance, pointTime: time,
                isNewest: false, dating: .future))
        expect(Point(time: time, value: value, provenance: provenance), at: index)
        tellAhead(time, at: index, cause)
    }

    /// A put for the time of a point that waits replaces it.
    func forgetFuture(at time: Timestamp, of index: Int) {
        let key = table[index].id
        guard coming.futures[key]?.remove(at: time) == true, let future = coming.futures[key] else { return }
        keep(future, of: key)
    }

    private func expect(_ point: Point, at index: Int) {
        let key = table[index].id
        let before = coming.futures[key]?.next
        coming.futures[key, default: Future()].insert(point)
        if let next = coming.futures[key]?.next, next != before {
            coming.dueTimes.insert(DueTime(time: next, key: key))
        }
    }

    /// What a source says of times ahead is a forecast, and nothing to warn of.
    package func expectForecasts(from topic: String) {
        if coming.told.count < Self.maximumTold { coming.told.insert(topic) }
    }

    /// Once for each source: the clock of a device or a client may be wrong, and nobody would notice.
    private func tellAhead(_ time: Timestamp, at index: Int, _ cause: Cause) {
        let source =
            switch cause {
            case .message(let topic): topic
            case .client(let surface): "\(surface) \(table[index].name)"
            case .rule(let name, _, _): name
            case .expiry, .clock: table[index].name.text
            }
        guard coming.told.count < Self.maximumTold, coming.told.insert(source).inserted else { return }
        logger.warning(
            """
            a value's time is ahead of the clock: it is stored, and counts when its time comes; \
            if it is no forecast, set the clock of its source, or let the mapping leave its 'time' out
            """,
            metadata: [
                "key": "\(table[index].name)", "source": "\(source)", "time": "\(DecimalNumber.text(time.seconds))",
                "ahead": "\(Duration.seconds((time - reading.wall).microseconds / 1_000_000))",
            ])
    }

    private static let maximumTold = 1000

    /// The first time at which a point falls due; nil where none does.
    var nextDueTime: Timestamp? {
        while let first = coming.dueTimes.min {
            if coming.futures[first.key]?.next == first.time { return first.time }
            coming.dueTimes.removeMin()
        }
        return nil
    }

    /// Lets the next point whose time has come become the value of its key.
    ///
    /// - Parameter isJump: the clock passed its time without being there: only the newest of a key counts.
    func fallDue(isJump: Bool) {
        guard let first = coming.dueTimes.popMin(), table.indices.contains(first.key.index),
            var future = coming.futures[first.key], future.next == first.time
        else { return }
        var point = future.removeFirst()
        while isJump, let next = future.next, next <= reading.wall { point = future.removeFirst() }
        keep(future, of: first.key)
        let index = first.key.index
        if !table[index].isRetired { fallDue(point, at: index) }
        finishHandling()
    }

    private func keep(_ future: Future, of key: KeyID) {
        coming.futures[key] = future.points.isEmpty && future.isComplete ? nil : future
        if let next = future.next { coming.dueTimes.insert(DueTime(time: next, key: key)) }
        if future.points.isEmpty, !future.isComplete { loadFuture(of: key) }
    }

    /// It is stored already; what is newer stays the key's value.
    private func fallDue(_ stored: Point, at index: Int) {
        // Whoever put it, it is news now.
        let point = Point(time: stored.time, value: stored.value, provenance: .live)
        guard let value = point.value, table[index].last.map({ $0.time < point.time }) ?? true else { return }
        counters.due += 1
        let previous = table[index].last?.value
        let isChange = previous != value || table[index].settings.effective.isEvent
        accepted(
            Put(
                key: table[index].id, time: point.time, value: value, provenance: point.provenance, pointTime: nil,
                isNewest: true, dating: .due))
        table[index].last = point
        table[index].isGiven = true
        table[index].tick = reading.heard(at: point.time)
        if let stored = table[index].stored, stored.time > point.time {
            fillGap(at: index, with: value, stored: stored)
        } else {
            table[index].stored = point
        }
        schedule(index, after: point, cause: .clock)
        tell(index, of: point, previous: previous, isChange: isChange, cause: .clock)
        if table[index].isTimed { expire(index) }
    }

    // MARK: What the store has

    /// Asks the store for the points of a key that wait for their time, after some came past the hub.
    func loadFuture(of key: KeyID) {
        guard coming.futures[key]?.isLoading != true else { return }
        coming.futures[key, default: Future()].isLoading = true
        handOver()
        let since = coming.futures[key]?.readTo ?? reading.wall
        store.points(of: key, since: since, limit: Future.maximumCount) { [weak self] result in
            self?.enqueue { $0.take(result, of: key) }
        }
    }

    private func take(_ result: Result<[Point], Store.Error>, of key: KeyID) {
        guard coming.futures[key] != nil, !table[key.index].isRetired else { return }
        let points = (try? result.get()) ?? []
        takeFuture(points, at: key.index)
    }

    /// - Parameters:
    ///   - points: the first that are later than now, at most `Future.maximumCount`.
    ///   - due: one before them whose time has come.
    func takeFuture(_ points: [Point], after due: Point? = nil, at index: Int) {
        let key = table[index].id
        let last = table[index].last?.time ?? .distantPast
        var future = coming.futures[key] ?? Future()
        let found = [due].compactMap(\.self) + points
        future.take(
            stored: found.filter { $0.value != nil && $0.time > last && !isMisdated($0.time, key) },
            readTo: points.count < Future.maximumCount ? nil : points.last?.time)
        coming.futures[key] = nil
        keep(future, of: key)
        guard let next = future.next else { return }
        accepted(
            Put(
                key: key, time: next, value: nil, provenance: .live, pointTime: nil, isNewest: false, dating: .future))
    }
}
