import Komoku
import KomokuExpression
import KomokuYAML

/// `continue: true`: begins the next round of the innermost `repeat`.
struct Continue: Operation {
    let next: Int

    init(next: Int) {
        self.next = next
    }

    var word: String { Self.word }
    var listing: String { "continue at \(next)" }
    var isFlow: Bool { true }

    func visit(_ visitor: inout some PartVisitor) {}

    func work(
        _ run: Run, _ policy: Instruction.Policy, _ lookup: (Reference) -> Value?, _ nextKey: Run.NextKey
    ) throws(UnknownContent) -> Run.Work { .goOn(at: next) }
}

extension Continue: Action {
    static let word = "continue"
    static let options: ActionOptions = []
    static let elsewhere: [(names: [String], meaning: String)] = [(["next", "skip"], "continue")]

    static func read(_ written: WrittenAction, _ reader: RuleReader) -> Dead? {
        guard reader.isInLoop(Self.word, written.setting), let next = reader.endRound() else { return nil }
        reader.add(Continue(next: next), written.place)
        return .round
    }
}
