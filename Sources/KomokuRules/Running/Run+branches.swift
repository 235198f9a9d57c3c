import Komoku
import KomokuSystem

/// `parallel`: a run stands at it until its branches, which are runs of their own, have ended.
extension Run {
    /// The number by which people know it: a branch is a part of the run that it belongs to.
    package var root: Int64 { branch?.root ?? id }

    /// How many of its callers are only there to be looked at.
    var floor: Int { branch?.floor ?? 0 }

    /// Begins the branches of the `parallel` that it stands at.
    ///
    /// - Parameter number: gives each its own.
    mutating func fork(_ number: () -> Int64) -> [Run] {
        guard let fork = instruction?.operation.fork else { return [] }
        let frames = (callers + [frame]).map { frame in
            var frame = frame
            // Whoever waits for a script ends its branches with it.
            (frame.deadline, frame.attempt) = (nil, 0)
            return frame
        }
        let branches = fork.starts.enumerated().map { index, start in
            var run = Run(rule: rule, id: number(), occasion: occasion, started: started)
            run.callers = frames.dropLast()
            run.frame = frames[frames.count - 1]
            run.frame.position = start
            run.branch = BranchSlot(parent: id, root: root, index: index, floor: callers.count)
            return run
        }
        branching = Branching(states: branches.map { .running($0.id) })
        return branches
    }

    /// Takes what became of one of its branches. It goes on with the last of them, or with the first that is done, where
    /// that is enough; then others may be running still.
    mutating func branchEnded(_ run: Run) {
        guard standing == .branching, let index = run.branch?.index,
            branching?.states.indices.contains(index) ?? false, branching?.states[index] == .running(run.id)
        else { return }
        log.add(contentsOf: run.log)
        switch run.verdict {
        case .stop(let reason, let fails):
            branching?.states[index] = .done
            return stop(reason, fails: fails, at: run.ending?.step)
        case .answer(let value):
            branching?.states[index] = .done
            return leaveFrame(answering: value)
        case nil: break
        }
        if run.ending?.outcome == .failed {
            branching?.states[index] = .failed(run.ending?.reason ?? "failed", step: run.ending?.step)
        } else {
            branching?.states[index] = .done
            keep(run.frame.locals)
        }
        goOnBehindBranches()
    }

    /// What a branch has set, or made unknown.
    private mutating func keep(_ locals: [String: Value]) {
        for (name, value) in locals where frame.locals[name] != value { branching?.results[name] = value.json }
        for name in frame.locals.keys where locals[name] == nil { branching?.results[name] = .null }
    }

    private mutating func goOnBehindBranches() {
        guard let branching, let instruction, let fork = instruction.operation.fork else { return }
        let isFirst = fork.until == .first && branching.states.contains(.done)
        guard isFirst || branching.running.isEmpty else { return }
        if !isFirst, let (reason, step) = branching.failure, !instruction.policy.continuesOnError {
            return fail(OutputFailure(reason), as: .silent, at: step)
        }
        for (name, value) in branching.results { frame.locals[name] = Value(coded: value) }
        goOn(at: fork.exit)
    }

    /// The branches that it has left behind without waiting for them; they are to end.
    mutating func takeAbandoned() -> [Int64] {
        guard standing != .branching, let branching else { return [] }
        self.branching = nil
        return branching.running
    }

    /// With what its branches have done so far.
    mutating func include(_ branch: Run) { log.add(contentsOf: branch.log) }
}

extension EffectLog {
    /// Adds all that another one holds.
    mutating func add(contentsOf other: EffectLog) {
        for effect in other.effects { add(effect) }
        omit(other.omitted)
        for key in other.keys { touch(key) }
    }
}
