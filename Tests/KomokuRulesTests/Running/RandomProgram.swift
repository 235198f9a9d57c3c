import Komoku
import KomokuSystem
import KomokuTesting

@testable import KomokuRules

/// Programs of all kinds of instructions, and what is reported to their runs.
struct RandomProgram {
    private var operations: [any Operation] = []
    private var random: SplitMix
    private let scripts: Int

    static func world(using random: inout SplitMix) throws -> (rule: Rule, scripts: [Rule]) {
        let scripts = try (0..<2).map { index in
            try rule("s\(index)", scripts: index, size: 6, using: &random)
        }
        return (try rule("rule", scripts: 2, size: 14, using: &random), scripts)
    }

    private static func rule(_ name: String, scripts: Int, size: Int, using random: inout SplitMix) throws -> Rule {
        var program = RandomProgram(random: SplitMix(seed: random.next()), scripts: scripts)
        try program.block(size, depth: 0)
        var policies: [Int: Instruction.Policy] = [:]
        for index in program.operations.indices where Bool.random(using: &random) {
            policies[index] = Instruction.Policy(
                retry: Bool.random(using: &random) ? .init(times: 2) : nil,
                continuesOnError: Bool.random(using: &random))
        }
        return Sample.rule(program.operations, name: name, hash: "h-\(name)", policies: policies)
    }

    private init(random: SplitMix, scripts: Int) {
        self.random = random
        self.scripts = scripts
    }

    private mutating func pick<Item>(_ items: [Item]) -> Item { items[Int.random(in: 0..<items.count, using: &random)] }

    private mutating func block(_ size: Int, depth: Int) throws {
        for _ in 0..<Int.random(in: 1...size, using: &random) {
            switch Int.random(in: 0..<10, using: &random) {
            case 0 where depth < 3: try branch(depth)
            case 1 where depth < 3: try loop(depth)
            case 2: operations.append(try Sample.wait(pick(["5m", "n * 1s", "nothing", "0s"])))
            case 3:
                operations.append(
                    try Sample.until(condition(), timeout: pick(["1m", nil]), pick([.continue, .stop, .fail])))
            case 4: operations.append(try outside())
            case 5 where scripts > 0: try call()
            case 8 where !starts.isEmpty && Int.random(in: 0..<3, using: &random) == 0: leave()
            case 6: operations.append(try Sample.set(pick(["x", "y", "room"]), value()))
            case 7 where Int.random(in: 0..<4, using: &random) == 0:
                operations.append(Stop(try Sample.template("{n}"), fails: pick([true, false])))
            default: operations.append(try Sample.put(pick(["n", "s", "b"]), value()))
            }
        }
    }

    private mutating func value() -> String {
        pick([
            "n + 1", "x ?? 3", "index ?? 0", "item ?? 'none'", "avg(n, 10m)", "nothing", "1 / 0", "not b", "s", "key",
            "y ?? value", "timed_out ?? false", "answer_status ?? answer ?? 1", "max(n, 1h) + avg(n, 10m)",
            "room ?? 's'",
        ])
    }

    private mutating func condition() -> String {
        pick(["b", "n < 4", "x = 3", "known(y)", "avg(n, 10m) < 3", "timed_out", "value", "n % 2 = 0"])
    }

    private mutating func outside() throws -> any Operation {
        let url = try Sample.template("http://host/{n}")
        return pick([
            HTTP(url: url, method: "GET", into: "answer"),
            RunProgram(words: [try Sample.template("x{s}")], into: "answer"),
            Toggle(.key(try Sample.key("b"))),
            Increment(.key(try Sample.key("n")), by: nil), try Sample.log("{item} {index}"),
            Publish(topic: try Sample.template("t/{s}"), payload: .constant(1), qos: pick([0, 1, 2]), retain: false),
            Notify(target: "log", message: try Sample.template("{x}")),
        ])
    }

    private mutating func call() throws {
        let name = "s\(Int.random(in: 0..<scripts, using: &random))"
        operations.append(
            try Sample.call(pick([name, name, "gone"]), [("room", value())], waits: pick([true, true, false])))
    }

    private mutating func branch(_ depth: Int) throws {
        let (place, condition) = (operations.count, try Sample.condition(condition()))
        operations.append(Jump())
        try block(3, depth: depth + 1)
        operations.append(Jump())
        let jump = operations.count - 1
        operations[place] = Branch(condition, otherwise: operations.count)
        try block(2, depth: depth + 1)
        operations[jump] = Jump(operations.count)
    }

    /// Where the loops begin in which the block stands, and the instructions that leave the innermost one.
    private var starts: [Int] = []
    private var exits: [Int] = []

    private mutating func leave() {
        if Bool.random(using: &random), let start = starts.last {
            operations.append(Continue(next: start + 1))
        } else {
            exits.append(operations.count)
            operations.append(Break())
        }
    }

    private mutating func loop(_ depth: Int) throws {
        let start = operations.count
        operations += [
            LoopStart(
                pick([
                    .count(try Sample.expression("n")), .count(try Sample.expression("2")),
                    .whileHolds(try Sample.condition(condition())), .until(try Sample.condition(condition())),
                    .keys(.all, as: "item"),
                    .items([.constant(1), .expression(try Sample.expression("s"))], as: "item"),
                ])), Jump(),
        ]
        let outer = exits
        exits = []
        starts.append(start)
        try block(3, depth: depth + 1)
        starts.removeLast()
        operations.append(Again(next: start + 1))
        operations[start + 1] = NextRound(exit: operations.count)
        for exit in exits { operations[exit] = Break(exit: operations.count) }
        exits = outer
    }
}

/// What happened to a demand, the same for two runs.
struct RandomReport {
    private let choice: Int
    private let number: Double

    init(using random: inout SplitMix) {
        choice = Int.random(in: 0..<6, using: &random)
        number = Double(Int.random(in: 0..<6, using: &random))
    }

    func report(_ demand: Run.Demand, _ stage: inout Stage, _ run: inout Run, _ other: inout Run) {
        stage.values["n"] = .number(number)
        if choice == 0 { stage.values["b"] = .boolean(number > 2) }
        report(demand, stage, &run)
        report(demand, stage, &other)
    }

    private func report(_ demand: Run.Demand, _ stage: Stage, _ run: inout Run) {
        switch demand {
        case .history(let calls):
            run.answer(Dictionary(uniqueKeysWithValues: calls.map { ($0, choice == 0 ? nil : .number(number)) }))
        case .wait: run.woke()
        case .waitUntil, .stand: if choice < 3 { _ = run.look { stage.lookup($0) } } else { run.timedOut() }
        case .outside(let errand) where errand is HTTPErrand || errand is ProgramErrand:
            if choice == 0 {
                run.failed(OutputFailure("no way"))
            } else {
                run.answered(OutputAnswer(status: choice < 3 ? 0 : choice < 5 ? 200 : 503, text: "é"))
            }
        default: if choice == 0 { run.failed(OutputFailure("no")) } else { run.succeeded() }
        }
    }
}
