internal import Komoku
internal import KomokuStore

/// When the hub was there to see, and when it had a broker.
struct Vigil {
    /// When the file last got a sign of life, on the monotonic clock.
    var sign: Int64?
    /// From when on the hub has watched without a break; as far as outages tell.
    var since = Timestamp.distantPast
    var broker = BrokerVigil.none
    /// When the hub began to watch, where the wall clock was not set yet: until it is, nobody knows how long nobody watched.
    var undated: Tick?
    /// What the store was told of each key.
    var watching: [Watching] = []
}

enum BrokerVigil {
    /// None is configured.
    case none
    case there(since: Timestamp)
    /// - Parameters:
    ///   - monotonic: when it went, on the monotonic clock.
    ///   - written: under which time the file holds it; nil is not yet.
    case away(since: Timestamp, monotonic: Int64, written: Timestamp?)
}

/// What nobody watched is not known. The file always holds a sign of life that is at most a minute old: from there to the next
/// start nobody watched. Of keys that come from the broker nobody knows without it, either.
extension Hub {
    /// A commit carries a sign of life when the last one is as old as this; where nothing else is to be committed, one is
    /// made for it.
    private static let signPause = Duration.seconds(45)
    private static let longestPause = Duration.seconds(55)
    /// A shorter time without the broker is none: what it was sent meanwhile comes with the session.
    private static let shortestOutage = Duration.seconds(5)
    /// Before 2020 no clock was set that this hub saw.
    private static let firstYear = Timestamp(microseconds: 1_577_836_800_000_000)

    /// Between the last sign of life and now nobody watched.
    func noteStart(at now: Timestamp) {
        guard isClockSet else {
            vigil.undated = reading.tick
            return
        }
        if let alive = store.lastAlive, alive >= Self.firstYear, now > alive {
            batch.outages.append(OutageWrite(Outage(.hub, start: alive, end: now)))
            vigil.since = now
        }
        for outage in store.outages where outage.kind == .broker && outage.end == nil {
            // Without a broker in the configuration nothing is waited for.
            end(outage, at: now)
        }
        giveSign(at: now)
    }

    /// The wall clock is set for the first time.
    func noteStartBefore() {
        guard let start = vigil.undated else { return }
        vigil.undated = nil
        noteStart(at: reading.date(of: start))
    }

    private func end(_ outage: Outage, at now: Timestamp) {
        let isSound = outage.start < now
        let ended = Outage(outage.kind, start: outage.start, end: now)
        batch.outages.append(OutageWrite(ended, isWithdrawn: !isSound))
    }

    /// The hub ends in good order: nobody watches from now on.
    func noteEnd() {
        if vigil.undated == nil { giveSign(at: clock.now) }
    }

    private func giveSign(at now: Timestamp) {
        batch.alive = now
        vigil.sign = clock.monotonic
    }

    /// Adds a sign of life where one is due.
    func giveSign(isCommitted: Bool) {
        guard let sign = vigil.sign else { return }
        let age = Duration(microseconds: clock.monotonic.distance(from: sign))
        if age >= (isCommitted ? Self.signPause : Self.longestPause) { giveSign(at: clock.now) }
        noteLongOutage()
    }

    /// Until there has to be another sign of life.
    var timeUntilSign: Duration {
        guard let sign = vigil.sign else { return Self.longestPause }
        var left = Self.longestPause.microseconds - clock.monotonic.distance(from: sign)
        if case .away(_, let start, nil) = vigil.broker {
            left = min(left, Self.shortestOutage.microseconds - clock.monotonic.distance(from: start))
        }
        return max(.milliseconds(1), Duration(microseconds: left))
    }

    // MARK: The broker

    /// There is a broker, to which nobody is connected yet.
    package func expectBroker() {
        guard case .none = vigil.broker else { return }
        vigil.broker = .away(since: clock.now, monotonic: clock.monotonic, written: nil)
    }

