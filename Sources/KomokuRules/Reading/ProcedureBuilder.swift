/// Puts instructions one after another, and fills in where jumps go once that is known.
struct ProcedureBuilder {
    private(set) var instructions: [Instruction] = []
    /// More were added than a procedure has.
    private(set) var isTooLong = false
    /// One of them may stand for a while.
    private(set) var waits = false

    /// The most instructions of a procedure.
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

    /// Has what jumps from a place go on at the next instruction.
    mutating func land(_ place: Int) {
        guard instructions.indices.contains(place),
            let landed = instructions[place].operation.landing(at: here)
        else { return }
        replace(place, with: landed)
    }

    mutating func replace(_ place: Int, with operation: any Operation) {
        guard instructions.indices.contains(place) else { return }
        let old = instructions[place]
        instructions[place] = Instruction(step: old.step, position: old.position, operation, policy: old.policy)
    }
}
