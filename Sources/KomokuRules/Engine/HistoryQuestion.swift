import Komoku
import KomokuExpression
import KomokuHub
import KomokuStore
import Synchronization

/// One question about the history of a key, as the store is asked.
struct HistoryQuestion: Sendable {
    let call: HistoryCall
    let key: KeyInfo
    let now: Timestamp
    let store: Store

    /// Of more points the newest are looked at.
    private static let maximumPoints = 100_000
    /// Of gaps in a row no more than these are passed over.
    private static let maximumGaps = 64

    private var start: Timestamp { now - (call.window ?? .zero) }
    /// What is recorded now counts, and what the hub had to date a little later.
    private var end: Timestamp {
        let last = key.last.map { $0.time < now + .seconds(1) ? max($0.time, now) : now } ?? now
        return last + Duration(microseconds: 1)
    }

    /// - Parameter then: called once, on any thread; nil where there is no answer.
    func ask(_ then: @escaping @Sendable (Value?) -> Void) {
        switch call.function {
        case .last: then(key.last?.value)
        case .age: then(key.last.map { .number(max(0, (now - $0.time).seconds)) })
        case .previous: previous(then)
        case .since: since(then)
        case .at: store.value(of: key.id, at: moment) { then((try? $0.get()) ?? nil) }
        case .fraction, .duration: share(then)
        case .changed: changed(then)
        case .min, .max: extreme(then)
        case .count: count(then)
        case .avg, .sum, .delta, .rate: figure(then)
        }
    }

    private var moment: Timestamp {
        switch call.moment {
        case .ago(let duration): now - duration
        case .time(let time): time
        case nil: now
        }
    }

    private func previous(_ then: @escaping @Sendable (Value?) -> Void) {
        guard let last = key.last?.value else { return then(nil) }
        if key.options.isEvent {
            store.points(of: key.id, limit: 2, newestFirst: true) { result in
                then((try? result.get()).flatMap { $0.count > 1 ? $0[1].value : nil })
            }
        } else {
            store.newestPoint(of: key.id, differingFrom: last) { then((try? $0.get())??.value) }
        }
    }

    /// The first point behind the newest one with another value, or of all where there is none.
    private func since(_ then: @escaping @Sendable (Value?) -> Void) {
        guard let last = key.last, let value = last.value else { return then(nil) }
        if key.options.isEvent { return then(.number(max(0, (now - last.time).seconds))) }
        store.newestPoint(of: key.id, differingFrom: value) { [store, key, now] result in
            let other = (try? result.get()) ?? nil
            let start = other.map { $0.time + Duration(microseconds: 1) }
            store.points(of: key.id, since: start, limit: Self.maximumGaps) { result in
                let first = (try? result.get())?.first { $0.value != nil }?.time ?? last.time
                then(.number(max(0, (now - min(first, last.time)).seconds)))
            }
        }
    }

    private func window(_ then: @escaping @Sendable (WindowStatistics?) -> Void) {
        let query = StatisticsQuery(of: key, bounds: [start, end], now: now)
        store.statistics(query) { then((try? $0.get())?.windows.first) }
    }

    private func figure(_ then: @escaping @Sendable (Value?) -> Void) {
        let (function, isCounter) = (call.function, key.type == .counter)
        window { window in
            guard let window else { return then(nil) }
            let number: Double? =
                switch function {
                case .avg: window.timeMean
                case .sum: window.sum ?? 0
                case .delta: isCounter ? window.increase : window.delta
                default: window.rate
                }
            then(number.flatMap { $0.isFinite ? .number($0) : nil })
        }
    }

    /// Of what is recorded; that nothing was heard of the key is no value of it.
    private func count(_ then: @escaping @Sendable (Value?) -> Void) {
        window { window in
            guard let window else { return then(nil) }
            guard window.count <= Self.maximumPoints else { return then(.number(Double(window.count))) }
            points { points in
                let gaps = points?.count { $0.value == nil } ?? 0
                then(.number(Double(max(0, window.count - gaps))))
            }
        }
    }

    /// The newest points of the window, in their order; nil where they cannot be read.
    private func points(_ then: @escaping @Sendable ([Point]?) -> Void) {
        store.points(of: key.id, since: start, until: end, limit: Self.maximumPoints, newestFirst: true) {
            then((try? $0.get())?.reversed())
        }
    }

    /// The value that the window begins with counts too.
    private func extreme(_ then: @escaping @Sendable (Value?) -> Void) {
        let isLeast = call.function == .min
        withStart { window, carried in
            let found = [isLeast ? window.minimum : window.maximum, carried?.number].compactMap(\.self)
            then((isLeast ? found.min() : found.max()).map { .number($0) })
        } none: {
            then(nil)
        }
    }

