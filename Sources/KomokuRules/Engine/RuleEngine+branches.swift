import Komoku
import KomokuHub

/// The branches of `parallel`: runs with cells of their own that belong to the run which stands at it. They do not count with
/// the rule's mode, are told of with that run, and end with it.
extension RuleEngine {
    /// Begins the branches of a run, one after another.
    func fork(_ given: Run, at rule: Int, in hub: isolated Hub) {
        var run = given
        let branches = run.fork { number() }
        stand(run, at: rule, due: nil, in: hub)
        for branch in branches {
            // One before it may have ended all of them.
            guard machine.runs.live(run.id)?.run.branching?.running.contains(branch.id) ?? false else { continue }
            drive(branch, at: rule, in: hub)
        }
    }

    /// A branch is through.
    func endBranch(_ branch: Run, at rule: Int, in hub: isolated Hub) {
        forget(branch.id, in: hub)
        guard let id = branch.branch?.parent, let live = live(id) else { return }
        live.run.branchEnded(branch)
        machine.runs.setUnwritten(id)
        guard live.run.standing != .branching else { return }
        var run = live.run
        dropBranches(of: &run, in: hub)
        live.run = run
        // After all that the branch led to, and never inside of it: a loop of branches would go as deep as it has rounds.
        perform(in: hub) { [self] hub in
            guard let standing = machine.runs[id], case .live(let live) = standing.form,
                live.run.standing != .branching
            else { return }
            drive(live.run, at: Int(standing.rule), in: hub)
        }
    }

    /// Ends the branches that a run does not wait for any more.
    func dropBranches(of run: inout Run, in hub: isolated Hub) {
        for id in run.takeAbandoned() {
            if let branch = whole(id) { run.include(branch) }
            forget(id, in: hub)
        }
    }

    /// Those that a run stands with.
    func branches(of id: Int64) -> [Int64] {
        switch machine.runs[id]?.form {
        case nil: []
        case .live(let live): live.run.branching?.running ?? []
        // One that waits for a time has none, and is not to be unpacked for that.
        case .packed(let bytes): Run.waitsForTimeOnly(bytes) ? [] : peek(id)?.branching?.running ?? []
        }
    }

    /// A run as it stands, with what its branches have done.
    func whole(_ id: Int64) -> Run? {
        guard var run = peek(id) else { return nil }
        for id in run.branching?.running ?? [] { if let branch = whole(id) { run.include(branch) } }
        return run
    }

    /// The run to which one belongs.
    func root(of id: Int64) -> Int64 {
        guard let standing = machine.runs[id], standing.isBranch else { return id }
        if let run = peek(id) { return run.root }
        // Whatever became of its state, its owner knows it.
        return machine.runs.live.first { $0.run.run.branching?.running.contains(id) ?? false }?.run.run.root ?? id
    }

    /// After a start: what belongs to no run any more goes, and a run whose branches are not there cannot go on.
    func checkBranches(in hub: isolated Hub) {
        var owned: Set<Int64> = []
        for (id, live) in machine.runs.live where live.run.standing == .branching {
            let running = live.run.branching?.running ?? []
            owned.formUnion(running)
            if running.contains(where: { machine.runs[$0] == nil }) || live.run.branching == nil {
                end(root(of: id), .reset, "its state cannot be read", in: hub)
            }
        }
        for id in machine.runs.ids.sorted() where machine.runs[id]?.isBranch == true && !owned.contains(id) {
            forget(id, in: hub)
        }
    }
}
