/// Puts instructions one after another, and fills in where jumps go once that is known.
struct ProgramBuilder {
    private(set) var instructions: [Instruction] = []
    /// More were added than a program has.
    private(set) var isTooLong = false
    /// One of them may stand for a while.
    private(set) var waits = false

    /// The most instructions of a program.
    static let limit = 10_000

    /// The place of the next instruction.
    var here: Int { instructions.count }

    /// - Returns: its place.
    @discardableResult mutating func add(_ instruction: Instruction) -> Int {
        if instruction.operation.waits { waits = true }
        guard instructions.count < Self.limit else {
            isTooLong = true
            return instructions.count - 1
        }
        instructions.append(instruction)
        return instructions.count - 1
    }

    /// Has the jump, branch or `next` at a place go on at the next instruction.
    mutating func land(_ place: Int) {
        guard instructions.indices.contains(place) else { return }
        switch instructions[place].operation {
        case .branch(let condition, _): replace(place, with: .branch(condition, otherwise: here))
        case .jump: replace(place, with: .jump(here))
        case .next: replace(place, with: .next(exit: here))
        default: break
        }
    }

    mutating func replace(_ place: Int, with operation: Operation) {
        guard instructions.indices.contains(place) else { return }
        let old = instructions[place]
        instructions[place] = Instruction(step: old.step, position: old.position, operation, policy: old.policy)
    }
}

extension Operation {
    /// Whether a run may stand here until something outside comes.
    var waits: Bool {
        switch self {
        case .wait, .waitUntil, .waitFor, .http, .run: true
        case .publish(_, _, let qos, _): qos > 0
        case .call(_, _, let waits): waits
        default: false
        }
    }
}
