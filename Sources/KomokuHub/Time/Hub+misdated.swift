package import Komoku
package import KomokuStore
internal import KomokuSystem
internal import Logging

/// A clock that was ahead and is set back leaves points in the future that were no forecasts.
extension Hub {
    /// Whether a point was dated by a clock that was ahead.
    package func isMisdated(_ time: Timestamp, _ key: KeyID) -> Bool {
        misdatings.times[key]?.contains(time.microseconds) ?? false
    }

    /// Points of all keys that were dated by a clock that was ahead.
    package var misdatedCount: Int { misdatings.times.values.reduce(0) { $0 + $1.count } }

    /// After a jump of the clock, and until it is set for the first time.
    func judgeClock() {
        let wasSet = isClockSet
        isClockSet = clockStatus.isSynchronized(at: reading.wall)
        guard isClockSet else { return }
        if !wasSet {
            measureRestored()
            noteStartBefore()
        }
        guard newestAssigned > futureLimit || reading.jump < .zero || !wasSet else { return }
        let limit = futureLimit
        var (keys, before) = (0, newestAssigned)
        newestAssigned = .distantPast
        for index in table.indices where !table[index].isRetired {
            if judge(index, limit) { keys += 1 }
            newestAssigned = max(newestAssigned, table[index].assigned)
        }
        guard keys > 0 else { return }
        before = max(before, limit)
        logger.warning(
            """
            the clock was set back: what was dated ahead stays in the history, marked as misdated, and counts no more; \
            see to it that the clock is set before the hub starts
            """,
            metadata: [
                "keys": "\(keys)", "ahead": "\(Duration.seconds((before - reading.wall).microseconds / 1_000_000))",
            ])
    }

    /// The clock is set now, for the first time: how long ago something was heard of keys before the start can be told.
    private func measureRestored() {
        for index in table.indices where table[index].isRestored && !table[index].isRetired {
            guard let last = table[index].last else { continue }
            table[index].tick = reading.heard(at: last.time)
            if table[index].isTimed { scheduleExpiry(at: index) }
        }
    }

    /// - Returns: whether the hub dated points of the key that are ahead now.
    private func judge(_ index: Int, _ limit: Timestamp) -> Bool {
        let assigned = table[index].assigned
        let range = assigned > limit ? Misdating(key: table[index].id, after: limit, through: assigned) : nil
        if let range { write(range, isDone: false) }
        let isAhead = table[index].last.map { $0.time > limit } ?? false
        let isOurs = isAhead && !table[index].isGiven
        if isAhead {
            if isOurs { redate(index) } else { withdraw(index) }
        } else if let stored = table[index].stored, stored.time > limit {
            table[index].stored = nil
            redateLast(index)
        }
        guard let range else { return false }
        let marking = beginMarking(range.key)
        table[index].assigned = table[index].last.map { min($0.time, limit) } ?? .distantPast
        mark(range, after: limit, marking)
        return true
    }

    /// The value stays; it came when the monotonic clock says.
    private func redate(_ index: Int) {
        guard let last = table[index].last else { return }
        let time = min(reading.date(of: table[index].tick), reading.wall)
        table[index].last = Point(time: time, value: last.value, provenance: last.provenance)
        table[index].stored = nil
        redateLast(index)
    }

    private func redateLast(_ index: Int) {
        let last = table[index].last
        accepted(
            Put(
                key: table[index].id, time: last?.time ?? reading.wall, value: last?.value,
                provenance: last?.provenance ?? .live, pointTime: nil, isNewest: true, dating: .redated))
        // A sender gave its time, and may take it ahead of the clock again.
        guard let last, table[index].isGiven else { return }
        accepted(
            Put(
                key: table[index].id, time: last.time, value: last.value, provenance: last.provenance, pointTime: nil,
                isNewest: true, dating: .given))
    }

