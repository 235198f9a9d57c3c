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

    static func put(_ name: String, _ text: String) throws -> Operation {
        .put(.key(try key(name)), .expression(try expression(text)))
    }

    static func set(_ name: String, _ text: String) throws -> Operation {
        .set(name: name, .expression(try expression(text)))
    }

    static func log(_ text: String) throws -> Operation { .log(try template(text), level: .info) }

    static func wait(_ text: String) throws -> Operation { .wait(try expression(text)) }

    static func until(
        _ text: String, timeout: String? = nil, _ onTimeout: Operation.OnTimeout = .continue
    ) throws -> Operation {
        .waitUntil(try condition(text), timeout: try timeout.map(expression), onTimeout: onTimeout)
    }

    static func call(_ name: String, _ arguments: [(String, String)] = [], waits: Bool = true) throws -> Operation {
        .call(
            name: name,
            arguments: try arguments.map { .init(name: $0.0, content: .expression(try expression($0.1))) }, waits: waits
        )
    }

    /// A loop with its `next` and `again`; `start` is the place of its first instruction.
    static func loop(_ loop: Operation.Loop, from start: Int, _ body: [Operation]) -> [Operation] {
        [.loop(loop), .next(exit: start + body.count + 3)] + body + [.again(next: start + 1)]
    }

    static func rule(
        _ operations: [Operation], name: String = "hall-light", hash: String = "h",
        policies: [Int: Instruction.Policy] = [:]
    ) -> Rule {
        let instructions = operations.enumerated().map { index, operation in
            Instruction(
                step: String(index + 1), position: position, operation,
                policy: policies[index] ?? Instruction.Policy())
        }
        return Rule(
            name: name, position: position, hash: hash, triggers: [], condition: nil, program: Program(instructions))
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
