import Komoku
import KomokuExpression
import KomokuYAML

/// `repeat: {count: 3, do: …}`: an instruction that begins the loop, one that begins each round, and one at its end that goes
/// back.
enum Repeat: Action {
    static let word = "repeat"
    static let options: ActionOptions = []
    static let isBlock = true
    static let elsewhere: [(names: [String], meaning: String)] = [
        (["for_each", "foreach", "for", "count"], "write repeat: {each: …, do: …}"),
        (["while", "until"], "write repeat: {while: …, do: …}"),
    ]

    static func read(_ written: WrittenAction, _ reader: RuleReader) -> Dead? {
        reader.loop(written.setting, written.place)
        return nil
    }

    static func scan(_ node: YAMLNode, _ scan: inout RuleScan, _ place: RuleScan.Place) {
        var place = place
        if let each = node["each"] { place.locals[node["as"]?.text ?? "item"] = scan.values(of: each, place.item) }
        scan.scan(node["do"], place)
    }
}

/// What a loop goes over.
enum Loop: Sendable {
    case count(CompiledExpression)
    case whileHolds(CompiledExpression)
    /// Checked after each round.
    case until(CompiledExpression)
    /// The keys that match when the loop begins; the local `as` is each one's name.
    case keys(KeyPattern, as: String)
    case items([Content], as: String)

    /// A loop ends as failed after so many rounds.
    static let maximumRounds = 10_000

    /// The condition by which it goes on or ends.
    var condition: CompiledExpression? {
        switch self {
        case .whileHolds(let condition), .until(let condition): condition
        case .count, .keys, .items: nil
        }
    }

    fileprivate var listing: String {
        switch self {
        case .count(let count): "\(count.shown) times"
        case .whileHolds(let condition): "while \(condition.shown)"
        case .until(let condition): "until \(condition.shown)"
        case .keys(let pattern, let name): "over keys \(pattern) as \(name)"
        case .items(let items, let name): "over \(Content.array(items)) as \(name)"
        }
    }
}

/// Begins a loop: its round is 0 before the first `NextRound`.
struct LoopStart: Operation {
    let over: Loop

    init(_ loop: Loop) { over = loop }

    var word: String { Repeat.word }
    var listing: String { "loop \(over.listing)" }
    var isFlow: Bool { true }
    var loop: Loop? { over }

    func visit(_ visitor: inout some PartVisitor) {
        switch over {
        case .count(let expression), .whileHolds(let expression), .until(let expression): visitor.expression(expression)
        case .keys(let pattern, _): visitor.keys(pattern)
        case .items(let items, _): for item in items { visitor.content(item) }
        }
    }

    func work(
        _ run: Run, _ policy: Instruction.Policy, _ lookup: (Reference) -> Value?, _ nextKey: Run.NextKey
    ) throws(UnknownContent) -> Run.Work {
        var state = LoopState(position: run.frame.position)
        switch over {
        case .count(let expression):
            let count = try expression.number(lookup)
            // One more than it may go, so that it fails rather than ends early.
            state.limit = Int(min(max(count, 0), Double(Loop.maximumRounds + 1)))
        case .keys(_, let name):
            state.keyBound = run.keyCount
            state.name = name
        case .items(_, let name): state.name = name
        case .whileHolds, .until: break
        }
        return .begin(state)
    }
}

/// Begins the next round, or goes on at `exit` where there is none more; pairs with the `LoopStart` before it.
struct NextRound: Operation {
    var exit = 0

    init(exit: Int = 0) {
        self.exit = exit
    }

    var word: String { Repeat.word }
    var listing: String { "next round or go to \(exit)" }
    var isFlow: Bool { true }

    func visit(_ visitor: inout some PartVisitor) {}

    func work(
        _ run: Run, _ policy: Instruction.Policy, _ lookup: (Reference) -> Value?, _ nextKey: Run.NextKey
    ) throws(UnknownContent) -> Run.Work {
        .round(try Self.round(run.frame, lookup, nextKey), exit: exit)
    }

    func landing(at place: Int) -> (any Operation)? { NextRound(exit: place) }

    /// The innermost loop in its next round; nil where there is none.
    private static func round(
        _ frame: Frame, _ lookup: (Reference) -> Value?, _ nextKey: Run.NextKey
    ) throws(UnknownContent) -> LoopState? {
        guard var state = frame.loops.last, let loop = frame.operation(at: state.position)?.loop else { return nil }
        let round = state.round
        switch loop {
        case .count: if round >= state.limit ?? 0 { return nil }
        case .whileHolds(let condition): if !condition.holds(lookup) { return nil }
        case .until(let condition): if round > 0, condition.holds(lookup) { return nil }
        case .keys(let pattern, _):
            let last = state.item?.string.flatMap { KeyName($0) }
            guard let key = nextKey(pattern, last, state.keyBound ?? 0) else { return nil }
            state.item = .string(key.text)
        case .items(let items, _):
            guard items.indices.contains(round) else { return nil }
            state.item = items[round].local(lookup)
        }
        guard round < Loop.maximumRounds else {
            throw UnknownContent(reason: "more than \(Loop.maximumRounds) rounds")
        }
        state.round = round + 1
        return state
    }
}

/// Back to the `NextRound` of the innermost loop.
struct Again: Operation {
    let next: Int

    init(next: Int) { self.next = next }

    var word: String { "jump" }
    var listing: String { "again at \(next)" }
    var isFlow: Bool { true }

    func visit(_ visitor: inout some PartVisitor) {}

