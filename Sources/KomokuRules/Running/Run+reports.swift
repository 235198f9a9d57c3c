package import Komoku
package import KomokuExpression
internal import KomokuSystem

extension Run {
    /// What was demanded is done.
    package mutating func succeeded() {
        if standing == .outside { goOn() }
    }

    /// It is done, and the device has reported what it was told.
    package mutating func reported() {
        guard standing == .outside else { return }
        log.end(.reported)
        goOn()
    }

    /// What was demanded came to nothing. By the step's policy it is tried again after a pause, passed over, or the run ends.
    package mutating func failed(_ fault: OutputFailure) {
        if standing == .outside { fail(fault, as: .noted) }
    }

    /// The hub does not take what was demanded; its reason may quote it.
    package mutating func refused(_ fault: OutputFailure) {
        let reason = instruction.map { $0.shown(fault.reason) } ?? fault.reason
        failed(OutputFailure(reason, isTransient: fault.isTransient))
    }

    /// A server or a program answered what was demanded.
    package mutating func answered(_ answer: OutputAnswer) {
        guard standing == .outside else { return }
        beginTurn()
        guard let instruction else { return goOn() }
        let judgement = instruction.operation.judge(answer, instruction.policy)
        keep(answer, into: judgement.into)
        if let fault = judgement.fault { fail(fault, as: .noted) } else { goOn() }
    }

    private mutating func keep(_ answer: OutputAnswer, into name: String?) {
        guard let name else { return }
        frame.locals[name] = .string(answer.text.cut(to: OutputAnswer.maximumText))
        frame.locals[name + "_status"] = .number(Double(answer.status))
    }

    /// A wait or a pause is over.
    package mutating func woke() {
        switch standing {
        case .waiting:
            beginTurn()
            goOn()
        case .pausing:
            beginTurn()
            standing = .ready
            due = nil
        default: break
        }
    }

    /// The time of `wait_until`, or of what was demanded, is over.
    package mutating func timedOut() {
        guard standing == .waitingUntil else {
            return failed(OutputFailure(waitsForReport ? "no report in time" : "no answer in time"))
        }
        beginTurn()
        frame.locals["timed_out"] = .boolean(true)
        guard let (onTimeout, reason) = instruction?.operation.awaited?.end else { return goOn() }
        switch onTimeout {
        case .continue: goOn()
        case .fail: fail(OutputFailure(reason), as: .noted)
        case .stop:
            stop(reason, fails: false)
        }
    }

    /// When the first of the scripts that it waits for has its time; wall time, nil where none has one.
    package var callDue: Timestamp? {
        callers.reduce(frame.deadline) { earliest, caller in
            guard let deadline = caller.deadline else { return earliest }
            return earliest.map { min($0, deadline) } ?? deadline
        }
    }

    /// The time of `callDue` has come: whatever the script does ends, and the call has failed.
    package mutating func callTimedOut() {
        let frames = callers + [frame]
        guard standing != .ended, let due = callDue,
            let index = frames.firstIndex(where: { $0.deadline == due }), index > 0
        else { return }
        beginTurn()
        callers = Array(frames[..<(index - 1)])
        frame = frames[index - 1]
        fail(OutputFailure("'\(frames[index].rule.name)' took too long"), as: .new)
    }

    /// Looks whether what `wait_until` waits for holds now.
    ///
    /// - Returns: whether to call `advance`; false where it waits on.
    package mutating func look(_ lookup: (Reference) -> Value?) -> Bool {
        guard let condition = awaited else { return standing == .ready }
        // The answers are awaited: everything is looked at again with them.
        guard !isAsking else { return false }
        let run = self
        let asking = answers.evaluate(condition) {
            if case .local(let name) = $0 { run.local(name) } else { lookup($0) }
        }
        switch asking {
        case .outcome(.value(.boolean(true))):
            // What it saw counts, whatever is so by now.
            beginTurn()
            frame.locals["timed_out"] = .boolean(false)
            goOn()
            return true
        // `advance` works it out once more, with answers of the history.
        case .asks: looksAgain = true
        case .outcome: looksAgain = false
        }
        if looksAgain { beginTurn() }
        return looksAgain
    }

    /// What `history` asked for; nil for what has no answer. Kept for the step that it stands at.
    package mutating func answer(_ answers: [HistoryCall: Value?]) {
        guard standing != .ended else { return }
        beginTurn()
        isAsking = false
        self.answers.add(answers)
        if standing == .waitingUntil { looksAgain = true }
    }

    /// What it waits for with `wait_for` has come: what it says is known from here on.
    package mutating func arrived(_ occasion: Occasion) {
        guard standing == .waitingUntil, case .triggers = instruction?.operation.awaited else { return }
        beginTurn()
        for (name, value) in occasion.arguments { frame.locals[name] = value }
        frame.locals["value"] = occasion.value
        frame.locals["previous"] = occasion.previous
        frame.locals["key"] = occasion.key.map { .string($0.text) }
        frame.locals["trigger"] = .string(occasion.word)
        frame.locals["timed_out"] = .boolean(false)
        goOn()
    }

    /// The triggers of which it waits for one.
    package var awaitedTriggers: [Trigger] {
        guard standing == .waitingUntil, case .triggers(let triggers, _) = instruction?.operation.awaited else {
            return []
        }
        return triggers
    }

    /// The condition that it waits for.
    package var awaited: CompiledExpression? {
        guard standing == .waitingUntil, case .condition(let condition, _) = instruction?.operation.awaited else {
            return nil
        }
        return condition
    }

    /// The keys whose changes may make the condition hold; devices and the clock are in `awaited.reads`.
    package var awaitedKeys: [KeyName] {
        guard let reads = awaited?.reads else { return [] }
        return reads.keys + reads.computedKeys.compactMap { $0.key(local) }
    }
}
