package import Komoku
package import KomokuExpression

/// What is known of the history while one instruction, or one condition, is worked out.
///
/// A question that the lookup cannot answer at once is gathered, asked outside, and the whole is worked out again with the
/// answers. Meanwhile the clock stands still, so that `avg(k, now - since)` asks the same again.
package struct HistoryAnswers: Sendable {
    private var known: [HistoryCall: Value?] = [:]
    private var clock: [ClockCall: Value] = [:]
    /// The numbers that were drawn, in their order: what is worked out again draws the same.
    private(set) var draws: [Value] = []
    private var rounds = 0

    /// After so many rounds what is still not answered is unknown.
    private static let maximumRounds = 8

    package init() {}

    package mutating func add(_ answers: [HistoryCall: Value?]) {
        known.merge(answers) { $1 }
    }

    package enum Evaluation: Hashable, Sendable {
        case outcome(CompiledExpression.Outcome)
        /// Ask these, `add` the answers, evaluate again.
        case asks([HistoryCall])
    }

    /// For conditions that are looked at outside of a run.
    ///
    /// - Parameter keepsDraws: what was drawn is kept for whoever tells why the outcome is as it is.
    package mutating func evaluate(
        _ expression: CompiledExpression, keepsDraws: Bool = false, _ lookup: (Reference) -> Value?
    ) -> Evaluation {
        var reading = Reading(self)
        let outcome = expression.outcome { reading.value(of: $0, lookup) }
        let asked = take(reading, [expression], lookup)
        if keepsDraws, reading.drawn > 0 { draws = reading.answers.draws }
        return asked.isEmpty ? .outcome(outcome) : .asks(asked)
    }

    /// - Returns: what has to be asked before the outcome counts.
    mutating func take(
        _ reading: Reading, _ expressions: @autoclosure () -> [CompiledExpression], _ lookup: (Reference) -> Value?
    ) -> [HistoryCall] {
        guard !reading.missing.isEmpty, rounds < Self.maximumRounds else { return [] }
        var asked = reading.missing
        // Those that were not reached yet are asked with them: one round for all whose arguments are constant.
        for case .history(let call) in expressions().flatMap(\.references)
        where known.index(forKey: call) == nil && !asked.contains(call) && lookup(.history(call)) == nil {
            asked.append(call)
        }
        clock = reading.answers.clock
        draws = reading.answers.draws
        rounds += 1
        return asked
    }

    /// One working out.
    struct Reading {
        fileprivate var answers: HistoryAnswers
        private(set) var missing: [HistoryCall] = []
        /// How many numbers were drawn.
        fileprivate var drawn = 0

        init(_ answers: HistoryAnswers) {
            self.answers = answers
        }

        mutating func value(of reference: Reference, _ lookup: (Reference) -> Value?) -> Value? {
            switch reference {
            case .history(let call):
                if let answer = answers.known[call] { return answer }
                if let value = lookup(reference) { return value }
                if !missing.contains(call) { missing.append(call) }
                return nil
            case .clock(let call):
                if let value = answers.clock[call] { return value }
                let value = lookup(reference)
                answers.clock[call] = value
                return value
            case .random:
                if drawn == answers.draws.count { lookup(reference).map { answers.draws.append($0) } }
                guard drawn < answers.draws.count else { return nil }
                drawn += 1
                return answers.draws[drawn - 1]
            default:
                return lookup(reference)
            }
        }
    }
}