    package func brokerCame() {
        let now = clock.now
        guard case .away(let since, let monotonic, let written) = vigil.broker else {
            if case .none = vigil.broker { vigil.broker = .there(since: .distantPast) }
            return
        }
        let length = Duration(microseconds: clock.monotonic.distance(from: monotonic))
        if let written {
            batch.outages.append(OutageWrite(Outage(.broker, start: written, end: nil), isWithdrawn: true))
        }
        guard length >= Self.shortestOutage, vigil.undated == nil else {
            vigil.broker = .there(since: .distantPast)
            return
        }
        // By the length of time: the clock may have been set meanwhile.
        let isSteady = since < now && (now - since).microseconds <= length.microseconds + 5_000_000
        let start = isSteady ? since : now - length
        batch.outages.append(OutageWrite(Outage(.broker, start: start, end: now)))
        vigil.broker = .there(since: now)
    }

    package func brokerWent() {
        guard case .there = vigil.broker else { return }
        vigil.broker = .away(since: clock.now, monotonic: clock.monotonic, written: nil)
    }

    /// The configuration names none any more.
    package func forgetBroker() {
        if case .away = vigil.broker { brokerCame() }
        vigil.broker = .none
    }

    /// One that lasts is written, so that it is known while it lasts, and after a crash.
    private func noteLongOutage() {
        guard case .away(let since, let monotonic, nil) = vigil.broker,
            clock.monotonic.distance(from: monotonic) >= Self.shortestOutage.microseconds
        else { return }
        batch.outages.append(OutageWrite(Outage(.broker, start: since, end: nil)))
        vigil.broker = .away(since: since, monotonic: monotonic, written: since)
    }

    // MARK: Keys

    /// Tells the store which outages count for a key.
    func tellWatching(at index: Int) {
        let watching = watching(of: index)
        while vigil.watching.count <= index { vigil.watching.append(.hub) }
        guard vigil.watching[index] != watching else { return }
        vigil.watching[index] = watching
        store.setWatching(watching, of: table[index].id)
    }

    private func watching(of index: Int) -> Watching {
        let state = table[index]
        if state.settings.effective.holdsThroughOutages { return .always }
        if state.device != nil { return .broker }
        switch feeding(of: state.id) {
        case .nobody: return .hub
        case .source: return .broker
        case .unknown: return configuration.sources.maker(of: state.name) == nil ? .hub : .broker
        }
    }

    /// Whether the newest point of a state is from before an outage: news of the same value then is a point, so that it is
    /// known that the state went on.
    func awaitsConfirmation(_ state: KeyState) -> Bool {
        guard !state.type.isNumber, let stored = state.stored, stored.value != nil,
            state.id.index < vigil.watching.count
        else { return false }
        switch vigil.watching[state.id.index] {
        case .always: return false
        case .hub: return stored.time < vigil.since
        case .broker:
            guard case .there(let since) = vigil.broker else { return false }
            return stored.time < max(since, vigil.since)
        }
    }

    /// A replayed message says after an outage what was known before it: it is no put, and tells that the state went on.
    func confirm(at index: Int) {
        let state = table[index]
        guard let last = state.last, let stored = state.stored, awaitsConfirmation(state),
            !state.settings.effective.isEvent, !state.settings.effective.isLog, last.value == stored.value
        else { return }
        let time = max(clock.now.wholeMilliseconds, max(last.time, stored.time) + Duration(microseconds: 1))
        accepted(
            Put(
                key: state.id, time: time, value: stored.value, provenance: .retained, pointTime: time, isNewest: false)
        )
        table[index].stored = Point(time: time, value: stored.value, provenance: .retained)
        table[index].assigned = max(state.assigned, time)
    }
}

extension Int64 {
    /// How much later it is than an earlier moment; 0 where it is not.
    fileprivate func distance(from earlier: Int64) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(earlier)
        return overflow ? (self < earlier ? 0 : .max) : Swift.max(0, difference)
    }
}
