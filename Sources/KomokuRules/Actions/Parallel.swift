import Komoku
import KomokuExpression
import KomokuYAML

/// `parallel: [[…], […]]`: several lists of actions at once. A `Fork` begins the branches, which stand behind it, each with a
/// `BranchEnd`; each is done by a run of its own that belongs to the one that stands at the fork.
enum Parallel: Action {
    static let word = "parallel"
    static let options = ActionOptions.onError
    static let ownOptions = ["until"]
    static let isBlock = true
    static let elsewhere: [(names: [String], meaning: String)] = [(["together", "at_once"], "parallel")]

    /// The most branches of one action.
    static let maximumBranches = 32

    static func read(_ written: WrittenAction, _ reader: RuleReader) -> Dead? {
        reader.parallel(written.setting, written.beside, written.place)
        return nil
    }

    static func scan(_ node: YAMLNode, _ scan: inout RuleScan, _ place: RuleScan.Place) {
        for branch in node.sequence ?? [node] { scan.scan(branch, place) }
    }
}

/// Begins branches, and goes on at `exit` when all of them have ended, or with the first that is done.
struct Fork: Operation {
    /// When the action is done.
    enum Until: String, Hashable, Sendable, CaseIterable { case all, first }

    let until: Until
    /// Where the branches begin.
    var starts: [Int] = []
    var exit = 0

    init(_ until: Until = .all, starts: [Int] = [], exit: Int = 0) {
        (self.until, self.starts, self.exit) = (until, starts, exit)
    }

    var word: String { Parallel.word }
    var listing: String {
        "parallel \(starts.map(String.init).joined(separator: ", ")) until \(until.rawValue), then go to \(exit)"
    }
    var waits: Bool { true }
    var standing: Run.Standing? { .branching }
    var isFlow: Bool { true }
    var mayEndLoop: Bool { true }
    var fork: Fork? { self }

    func visit(_ visitor: inout some PartVisitor) {}

    func work(
        _ run: Run, _ policy: Instruction.Policy, _ lookup: (Reference) -> Value?, _ nextKey: Run.NextKey
    ) throws(UnknownContent) -> Run.Work { .fork }

    func landing(at place: Int) -> (any Operation)? { Fork(until, starts: starts, exit: place) }
}

/// The last instruction of a branch.
struct BranchEnd: Operation {
    var word: String { Parallel.word }
    var listing: String { "end of the branch" }
    var isFlow: Bool { true }

    func visit(_ visitor: inout some PartVisitor) {}

    func work(
        _ run: Run, _ policy: Instruction.Policy, _ lookup: (Reference) -> Value?, _ nextKey: Run.NextKey
    ) throws(UnknownContent) -> Run.Work { .branchEnd }
}

extension RuleReader {
    fileprivate func parallel(_ setting: Setting, _ beside: SettingsReader, _ place: Place) {
        let until = beside.hasOneEntry ? nil : beside.given("until", SettingType<Fork.Until>.word)
        guard let items = setting.items, !items.isEmpty else {
            setting.mismatch(
                expecting: "a list of what is done at once",
                remedy: "write parallel: [[{put: …}, {wait: 5m}], [{put: …}]]")
            return
        }
        if items.count > Parallel.maximumBranches {
            setting.error("'parallel' has more than \(Parallel.maximumBranches) branches")
            return
        }
        if items.count == 1 {
            setting.warning("there is nothing beside the only branch", remedy: "leave out 'parallel'")
        }
        let (before, outer) = (scope, loops)
        // What is in a branch cannot leave or go on with a loop around it.
        loops = []
        let start = add(Fork(until ?? .all), place)
        var (starts, scopes): ([Int], [Scope]) = ([], [])
        for (index, item) in items.enumerated() {
            scope = before
            starts.append(procedure.here)
            _ = block(item, path: "\(place.step).parallel.\(index + 1).")
            add(BranchEnd(), Place(step: place.step, position: place.position, policy: Instruction.Policy()))
            scopes.append(scope)
        }
        procedure.replace(start, with: Fork(until ?? .all, starts: starts))
        procedure.land(start)
        loops = outer
        scope = before.after(scopes, isSure: until != .first && !place.policy.continuesOnError)
    }
}

extension Scope {
    /// Behind branches that were done at once.
    ///
    /// - Parameter isSure: each of them was done.
    fileprivate func after(_ branches: [Scope], isSure: Bool) -> Scope {
        var result = self
        for branch in branches {
            for (name, declaration) in branch.locals where declaration != locals[name] {
                var declaration = declaration
                if let other = result.locals[name], other != locals[name], other.kind != declaration.kind {
                    declaration = Declaration(nil, mayBeUnknown: declaration.mayBeUnknown || other.mayBeUnknown)
                }
                if !isSure { declaration.mayBeUnknown = true }
                result.locals[name] = declaration
            }
            if branch.isOpen { result.isOpen = true }
        }
        return result
    }
}