    /// A sender's time that is ahead again waits for its moment: the value is what was before it.
    private func withdraw(_ index: Int) {
        handOver()
        let (id, wall, previous) = (table[index].id, reading.wall, table[index].last?.value)
        // What the hub dated meanwhile is no forecast.
        let begin = table[index].assigned > futureLimit ? table[index].assigned : wall
        let older = (try? store.pointsWaiting(of: id, until: wall + Self.next, limit: 16, newestFirst: true)) ?? []
        let future = (try? store.pointsWaiting(of: id, since: begin, limit: Future.maximumCount)) ?? []
        let last = older.first { $0.value != nil && !isMisdated($0.time, id) }
        table[index].last = last
        table[index].stored = older.first { !isMisdated($0.time, id) }
        table[index].tick = reading.heard(at: last?.time ?? wall)
        table[index].isGiven = true
        redateLast(index)
        takeFuture(future, at: index)
        if table[index].isTimed { scheduleExpiry(at: index) }
        guard let last, last.value != previous, !table[index].isRestored else { return }
        tell(index, of: last, previous: previous, isChange: true, cause: .clock)
    }

    private static let next = Duration(microseconds: 1)

    // MARK: Marks

    private static let slice = 4096
    private static let maximumMisdated = 1_000_000

    /// Notes which points of a key are between two times, unless they wait for them. That is known only once the store was asked: what is
    /// to be noted is written down with what is redated, so that an end of the hub between the two loses nothing.
    private func mark(_ range: Misdating, after: Timestamp, _ marking: Int) {
        handOver()
        let until = range.through + Self.next
        store.points(of: range.key, since: after, until: until, limit: Self.slice) { [weak self] result in
            self?.enqueue { $0.mark(range, result, marking) }
        }
    }

    /// - Returns: the number of a mark that waits for the store.
    private func beginMarking(_ key: KeyID) -> Int {
        misdatings.markCount += 1
        misdatings.marks[misdatings.markCount] = Marking(key: key)
        return misdatings.markCount
    }

    /// What comes while the store is asked may have times of the range rightly: the clock may be ahead again.
    func noteWhileMarking(_ put: Put) {
        guard let time = put.pointTime else { return }
        for (number, marking) in misdatings.marks where marking.key == put.key {
            misdatings.marks[number]?.later.insert(time)
        }
    }

    private func mark(_ range: Misdating, _ result: Result<[Point], Store.Error>, _ marking: Int) {
        let key = range.key
        guard !table[key.index].isRetired, case .success(let points) = result else {
            misdatings.marks[marking] = nil
            return
        }
        var others = Set((coming.futures[key]?.points ?? []).map(\.time))
        others.formUnion(misdatings.marks[marking]?.later ?? [])
        let times = points.map(\.time).filter { !others.contains($0) && !isMisdated($0, key) }
        counters.misdated += times.count
        misdatings.times[key, default: []].formUnion(times.map(\.microseconds))
        batch.misdated += times.map { MisdatedPoint(key: key, time: $0) }
        if points.count == Self.slice, let last = points.last, misdatedCount < Self.maximumMisdated {
            mark(range, after: last.time, marking)
        } else {
            misdatings.marks[marking] = nil
            write(range, isDone: true)
        }
    }

    package static let misdatingBehaviour = "misdated"

    private func write(_ range: Misdating, isDone: Bool) {
        append(
            cell: CellWrite(
                behaviour: Self.misdatingBehaviour, id: range.id, data: isDone ? nil : range.json, due: nil,
                failure: nil))
    }

    /// What the process before did not come to.
    private func unfinishedMarks() throws(Store.Error) -> [Misdating] {
        var ranges: [Misdating] = []
        try store.eachCell(of: [Self.misdatingBehaviour]) { row in
            guard let range = Misdating((try? JSON(parsing: row.data)) ?? .null) else { return }
            if table.indices.contains(range.key.index), !table[range.key.index].isRetired {
                ranges.append(range)
            } else {
                write(range, isDone: true)
            }
        }
        return ranges
    }

