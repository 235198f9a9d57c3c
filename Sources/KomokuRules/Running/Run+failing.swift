import Komoku
import KomokuSystem

extension Run {
    /// How the log of effects tells of a failure.
    enum Telling {
        /// What was demanded stands there already.
        case noted
        /// Nothing does: the step was not even demanded.
        case new
        /// The rule says itself that it fails; the step's policy does not count.
        case silent
    }

    /// By the policy of the step, or of the steps that called its script, there is another attempt, or the run goes on
    /// behind it. Else the run has failed.
    ///
    /// - Parameter step: the step that failed; nil is the one that it stands at.
    mutating func fail(_ fault: OutputFailure, as telling: Telling, at step: String? = nil) {
        let step = step ?? self.step
        switch telling {
        case .noted: log.fail(fault.reason)
        case .new:
            log.add(placed(RunEffect(verb: instruction?.operation.word ?? "")))
            log.fail(fault.reason)
        case .silent: break
        }
        if telling != .silent, let instruction, handle(fault, by: instruction) { return }
        while callers.count > floor, let caller = callers.popLast() {
            frame = caller
            if let instruction, handle(fault, by: instruction) { return }
        }
        end(.failed, reason: fault.reason, step: step)
    }

    private mutating func handle(_ fault: OutputFailure, by instruction: Instruction) -> Bool {
        let policy = instruction.policy
        if let retry = policy.retry, fault.isTransient, frame.attempt < retry.times {
            frame.attempt += 1
            standing = .failed
            due = nil
            forgetAnswers()
            return true
        }
        // Behind a branch or a loop that could not be decided there is no place to go on.
        guard policy.continuesOnError, !instruction.operation.isFlow else { return false }
        goOn()
        return true
    }

    mutating func pauseBeforeRetry(_ now: Timestamp) -> Demand {
        let pause = instruction?.policy.retry?.pause(before: frame.attempt) ?? .zero
        standing = .pausing
        due = now + pause
        return .wait(pause)
    }
}
