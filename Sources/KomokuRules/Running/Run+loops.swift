import Komoku
import KomokuExpression

extension Run {
    func begin(
        _ loop: Operation.Loop, _ lookup: (Reference) -> Value?
    ) throws(UnknownContent) -> LoopState {
        var state = LoopState(position: frame.position)
        switch loop {
        case .count(let expression):
            let count = try expression.number(lookup)
            // One more than it may go, so that it fails rather than ends early.
            state.limit = Int(min(max(count, 0), Double(Operation.Loop.maximumRounds + 1)))
        case .keys(_, let name):
            state.keyBound = keyCount
            state.name = name
        case .items(_, let name): state.name = name
        case .whileHolds, .until: break
        }
        return state
    }

    /// The innermost loop in its next round; nil where there is none.
    func round(_ lookup: (Reference) -> Value?, _ nextKey: NextKey) throws(UnknownContent) -> LoopState? {
        guard var state = frame.loops.last, case .loop(let loop) = operation(at: state.position) else { return nil }
        let round = state.round
        switch loop {
        case .count: if round >= state.limit ?? 0 { return nil }
        case .whileHolds(let condition): if !condition.holds(lookup) { return nil }
        case .until(let condition): if round > 0, condition.holds(lookup) { return nil }
        case .keys(let pattern, _):
            let last = state.item?.string.flatMap { KeyName($0) }
            guard let key = nextKey(pattern, last, state.keyBound ?? 0) else { return nil }
            state.item = .string(key.text)
        case .items(let items, _):
            guard items.indices.contains(round) else { return nil }
            state.item = items[round].local(lookup)
        }
        guard round < Operation.Loop.maximumRounds else {
            throw UnknownContent(reason: "more than \(Operation.Loop.maximumRounds) rounds")
        }
        state.round = round + 1
        return state
    }

    private func operation(at position: Int) -> Operation? {
        let instructions = frame.rule.program.instructions
        return instructions.indices.contains(position) ? instructions[position].operation : nil
    }
}
