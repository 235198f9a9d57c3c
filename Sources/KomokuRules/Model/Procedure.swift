package import Komoku

/// The actions of a rule, one instruction after another. Blocks (`choose`, `if`, `repeat`) are jumps.
package struct Procedure: Sendable {
    package var instructions: [Instruction]

    package init(_ instructions: [Instruction] = []) {
        self.instructions = instructions
    }
}

package struct Instruction: Sendable {
    /// Where it stands in the rule, as people count: `2`, `2.then.1`, `3.else.2`, `4.do.1`.
    package let step: String
    package let position: SourcePosition
    let operation: any Operation
    package let policy: Policy

    init(step: String, position: SourcePosition, _ operation: any Operation, policy: Policy = Policy()) {
        self.step = step
        self.position = position
        self.operation = operation
        self.policy = policy
    }

    /// What happens around an action.
    package struct Policy: Hashable, Sendable {
        /// How long it may take; nil is the default of its kind.
        package var timeout: Duration?
        package var retry: Retry?
        /// The run goes on after a failure.
        package var continuesOnError = false
        /// A value of the environment is in it, perhaps a secret: what it does is told without what it says.
        package var hidesContent = false
        /// A command to a device is done only when the device has reported what it was told.
        package var waitsForReport = false

        package init(
            timeout: Duration? = nil, retry: Retry? = nil, continuesOnError: Bool = false, hidesContent: Bool = false,
            waitsForReport: Bool = false
        ) {
            self.waitsForReport = waitsForReport
            self.timeout = timeout
            self.retry = retry
            self.continuesOnError = continuesOnError
            self.hidesContent = hidesContent
        }
    }

    /// `times` more attempts, the first after `delay`, each later one after `factor` times the pause before, `longest` at most.
    package struct Retry: Hashable, Sendable {
        package var times: Int
        package var delay: Duration
        package var factor: Double
        package var longest: Duration

        package init(
            times: Int, delay: Duration = .seconds(1), factor: Double = 2, longest: Duration = .seconds(60)
        ) {
            self.times = times
            self.delay = delay
            self.factor = factor
            self.longest = longest
        }

        /// Before attempt number `attempt`, counted from 1 for the first repetition.
        package func pause(before attempt: Int) -> Duration {
            var seconds = delay.seconds
            for _ in 1..<max(1, min(attempt, 64)) { seconds = min(seconds * factor, longest.seconds) }
            return min(Duration(seconds: seconds) ?? longest, longest)
        }
    }
}