    private func changed(_ then: @escaping @Sendable (Value?) -> Void) {
        let isNumber = key.type.isNumber
        withStart { window, carried in
            guard isNumber else { return hasChanged(window, carried, then) }
            let numbers = [window.minimum, window.maximum, carried?.number].compactMap(\.self)
            then(.boolean(numbers.max() != numbers.min()))
        } none: {
            then(nil)
        }
    }

    /// Of states. Where there was a gap between two of them the store counts no edge.
    private func hasChanged(
        _ window: WindowStatistics, _ carried: Value?, _ then: @escaping @Sendable (Value?) -> Void
    ) {
        if window.edges ?? 0 > 0 { return then(.boolean(true)) }
        points { points in
            then(.boolean(Set((points ?? []).compactMap(\.value) + [carried].compactMap(\.self)).count > 1))
        }
    }

    private func withStart(
        _ then: @escaping @Sendable (WindowStatistics, Value?) -> Void, none: @escaping @Sendable () -> Void
    ) {
        window { [store, key, start] window in
            guard let window else { return none() }
            store.value(of: key.id, at: start) { then(window, (try? $0.get()) ?? nil) }
        }
    }

    private func share(_ then: @escaping @Sendable (Value?) -> Void) {
        guard let condition = call.condition else { return then(nil) }
        let isFraction = call.function == .fraction
        if let wanted = condition.value.boolean, [.equal, .unequal].contains(condition.comparison) {
            // Buckets know it: the points need not be read.
            let isTrue = wanted == (condition.comparison == .equal)
            return window { window in
                guard let window, let time = window.trueTime else { return then(nil) }
                let met = isTrue ? time.seconds : window.known.seconds - time.seconds
                then(Self.share(met, of: window.known.seconds, isFraction))
            }
        }
        store.value(of: key.id, at: start) { [self] result in
            let carried = (try? result.get()) ?? nil
            points { points in
                guard let points else { return then(nil) }
                let isWhole = points.count < Self.maximumPoints
                then(share(of: points, carried: isWhole ? carried : nil, condition, isFraction))
            }
        }
    }

    private func share(
        of points: [Point], carried: Value?, _ condition: HistoryCall.Condition, _ isFraction: Bool
    ) -> Value? {
        var (value, since, known, met) = (carried, start, 0.0, 0.0)
        for point in points + [Point(time: now, value: nil, provenance: .derived)] {
            let seconds = max(0, (min(point.time, now) - since).seconds)
            if let value, let holds = condition.holds(value) {
                known += seconds
                if holds { met += seconds }
            }
            (value, since) = (point.value, max(since, point.time))
        }
        return Self.share(met, of: known, isFraction)
    }

    private static func share(_ met: Double, of known: Double, _ isFraction: Bool) -> Value? {
        guard known > 0 else { return nil }
        let seconds = min(known, max(0, met))
        return .number(isFraction ? seconds / known : seconds)
    }
}

/// Answers that come one by one.
final class GatheredAnswers: Sendable {
    private let state: Mutex<(answers: [HistoryCall: Value?], missing: Int)>
    private let then: @Sendable ([HistoryCall: Value?]) -> Void

    /// - Parameter then: called once all are there, on the thread of the last.
    init(count: Int, then: @escaping @Sendable ([HistoryCall: Value?]) -> Void) {
        state = Mutex(([:], count))
        self.then = then
    }

    func take(_ call: HistoryCall, _ answer: Value?) {
        let all = state.withLock { state -> [HistoryCall: Value?]? in
            state.answers[call] = .some(answer)
            state.missing -= 1
            return state.missing == 0 ? state.answers : nil
        }
        if let all { then(all) }
    }
}

extension RuleEngine {
    /// Asks the store; the answers come in a later turn.
    func ask(
        _ calls: [HistoryCall], in hub: isolated Hub,
        then: @escaping @Sendable ([HistoryCall: Value?], isolated Hub) -> Void
    ) {
        let gathered = GatheredAnswers(count: calls.count) { [weak self, weak hub] answers in
            hub?.enqueue { [weak self] hub in
                self?.perform(in: hub) { hub in
                    self?.machine.openQuestions -= 1
                    then(answers, hub)
                }
            }
        }
        machine.openQuestions += 1
        let (now, store) = (hub.clock.now, hub.store)
        let questions = calls.map { call in
            (call, hub.key(call.key).map { HistoryQuestion(call: call, key: $0, now: now, store: store) })
        }
        // What this turn puts is in the store after its end only.
        hub.enqueue { _ in
            for (call, question) in questions {
                if let question { question.ask { gathered.take(call, $0) } } else { gathered.take(call, nil) }
            }
        }
    }
}
