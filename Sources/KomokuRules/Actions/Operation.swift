import Komoku
import KomokuExpression

/// What an instruction of a program does. An action becomes one or several, which stand in its file.
protocol Operation: Sendable {
    /// That of its action.
    var word: String { get }
    /// As `komoku check` lists it: `put hall.light = true`.
    var listing: String { get }

    /// Tells what it is made of, each part once.
    func visit(_ visitor: inout some PartVisitor)

    /// What it comes to where a run stands at it; changes nothing.
    ///
    /// - Parameters:
    ///   - lookup: what a reference is, nil where it has no value.
    ///   - nextKey: for loops over a pattern.
    func work(
        _ run: Run, _ policy: Instruction.Policy, _ lookup: (Reference) -> Value?, _ nextKey: Run.NextKey
    ) throws(UnknownContent) -> Run.Work

    // MARK: Where a run stands at it

    /// Whether a run may stand here until something outside comes.
    var waits: Bool { get }
    /// How a run may stand at it, other than ready, failed and before another attempt.
    var standing: Run.Standing? { get }
    /// What it waits for.
    var awaited: Awaited? { get }
    /// What follows from the answer of a server or a program.
    func judge(_ answer: OutputAnswer, _ policy: Instruction.Policy) -> Judgement

    // MARK: Where a run goes

    /// It says where the run goes on.
    var isFlow: Bool { get }
    /// It ends the run, or the script that it is in.
    var ends: Bool { get }
    /// A loop that holds it may end by what it does, whatever the loop's condition reads.
    var mayEndLoop: Bool { get }
    /// The loop that it begins.
    var loop: Loop? { get }
    /// The branches that it begins.
    var fork: Fork? { get }
    /// The script that the run waits for.
    var calledScript: String? { get }
    /// The local that has what the script answers.
    var answerName: String? { get }
    /// The same, going on at a place.
    func landing(at place: Int) -> (any Operation)?
}

extension Operation {
    var waits: Bool { false }
    var standing: Run.Standing? { nil }
    var awaited: Awaited? { nil }
    func judge(_ answer: OutputAnswer, _ policy: Instruction.Policy) -> Judgement { Judgement() }
    var isFlow: Bool { false }
    var ends: Bool { false }
    var mayEndLoop: Bool { false }
    var loop: Loop? { nil }
    var fork: Fork? { nil }
    var calledScript: String? { nil }
    var answerName: String? { nil }
    func landing(at place: Int) -> (any Operation)? { nil }
}

/// What becomes of a run that got an answer.
struct Judgement {
    /// The locals that have it: `into`, `into_status`.
    var into: String?
    /// Why the step has failed.
    var fault: OutputFailure?
}

/// What a run that stands at an instruction waits for.
enum Awaited {
    case condition(CompiledExpression, WaitLimit)
    /// One of them.
    case triggers([Trigger], WaitLimit)
}
