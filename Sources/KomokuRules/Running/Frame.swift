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

    var step: String? {
        let instructions = rule.program.instructions
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
    /// Those of a pattern, as they were when it began.
    var keys: [KeyName] = []
    /// The name of the local that is `item`.
    var name: String?
    var item: Value?

    init(position: Int) {
        self.position = position
    }
}

extension Run {
    /// About how much memory its texts take, in bytes.
    var weight: Int { callers.reduce(occasion.weight + frame.weight) { $0 + $1.weight } }
}

extension Frame {
    fileprivate var weight: Int {
        locals.weight + loops.reduce(0) { $0 + $1.keys.reduce(0) { $0 + $1.text.utf8.count } }
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
