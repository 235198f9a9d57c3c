package import Komoku

/// Two numbers of which one grows evenly with `now`: what is compared changes where they cross.
struct Crossing: Sendable {
    let left: Code
    let right: Code
}

/// Where an expression asks for `now`.
enum NowUse: Sendable {
    case none
    /// Only in comparisons, each of which changes at a moment that can be worked out.
    case crossings([Crossing])
    /// Its result may be another one each second.
    case free

    init(_ code: Code, references: [Reference]) {
        var finder = CrossingFinder(now: references.indices.first { references[$0] == .clock(.now) })
        guard finder.now != nil else {
            self = .none
            return
        }
        self = finder.gather(code) ? .crossings(finder.found) : .free
    }
}

extension CompiledExpression {
    /// When the result can next change by time alone; nil where it cannot. As `Reads.nextChange`, but that a comparison with `now`
    /// has its own moment.
    ///
    /// - Parameter lookup: what a reference is at `time`, nil where it has no value.
    package func nextChange(
        after time: Timestamp, in zone: Zone, lastHeard: (KeyName) -> Timestamp? = { _ in nil },
        lastChanged: (KeyName) -> Timestamp? = { _ in nil }, lookup: (Reference) -> Value?
    ) -> Timestamp? {
        let calendars = reads.calendars.compactMap { $0.nextChange(after: time, in: zone, lookup) }
        guard case .crossings(let crossings) = body.nowUse else {
            let others = reads.nextChange(after: time, in: zone, lastHeard: lastHeard, lastChanged: lastChanged)
            return (calendars + [others].compactMap(\.self)).min()
        }
        let others = reads.nextChange(
            after: time, in: zone, ignoringNow: true, lastHeard: lastHeard, lastChanged: lastChanged)
        let moments = crossings.compactMap { moment(of: $0, after: time, lookup) }
        return (moments + calendars + [others].compactMap(\.self)).min()
    }

    /// Whether the moments depend on the values of keys.
    package var changesMoments: Bool {
        if case .crossings = body.nowUse { true } else { !reads.ageLimits.isEmpty || !reads.changeLimits.isEmpty }
    }

    private func moment(
        of crossing: Crossing, after time: Timestamp, _ lookup: (Reference) -> Value?
    ) -> Timestamp? {
        func difference(at moment: Double) -> Double? {
            guard let left = number(crossing.left, at: moment, lookup),
                let right = number(crossing.right, at: moment, lookup)
            else { return nil }
            return left - right
        }
        let now = time.seconds
        // A part that is unknown changes with a key, but for what the history answers later.
        guard let first = difference(at: now), let second = difference(at: now + Self.span) else {
            return reads.step == nil && !asksHistory ? nil : time.nextMultiple(of: Reads.second)
        }
        let slope = (second - first) / Self.span
        guard slope != 0, let ahead = Duration(seconds: -first / slope) else { return nil }
        if ahead > Self.margin { return time + ahead }
        // `>` turns true right behind the moment, and doubles do not hit it: one more look follows each.
        return ahead.microseconds > -Self.margin.microseconds ? time + Self.margin + Self.margin : nil
    }

    /// Whether it asks the history what is not known at once.
    private var asksHistory: Bool {
        references.contains { reference in
            if case .history(let call) = reference { ![.last, .age, .since].contains(call.function) } else { false }
        }
    }

    /// Long enough for the difference to be told from what doubles cannot say, in seconds.
    private static let span = 4096.0
    private static let margin = Duration(microseconds: 10)

    private func number(_ code: Code, at moment: Double, _ lookup: (Reference) -> Value?) -> Double? {
        var evaluator = Evaluator()
        let value = evaluator.value(code) { [body] source in
            let reference =
                switch source {
                case .slot(let slot): body.references[slot]
                case .reference(let reference): reference
                }
            return reference == .clock(.now) ? .number(moment) : lookup(reference)
        }
        return value?.number
    }
}

/// Finds the comparisons with `now`.
private struct CrossingFinder {
    /// The slot of `now`.
    let now: Int?
    var found: [Crossing] = []

    /// - Returns: whether `now` stands in comparisons only that can be worked out.
    mutating func gather(_ code: Code) -> Bool {
        switch code {
        case .ordered(_, let left, let right), .equal(let left, let right, _): return take(left, right)
        case .not(let part), .known(let part), .negate(let part): return gather(part)
        case .and(let left, let right), .or(let left, let right), .fallback(let left, let right),
            .arithmetic(_, let left, let right):
            return gather(left) && gather(right)
        case .conditional(let condition, let first, let second):
            return gather(condition) && gather(first) && gather(second)
        default: return !asks(code)
        }
    }

    private mutating func take(_ left: Code, _ right: Code) -> Bool {
        guard asks(left) || asks(right) else { return gather(left) && gather(right) }
        for (side, other) in [(left, right), (right, left)] {
            guard case .call(let operation, let operands) = side, operation.isAbsolute, let inside = operands.first,
                isEven(inside), !asks(other)
            else { continue }
            found += [Crossing(left: inside, right: other), Crossing(left: inside, right: .negate(other))]
            return true
        }
        // What is compared may be comparisons itself.
        guard isEven(left), isEven(right) else { return gather(left) && gather(right) }
        found.append(Crossing(left: left, right: right))
        return true
    }

    /// Whether it grows evenly with `now`, or does not depend on it.
    private func isEven(_ code: Code) -> Bool {
        if !asks(code) { return true }
        switch code {
        case .read: return true
        case .negate(let part): return isEven(part)
        case .arithmetic(.plus, let left, let right), .arithmetic(.minus, let left, let right):
            return isEven(left) && isEven(right)
        case .arithmetic(.times, let left, let right):
            return isEven(left) && isEven(right) && !(asks(left) && asks(right))
        case .arithmetic(.divided, let left, let right): return isEven(left) && !asks(right)
        case .fallback(let first, let second): return isEven(first) && isEven(second)
        case .conditional(let condition, let first, let second):
            return !asks(condition) && isEven(first) && isEven(second)
        default: return false
        }
    }

    private func asks(_ code: Code) -> Bool {
        switch code {
        case .constant: return false
        case .read(let slot): return slot == now
        case .negate(let part), .not(let part), .known(let part): return asks(part)
        case .and(let left, let right), .or(let left, let right), .equal(let left, let right, _),
            .ordered(_, let left, let right), .fallback(let left, let right), .arithmetic(_, let left, let right):
            return asks(left) || asks(right)
        case .conditional(let first, let second, let third):
            return asks(first) || asks(second) || asks(third)
        case .membership(let part, let items, _): return asks(part) || items.contains(where: asks)
        case .call(_, let parts): return parts.contains(where: asks)
        // What is in it may be any expression.
        case .computed: return true
        }
    }
}
