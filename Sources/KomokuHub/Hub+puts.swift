package import Komoku
internal import KomokuStore

extension Hub {
    /// Puts a JSON value to a key; an unknown key is created with the type of the value. A put to what a device can be told
    /// is a command to it: the key changes when the device reports.
    ///
    /// - Parameter time: nil is now.
    /// - Throws: `CommandError`; a refused put changes nothing.
    package func put(_ name: KeyName, _ json: JSON, at time: Timestamp? = nil, cause: Cause) throws(CommandError) {
        readClocks()
        var time = time
        do throws(CommandError) {
            guard let index = index(of: name) ?? revived(name) else {
                // Of a client it may be meant; a rule was written when the key was called so.
                if cause.isRule, formerName(name) != nil { throw .invalidKey }
                let (index, value) = try create(name, for: json)
                accept(value, at: time, of: index, provenance: .provenance(of: cause), cause: cause)
                finishHandling()
                return
            }
            if table[index].device != nil, cause.isCommand {
                try command(json, at: index, dated: time, cause: cause)
            } else if let json = try meaning(of: json, dated: &time, at: index, cause: cause) {
                let value = try Value(casting: json, to: table[index].type, options: table[index].settings.effective)
                accept(value, at: time, of: index, provenance: .provenance(of: cause), cause: cause)
            }
        } catch {
            counters.refused += 1
            throw error
        }
        finishHandling()
    }

    /// Makes the deleted key of a property again.
    private func revived(_ name: KeyName) -> Int? {
        catalogue.find(name).flatMap(index).flatMap { table[$0].name == name ? $0 : nil }
    }

    /// Adds `step` to the newest value, in one step with reading it; 0 where there is none yet. Where a device was told a
    /// value and has not reported, that counts.
    ///
    /// - Throws: `CommandError.invalidKey` for an unknown key, `.typeMismatch` for one that is no number.
    package func increment(
        _ name: KeyName, by step: Double, at time: Timestamp? = nil, cause: Cause
    ) throws(CommandError) {
        readClocks()
        var time = time
        guard let index = index(of: name) else { throw .invalidKey }
        guard table[index].type.isNumber else { throw .typeMismatch }
        // Steps that come faster than a device reports add up.
        let value = pendingValue(at: index) ?? table[index].last?.value
        let sum = DecimalSum.add(value?.number ?? 0, step)
        guard let value = Value.number(sum).fitting(table[index].settings.effective) else { throw .invalidValue }
        if table[index].device != nil, cause.isCommand {
            return try command(value.json, at: index, dated: time, cause: cause)
        }
        guard try meaning(of: value.json, dated: &time, at: index, cause: cause) != nil else { return }
        // It was worked out from the newest put, and comes behind it.
        // The hub's own times go on by themselves: taken for a sender's, they would be forecasts once the clock is set back.
        let (assigned, isGiven) = (table[index].assigned, table[index].isGiven)
        let ahead = table[index].last.map(\.time).flatMap { time in
            time > reading.wall && (isGiven || time > assigned) ? time : nil
        }
        let behind = ahead.map { $0 + Duration(microseconds: 1) }
        accept(value, at: time ?? behind, of: index, provenance: .provenance(of: cause), cause: cause)
        finishHandling()
    }

    /// Applies a value that fits the key.
    func accept(_ value: Value, at given: Timestamp?, of index: Int, provenance: Provenance, cause: Cause) {
        counters.puts += 1
        if let given, given > futureLimit {
            return acceptFuture(value, at: given, of: index, provenance: provenance, cause: cause)
        }
        let time = given ?? assignTime(at: index)
        if let last = table[index].last, time < last.time {
            acceptOlder(value, at: time, of: index)
        } else {
            table[index].isGiven = given != nil && cause != .expiry
            table[index].isRestored = false
            acceptNewest(value, at: time, of: index, provenance: provenance, cause: cause)
        }
        if !coming.futures.isEmpty { forgetFuture(at: time, of: index) }
    }

    /// Times that the hub gives never meet, so that only a time given by a sender can replace a point; and what is put now
    /// comes after all that is not in the future, though whole milliseconds begin before it.
    private func assignTime(at index: Int) -> Timestamp {
        let now = reading.wall
        var newest = table[index].assigned
        if let last = table[index].last, last.time <= now || !isClockSet { newest = max(newest, last.time) }
        if table[index].isStale { newest = max(newest, gapBefore(now, at: index)) }
        let begun = now.wholeMilliseconds
        let time = begun > newest ? begun : newest + Duration(microseconds: 1)
        table[index].assigned = time
        newestAssigned = max(newestAssigned, time)
        return time
    }

