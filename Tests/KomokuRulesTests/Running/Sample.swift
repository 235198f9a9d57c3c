import Komoku
import KomokuExpression

@testable import KomokuRules

/// Programs made by hand. Every key is there, of any type; `since` counts seconds.
enum Sample {
    static let position = SourcePosition(file: "test.yaml", line: 1, column: 1)
    static let locals = [
        "value", "previous", "key", "trigger", "payload", "index", "item", "x", "y", "z", "room", "answer",
        "answer_status", "timed_out",
    ]
    static var environment: TypeEnvironment {
        TypeEnvironment(
            locals: Dictionary(uniqueKeysWithValues: locals.map { ($0, .dynamic) }),
            key: { $0.text == "since" ? .init(.number, unit: "s") : .dynamic }, offers: .all)
    }

    static func expression(_ text: String) throws -> CompiledExpression {
        try Expression.parse(text).check(in: environment)
    }

    static func condition(_ text: String) throws -> CompiledExpression {
        try Expression.parse(text).check(in: environment, expecting: .boolean)
    }

    static func template(_ text: String) throws -> CompiledTemplate {
        try Template.parse(text).check(in: environment)
    }

    static func key(_ text: String) throws -> KeyName { try KeyName(validating: text) }

    static func put(_ name: String, _ text: String) throws -> any Operation {
        Put(.key(try key(name)), .expression(try expression(text)))
    }

    static func set(_ name: String, _ text: String) throws -> any Operation {
        SetLocal(name, .expression(try expression(text)))
    }

    static func log(_ text: String) throws -> any Operation { Log(try template(text), level: .info) }

    static func wait(_ text: String) throws -> any Operation { Wait(try expression(text)) }

    static func until(
        _ text: String, timeout: String? = nil, _ onTimeout: WaitLimit.OnTimeout = .continue
    ) throws -> any Operation {
        WaitUntil(try condition(text), WaitLimit(timeout: try timeout.map(expression), onTimeout: onTimeout))
    }

    static func call(_ name: String, _ arguments: [(String, String)] = [], waits: Bool = true) throws -> any Operation {
        Call(
            name, try arguments.map { .init(name: $0.0, content: .expression(try expression($0.1))) }, waits: waits)
    }

    /// A loop with its `next` and `again`; `start` is the place of its first instruction.
    static func loop(_ loop: Loop, from start: Int, _ body: [any Operation]) -> [any Operation] {
        [LoopStart(loop), NextRound(exit: start + body.count + 3)] + body + [Again(next: start + 1)]
    }

    static func rule(
        _ operations: [any Operation], name: String = "hall-light", hash: String = "h",
        policies: [Int: Instruction.Policy] = [:]
    ) -> Rule {
        let instructions = operations.enumerated().map { index, operation in
            Instruction(
                step: String(index + 1), position: position, operation,
                policy: policies[index] ?? Instruction.Policy())
        }
        return Rule(
            name: name, position: position, hash: hash, triggers: [], condition: nil, procedure: Procedure(instructions)
        )
    }

    static let start = Timestamp(microseconds: 1_763_737_000_123_000)

    static var occasion: Occasion {
        var occasion = Occasion("change", at: start)
        occasion.key = KeyName("hall.motion")
        occasion.value = .boolean(true)
        occasion.previous = .boolean(false)
        return occasion
    }

    static func run(_ rule: Rule) -> Run {
        Run(rule: rule, id: 12_345, occasion: occasion, started: start)
    }
}