    // MARK: A start

    /// After a start: what waits for its time, what fell due meanwhile, and what is ahead of the clock.
    func restoreTimes(_ restored: [RestoredKey]) {
        var unfinished: [Misdating] = []
        do throws(Store.Error) {
            for point in try store.misdated() {
                misdatings.times[point.key, default: []].insert(point.time.microseconds)
            }
            unfinished = try unfinishedMarks()
        } catch {
            logger.error("which points are misdated cannot be read", metadata: ["error": "\(error)"])
        }
        for key in restored where key.ahead != nil {
            restoreFuture(key, behind: unfinished.filter { $0.key == key.record.id }.map(\.through).max())
        }
        for range in unfinished { mark(range, after: range.after, beginMarking(range.key)) }
        guard isClockSet else { return }
        let limit = futureLimit
        for index in table.indices where !table[index].isRetired {
            if table[index].last.map({ $0.time > limit }) ?? false || table[index].assigned > limit
                || table[index].stored.map({ $0.time > limit }) ?? false
            {
                _ = judge(index, limit)
            }
        }
        newestAssigned = min(newestAssigned, limit)
    }

    /// - Parameter misdated: up to then points are to be marked still.
    private func restoreFuture(_ key: RestoredKey, behind misdated: Timestamp?) {
        guard let ahead = key.ahead, let index = index(of: key.record.name) else { return }
        let (id, wall) = (key.record.id, reading.wall)
        // Behind a time that the hub gave and that is ahead now, the points that are there before are taken for its own.
        let newest = key.last.map { key.isOurs || $0.time <= futureLimit ? $0.time : .distantPast } ?? .distantPast
        let since = max(ahead, newest, misdated ?? .distantPast) - Self.next
        do throws(Store.Error) {
            let future = try store.pointsWaiting(of: id, since: max(since, wall), limit: Future.maximumCount)
            let passed =
                since < wall
                ? try store.pointsWaiting(of: id, since: since, until: wall + Self.next, limit: 16, newestFirst: true)
                : []
            // The hub was down at that time: it falls due once all that watches is there.
            let due = passed.first { $0.value != nil && !isMisdated($0.time, id) }
            takeFuture(future, after: due, at: index)
        } catch {
            logger.error("points ahead cannot be read", metadata: ["key": "\(key.record.name)", "error": "\(error)"])
        }
    }
}

/// Points of a key that came since it was asked which of its points are misdated.
struct Marking {
    let key: KeyID
    var later: Set<Timestamp> = []
}

/// A time in which all points of a key that wait for nothing were dated by a clock that was ahead.
private struct Misdating {
    let key: KeyID
    let after: Timestamp
    let through: Timestamp

    init(key: KeyID, after: Timestamp, through: Timestamp) {
        (self.key, self.after, self.through) = (key, after, through)
    }

    var id: String { "\(key.rawValue) \(after.microseconds)" }

    // As texts: a double does not hold all microseconds.
    var json: JSON {
        [
            "key": .number(Double(key.rawValue)), "after": .string("\(after.microseconds)"),
            "through": .string("\(through.microseconds)"),
        ]
    }

    init?(_ json: JSON) {
        guard let key = json["key"]?.number.flatMap({ Int32(exactly: $0) }),
            let after = json["after"]?.string.flatMap({ Int64($0) }),
            let through = json["through"]?.string.flatMap({ Int64($0) })
        else { return nil }
        self.init(
            key: KeyID(rawValue: key), after: Timestamp(microseconds: after), through: Timestamp(microseconds: through))
    }
}

/// Points that the hub dated by a clock that was ahead.
struct MisdatedPoints {
    /// Their times, by key.
    var times: [KeyID: Set<Int64>] = [:]
    /// Marks that wait for the store's answer.
    var marks: [Int: Marking] = [:]
    var markCount = 0
}
