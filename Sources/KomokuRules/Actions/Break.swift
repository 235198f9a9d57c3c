import Komoku
import KomokuExpression
import KomokuYAML

/// `break: true`: leaves the innermost `repeat`.
struct Break: Operation {
    var exit = 0

    init(exit: Int = 0) {
        self.exit = exit
    }

    var word: String { Self.word }
    var listing: String { "break to \(exit)" }
    var isFlow: Bool { true }
    var mayEndLoop: Bool { true }

    func visit(_ visitor: inout some PartVisitor) {}

    func work(
        _ run: Run, _ policy: Instruction.Policy, _ lookup: (Reference) -> Value?, _ nextKey: Run.NextKey
    ) throws(UnknownContent) -> Run.Work { .round(nil, exit: exit) }

    func landing(at place: Int) -> (any Operation)? { Break(exit: place) }
}

extension Break: Action {
    static let word = "break"
    static let options: ActionOptions = []
    static let elsewhere: [(names: [String], meaning: String)] = [(["leave"], "break")]

    static func read(_ written: WrittenAction, _ reader: RuleReader) -> Dead? {
        guard reader.isInLoop(Self.word, written.setting) else { return nil }
        reader.leaveLoop(by: reader.add(Break(), written.place))
        return .loop
    }
}
