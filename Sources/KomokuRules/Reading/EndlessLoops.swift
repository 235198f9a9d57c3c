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
            let instructions = rule.program.instructions
            for (place, instruction) in instructions.enumerated() {
                guard case .loop(let loop) = instruction.operation, let condition = loop.condition else { continue }
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
            case .loop: depth += 1
            case .again where depth == 0: return instructions[(place + 1)..<index]
            case .again: depth -= 1
            default: break
            }
        }
        return instructions[(place + 1)...]
    }

    private static func mayEnd(_ operation: Operation, _ condition: CompiledExpression) -> Bool {
        if operation.waits { return true }
        switch operation {
        case .stop, .call, .publish, .set: return true
        case .put(let target, _), .toggle(let target), .increment(let target, _):
            guard case .key(let key) = target else { return true }
            return condition.keys.contains(key) || !condition.reads.computedKeys.isEmpty
        default: return false
        }
    }
}

extension Operation.Loop {
    /// The condition by which it goes on or ends, unless that always is the same.
    fileprivate var condition: CompiledExpression? {
        switch self {
        case .whileHolds(let condition), .until(let condition): condition
        case .count, .keys, .items: nil
        }
    }
}
