import Komoku

/// Where a run stands in a rule or in a script that it called.
struct Frame: Sendable {
    let rule: Rule
    var position = 0
    /// Attempts of the present step that failed.
    var attempt = 0
    /// What `set`, `into` and the caller made; those of loops are in `loops`.
    var locals: [String: Value] = [:]
    /// From the outermost to the innermost.
    var loops: [LoopState] = []
    /// When the call that made it has its time; wall time, which counts after a restart only.
    var deadline: Timestamp?

    init(_ rule: Rule) {
        self.rule = rule
    }

    func operation(at position: Int) -> (any Operation)? {
        let instructions = rule.procedure.instructions
        return instructions.indices.contains(position) ? instructions[position].operation : nil
    }

    var step: String? {
        let instructions = rule.procedure.instructions
        return instructions.indices.contains(position) ? instructions[position].step : nil
    }
}

/// A loop that goes on.
struct LoopState: Hashable, Sendable {
    /// Where its `loop` stands.
    let position: Int
    /// From 1; 0 before the first.
    var round = 0
    /// Of `count`.
    var limit: Int?
    /// Over a pattern: keys that came since the loop began have a number from this one on. The item says how far it is; a list
    /// of all of them would be written whenever the run waits.
    var keyBound: Int?
    /// The name of the local that is `item`.
    var name: String?
    var item: Value?

    init(position: Int) {
        self.position = position
    }
}

extension Run {
    /// About how much memory its texts take, in bytes.
    var weight: Int {
        let results = (branching?.results ?? [:]).reduce(0) { $0 + ($1.value.string?.utf8.count ?? 0) }
        return callers.reduce(occasion.weight + frame.weight + log.weight + results) { $0 + $1.weight }
    }
}

extension Frame {
    fileprivate var weight: Int {
        locals.weight + loops.reduce(0) { $0 + ($1.item?.weight ?? 0) }
    }
}

extension Occasion {
    /// About how much memory its texts take, in bytes.
    var weight: Int { arguments.weight + (value?.weight ?? 0) + (previous?.weight ?? 0) }
}

extension [String: Value] {
    fileprivate var weight: Int { reduce(0) { $0 + $1.value.weight } }
}

extension Value {
    fileprivate var weight: Int { string?.utf8.count ?? 0 }
}