    /// The time of a stale key's gap, if what is put now comes behind it: not where a sender's time is far ahead.
    private func gapBefore(_ now: Timestamp, at index: Int) -> Timestamp {
        guard let last = table[index].last, let gap = table[index].stored, gap.value == nil,
            gap.time <= now || last.time <= table[index].assigned
        else { return .distantPast }
        return gap.time
    }

    /// An older put is history: a point, and nothing else.
    private func acceptOlder(_ value: Value, at time: Timestamp, of index: Int) {
        let state = table[index]
        accepted(
            Put(
                key: state.id, time: time, value: value, provenance: .backfill, pointTime: time, isNewest: false))
        guard let stored = state.stored, stored.value != nil, time >= stored.time else { return }
        table[index].stored = Point(time: time, value: value, provenance: .backfill)
        guard let last = state.last, last.time > stored.time else { return }
        // The newest put was left out because it equals the point before it, which it no longer does.
        accepted(
            Put(
                key: state.id, time: last.time, value: last.value, provenance: last.provenance, pointTime: last.time,
                isNewest: true, dating: state.isGiven ? .given : .hub))
        table[index].stored = last
    }

    private func acceptNewest(
        _ value: Value, at time: Timestamp, of index: Int, provenance: Provenance, cause: Cause
    ) {
        let (before, newest) = (table[index].last, table[index].stored)
        let previous = before?.value
        let isChange = previous != value || table[index].settings.effective.isEvent
        let point = Point(time: time, value: value, provenance: provenance)
        // A fall is no news: the gap of a stale key stays.
        let pointTime = table[index].isStale && cause == .expiry ? nil : pointTime(for: point, of: table[index])
        accepted(
            Put(
                key: table[index].id, time: time, value: value, provenance: provenance, pointTime: pointTime,
                isNewest: true, dating: table[index].isGiven ? .given : .hub))
        table[index].last = point
        // When a message was measured does not matter to freshness: it came now.
        table[index].tick = comesNow ? reading.tick : reading.heard(at: time)
        if let pointTime {
            if let stored = table[index].stored, stored.time > pointTime {
                fillGap(at: index, with: value, stored: stored)
            } else {
                table[index].stored = Point(time: pointTime, value: value, provenance: provenance)
            }
        } else {
            counters.suppressed += 1
        }
        schedule(index, after: point, cause: cause)
        if table[index].isUnknown { endUnknown(at: index, time: time, cause: cause) }
        tell(index, of: point, previous: previous, isChange: isChange, cause: cause)
        if table[index].isTimed { expire(index) }
        if cause.isCommand, table[index].device == nil { send(value, putTo: index) }
        if integrals.targets.isEmpty || cause == .expiry { return }
        let gap = newest.flatMap { $0.value == nil && $0.time >= before?.time ?? .distantPast ? $0 : nil }
        integrate(index, from: before, gap: gap, until: time, cause: cause)
    }

    /// Works out when silence ends what the newest put says.
    func schedule(_ index: Int, after point: Point, cause: Cause) {
        guard table[index].isTimed else { return }
        scheduleFall(at: index)
        if cause != .expiry, let every = table[index].settings.effective.expectEvery {
            refresh(index, by: point, every: every, cause: cause)
        }
        wake(index)
    }

    func accepted(_ put: Put) {
        batch.puts.append(put)
        if !copying.isEmpty { copying[put.key]?.append(put) }
        if !misdatings.marks.isEmpty { noteWhileMarking(put) }
    }

    /// Where a newest put is stored; nil where it is no point.
    private func pointTime(for point: Point, of state: KeyState) -> Timestamp? {
        let options = state.settings.effective
        guard !options.isEvent, !options.isLog, let stored = state.stored, stored.value != nil,
            stored.time <= point.time
        else { return point.time }
        let distance = point.time - stored.time
        if stored.value == point.value, distance < options.sameValueResolution {
            return awaitsConfirmation(state) ? point.time : nil
        }
        return distance < options.minResolution ? stored.time : point.time
    }
}

extension Cause {
    fileprivate var isRule: Bool { if case .rule = self { true } else { false } }

    /// Whether a put of a device's key is meant for the device.
    fileprivate var isCommand: Bool {
        switch self {
        case .client, .rule: true
        case .message, .expiry, .clock: false
        }
    }
}

extension Provenance {
    static func provenance(of cause: Cause) -> Provenance {
        switch cause {
        case .message, .client: .live
        case .rule, .expiry, .clock: .derived
        }
    }
}
