package import Komoku
package import KomokuExpression

/// The actions of a rule, one instruction after another. Blocks (`choose`, `if`, `repeat`) are jumps.
package struct Program: Sendable {
    package var instructions: [Instruction]

    package init(_ instructions: [Instruction] = []) {
        self.instructions = instructions
    }
}

package struct Instruction: Sendable {
    /// Where it stands in the rule, as people count: `2`, `2.then.1`, `3.else.2`, `4.do.1`.
    package let step: String
    package let position: SourcePosition
    package let operation: Operation
    package let policy: Policy

    package init(step: String, position: SourcePosition, _ operation: Operation, policy: Policy = Policy()) {
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

package enum Operation: Sendable {
    case put(KeyTarget, Content)
    case toggle(KeyTarget)
    case increment(KeyTarget, by: CompiledExpression?)
    case publish(topic: CompiledTemplate, payload: Content, qos: Int, retain: Bool)
    case http(HTTPAction)
    case run(ProgramAction)
    case notify(NotifyAction)
    case log(CompiledTemplate, level: LogLevel)
    /// Of seconds.
    case wait(CompiledExpression)
    case waitUntil(CompiledExpression, timeout: CompiledExpression?, onTimeout: OnTimeout)
    /// Until one of some triggers fires; its names are locals from then on.
    case waitFor([Trigger], timeout: CompiledExpression?, onTimeout: OnTimeout)
    case set(name: String, Content)
    case call(name: String, arguments: [Content.Member], waits: Bool)
    /// Ends the run; with `fails` as failed. In a script it ends the script only.
    case stop(CompiledTemplate?, fails: Bool)
    /// Goes on at `otherwise` where the condition does not hold.
    case branch(CompiledExpression, otherwise: Int)
    case jump(Int)
    /// Begins a loop: its round is 0 before the first `next`.
    case loop(Loop)
    /// Begins the next round, or goes on at `exit` where there is none more; pairs with the `loop` before it.
    case next(exit: Int)
    /// Back to the `next` of the innermost loop.
    case again(next: Int)

    package enum LogLevel: String, Hashable, Sendable, CaseIterable { case debug, info, notice, warning, error }

    package enum OnTimeout: String, Hashable, Sendable, CaseIterable { case `continue`, stop, fail }

    /// What a loop goes over.
    package enum Loop: Sendable {
        case count(CompiledExpression)
        case whileHolds(CompiledExpression)
        /// Checked after each round.
        case until(CompiledExpression)
        /// The keys that match when the loop begins; the local `as` is each one's name.
        case keys(KeyPattern, as: String)
        case items([Content], as: String)

        /// A loop ends as failed after so many rounds.
        package static let maximumRounds = 10_000
    }
}

/// The key that an action is about.
package enum KeyTarget: Sendable {
    case key(KeyName)
    /// Locals fill it in: `` `{room}.light` ``, `self.light`.
    case computed(ComputedKey)
}

/// A value in an action: constant, calculated, or built of both.
package indirect enum Content: Sendable {
    case constant(JSON)
    case text(CompiledTemplate)
    case expression(CompiledExpression)
    case array([Content])
    case object([Member])

    package struct Member: Sendable {
        package let name: String
        package let content: Content

        package init(name: String, content: Content) {
            self.name = name
            self.content = content
        }
    }
}

/// Locals `into` and `into_status` have the answer's body, as text, and its status.
package struct HTTPAction: Sendable {
    package var url: CompiledTemplate
    package var method: String
    package var headers: [(name: String, value: CompiledTemplate)]
    /// A mapping or a list is sent as JSON.
    package var body: Content?
    /// Statuses that are no failure.
    package var accepted: [ClosedRange<Int>]
    package var into: String?

    package init(
        url: CompiledTemplate, method: String, headers: [(name: String, value: CompiledTemplate)] = [],
        body: Content? = nil, accepted: [ClosedRange<Int>] = [200...299], into: String? = nil
    ) {
        self.url = url
        self.method = method
        self.headers = headers
        self.body = body
        self.accepted = accepted
        self.into = into
    }
}

/// Locals `into` and `into_status` have what it printed and its exit code.
package struct ProgramAction: Sendable {
    /// The program and its arguments; with `shell` one text for `/bin/sh -c`.
    package var words: [CompiledTemplate]
    package var usesShell: Bool
    package var input: CompiledTemplate?
    package var directory: String?
    package var environment: [(name: String, value: CompiledTemplate)]
    package var into: String?

    package init(
        words: [CompiledTemplate], usesShell: Bool = false, input: CompiledTemplate? = nil, directory: String? = nil,
        environment: [(name: String, value: CompiledTemplate)] = [], into: String? = nil
    ) {
        self.words = words
        self.usesShell = usesShell
        self.input = input
        self.directory = directory
        self.environment = environment
        self.into = into
    }
}

package struct NotifyAction: Sendable {
    /// A target of the section `notify`, or `log`.
    package var target: String
    package var title: CompiledTemplate?
    package var message: CompiledTemplate
    /// Notes of the same `topic` within `quietFor` are one; nil is the message's text.
    package var topic: CompiledTemplate?
    package var quietFor: Duration?
    /// Passes quiet hours.
    package var isUrgent: Bool
    /// Goes to a second target too, where nobody acknowledged it in time.
    package var escalation: (after: Duration, to: String)?

    package init(
        target: String, title: CompiledTemplate? = nil, message: CompiledTemplate, topic: CompiledTemplate? = nil,
        quietFor: Duration? = nil, isUrgent: Bool = false, escalation: (after: Duration, to: String)? = nil
    ) {
        self.target = target
        self.title = title
        self.message = message
        self.topic = topic
        self.quietFor = quietFor
        self.isUrgent = isUrgent
        self.escalation = escalation
    }
}