    func work(
        _ run: Run, _ policy: Instruction.Policy, _ lookup: (Reference) -> Value?, _ nextKey: Run.NextKey
    ) throws(UnknownContent) -> Run.Work { .goOn(at: next) }
}

/// A loop whose actions are being read.
struct OpenLoop {
    /// Where its `NextRound` stands.
    let next: Int
    /// The instructions that leave it.
    fileprivate var exits: [Int] = []
    /// What is known where it is left, and where a round ends before its last action.
    fileprivate var left: [Scope] = []
    fileprivate var ended: [Scope] = []

    fileprivate init(next: Int) { self.next = next }
}

extension RuleReader {
    /// Whether there is a loop to leave or to go on with, as `word: true` says; reports where there is none.
    func isInLoop(_ word: String, _ setting: Setting) -> Bool {
        if setting.node.bool != true { setting.error("'\(word)' has nothing to say", remedy: "write \(word): true") }
        if !loops.isEmpty { return true }
        setting.error(
            "'\(word)' stands in no 'repeat'",
            remedy: "put it under 'do' of a repeat; stop: true ends the run, or the script")
        return false
    }

    /// The instruction at a place goes on behind the innermost loop.
    func leaveLoop(by place: Int) {
        guard !loops.isEmpty else { return }
        loops[loops.count - 1].exits.append(place)
        loops[loops.count - 1].left.append(scope)
    }

    /// The round ends here.
    ///
    /// - Returns: where the next one begins; nil where there is no loop.
    func endRound() -> Int? {
        guard !loops.isEmpty else { return nil }
        loops[loops.count - 1].ended.append(scope)
        return loops.last?.next
    }
}

extension Vocabulary {
    fileprivate static let loop = Vocabulary(
        ["count", "while", "until", "each", "as", "do"],
        [
            (["times", "n"], "count"), (["for_each", "foreach", "items", "over", "in", "keys"], "each"),
            (["sequence", "then", "actions", "action"], "do"), (["var", "item", "name"], "as"),
        ])
}

extension RuleReader {
    fileprivate func loop(_ setting: Setting, _ place: Place) {
        if setting.node.entries == nil, !setting.node.isNull {
            let count = setting.node.integer.map(String.init) ?? "3"
            setting.mismatch(expecting: "a mapping", remedy: "write repeat: {count: \(count), do: […]}")
            return
        }
        setting.read { self.loop($0, place) }
    }

    private func loop(_ settings: SettingsReader, _ place: Place) {
        let before = scope
        settings.declare("as", "do")
        let kinds: Set = ["count", "while", "until", "each"]
        guard let (word, subject) = settings.only(of: kinds) else {
            let isMeant = settings.strangers(to: .loop).contains {
                kinds.contains(Vocabulary.loop.meaning(of: $0.name).word ?? "")
            }
            if isMeant {
                settings.refuseStrangers(to: .loop)
            } else {
                _ = settings.exactlyOne(of: "count", "while", "until", "each")
            }
            return
        }
        settings.refuseStrangers(to: .loop)
        let name = settings.value("as", .localName)
        if name != nil, word != "each" {
            settings.error(at: "as", "'as' belongs to 'each'", remedy: "the number of the round is 'index'")
        }
        scope.locals["index"] = Scope.Declaration(.number, mayBeUnknown: false)
        if subject.node.holdsSubstitution { readsHidden = true }
        let kind = loop(word, subject, as: name ?? "item")
        // Checked after a round, it may read what the round sets.
        let isLate = word == "until"
        let begin = kind.map { add(LoopStart($0), place) } ?? (isLate ? add(Jump(), place) : nil)
        let next = add(NextRound(), place)
        let open = read(settings, place, next)
        scope = open.ended.reduce(scope) { $0.joined(with: $1) }
        if isLate, let begin, let until = condition(subject) {
            procedure.replace(begin, with: LoopStart(.until(until)))
        }
        add(Again(next: next), place)
        for exit in [next] + open.exits { procedure.land(exit) }
        scope = open.left.reduce(isLate ? scope : before.joined(with: scope)) { $0.joined(with: $1) }
        for local in ["index", name ?? "item"] { scope.locals[local] = before.locals[local] }
    }

    /// Reads what is done in each round.
    private func read(_ settings: SettingsReader, _ place: Place, _ next: Int) -> OpenLoop {
        loops.append(OpenLoop(next: next))
        if let body = settings.needed("do", .item, of: .loop) { _ = block(body, path: "\(place.step).do.") }
        return loops.removeLast()
    }

    private func loop(_ word: String, _ subject: Setting, as name: String) -> Loop? {
        switch word {
        case "count": return expression(subject, expecting: .number).map { .count($0) }
        case "while": return condition(subject).map { .whileHolds($0) }
        case "until": return nil
        default:
            scope.locals[name] = Scope.Declaration(.text, mayBeUnknown: false)
            guard let items = subject.items else { return watched(subject).map { .keys($0.pattern, as: name) } }
            if items.isEmpty { subject.error("'each' is an empty list") }
            if let mentions = subject.mentions {
                for item in items where item.node.text?.utf8.elementsEqual(mentions.key.text.utf8) ?? false {
                    mentions.add(.computed, in: item.node)
                }
            }
            let contents = items.map { item in content(item, for: name, .dynamic, isText: true) }
            let found = contents.compactMap { $0 }
            let kind = found.first?.kind
            let isSame = found.allSatisfy { $0.kind == kind }
            scope.locals[name] = Scope.Declaration(isSame ? kind : nil, mayBeUnknown: false)
            return .items(found, as: name)
        }
    }
}
