import Komoku
import KomokuExpression
import KomokuYAML

/// `if: hall.motion`, `then: …`, `else: …`: a `Branch` before, and a `Jump` over the other alternative.
enum If: Action {
    static let word = "if"
    static let options: ActionOptions = []
    static let ownOptions = ["then", "else"]
    static let isBlock = true
    static let elsewhere: [(names: [String], meaning: String)] = [
        (["condition", "conditions", "elif", "elseif"], "write if: …, then: …, else: …")
    ]

    static func read(_ written: WrittenAction, _ reader: RuleReader) -> Dead? {
        reader.branch(written.setting, written.beside, written.place)
    }
}

/// Goes on at `otherwise` where the condition does not hold.
struct Branch: Operation {
    let condition: CompiledExpression
    var otherwise = 0

    init(_ condition: CompiledExpression, otherwise: Int = 0) {
        self.condition = condition
        self.otherwise = otherwise
    }

    var word: String { If.word }
    var listing: String { "if not \(condition.shown) go to \(otherwise)" }
    var isFlow: Bool { true }

    func visit(_ visitor: inout some PartVisitor) { visitor.expression(condition) }

    func work(
        _ run: Run, _ policy: Instruction.Policy, _ lookup: (Reference) -> Value?, _ nextKey: Run.NextKey
    ) throws(UnknownContent) -> Run.Work { .goOn(at: condition.holds(lookup) ? nil : otherwise) }

    func landing(at place: Int) -> (any Operation)? { Branch(condition, otherwise: place) }
}

/// Goes on elsewhere.
struct Jump: Operation {
    var place = 0

    init(_ place: Int = 0) {
        self.place = place
    }

    var word: String { "jump" }
    var listing: String { "go to \(place)" }
    var isFlow: Bool { true }

    func visit(_ visitor: inout some PartVisitor) {}

    func work(
        _ run: Run, _ policy: Instruction.Policy, _ lookup: (Reference) -> Value?, _ nextKey: Run.NextKey
    ) throws(UnknownContent) -> Run.Work { .goOn(at: place) }

    func landing(at place: Int) -> (any Operation)? { Jump(place) }
}

extension Vocabulary {
    static let alternative = Vocabulary(
        ["if", "then", "else"],
        [
            (["condition", "conditions", "when", "case"], "if"), (["sequence", "do", "actions", "action"], "then"),
            (["default", "otherwise"], "else"),
        ])
}

extension RuleReader {
    /// Of a branch, a loop or a wait.
    ///
    /// - Parameter isWatched: it is told where it is always the same.
    func condition(_ setting: Setting, isWatched: Bool = false) -> CompiledExpression? {
        let before = report.diagnostics.all.count
        guard let compiled = expression(setting, expecting: .boolean) else { return nil }
        if isWatched { warnOfConstant(compiled, setting, after: before) }
        return compiled
    }

    fileprivate func branch(_ setting: Setting, _ settings: SettingsReader, _ place: Place) -> Dead? {
        let before = scope
        let condition = self.condition(setting, isWatched: true)
        let start = condition.map { add(Branch($0), place) }
        let then =
            settings.needed("then", .item, of: .alternative, remedy: "its actions stand there")
            .flatMap { block($0, path: "\(place.step).then.") }
        let otherwise = settings.setting("else")
        let jump = otherwise == nil ? nil : add(Jump(), place)
        if let start { procedure.land(start) }
        let after = scope
        scope = before
        let other = otherwise.flatMap { block($0, path: "\(place.step).else.") }
        if let jump { procedure.land(jump) }
        scope = then != nil ? scope : other != nil ? after : after.joined(with: scope)
        return Dead.both(then, other)
    }
}
