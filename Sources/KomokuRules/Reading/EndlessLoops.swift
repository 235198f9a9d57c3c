import Komoku
import KomokuExpression
import KomokuYAML

/// Finds loops that go on while a condition holds, and in which nothing is done that could change it: they end only as failed,
/// after the most rounds that a loop has.
struct EndlessLoops {
    private let rules: [Rule]
    private let report: SettingsReport

    init(_ rules: [Rule], _ report: SettingsReport) {
        self.rules = rules
        self.report = report
    }

    func run() {
        for rule in rules {
            let instructions = rule.procedure.instructions
            for (place, instruction) in instructions.enumerated() {
                guard let condition = instruction.operation.loop?.condition else { continue }
                let body = Self.body(behind: place, instructions)
                if body.contains(where: { Self.mayEnd($0.operation, condition) }) { continue }
                report.warning(
                    at: instruction.position,
                    "nothing in this loop waits or changes what '\(condition.shown)' reads, so it never ends by itself",
                    remedy: "wait in it: {wait: 1s}, or write wait_until")
            }
        }
    }

    /// Up to the instruction that goes back to the loop's beginning.
    private static func body(behind place: Int, _ instructions: [Instruction]) -> ArraySlice<Instruction> {
        var depth = 0
        for index in instructions.indices.dropFirst(place + 1) {
            switch instructions[index].operation {
            case is LoopStart: depth += 1
            case is Again where depth == 0: return instructions[(place + 1)..<index]
            case is Again: depth -= 1
            default: break
            }
        }
        return instructions[(place + 1)...]
    }

    private static func mayEnd(_ operation: any Operation, _ condition: CompiledExpression) -> Bool {
        if operation.waits || operation.mayEndLoop { return true }
        let (changes, reads) = (operation.changes, condition.reads)
        return changes.hasComputed || !changes.all.isEmpty && !reads.computedKeys.isEmpty
            || changes.all.contains { change in
                condition.keys.contains(change.key) || reads.patterns.contains { $0.matches(change.key) }
            }
    }
}
