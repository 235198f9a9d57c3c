package import Komoku
package import KomokuExpression
package import KomokuHub

/// What makes a rule look at its condition.
package struct Trigger: Sendable {
    package enum Form: Sendable {
        /// A change of a key that matches, from one of some values to one of some values (nil is any), by at least a step.
        case change(KeyPattern, to: [Value]?, from: [Value]?, by: Double?)
        /// An expression that did not hold comes to hold. What it is at load is where it starts from.
        case becomes(CompiledExpression)
        case schedule(Schedule)
        /// A message on a topic that matches; its payload is one of some texts (nil is any).
        case mqtt(filter: String, payloads: [String]?)
        /// A message of an event key that matches, with one of some values (nil is any).
        case event(KeyPattern, [Value]?)
        /// A key that matches went stale, or was heard of again. Neither is a change.
        case freshness(KeyPattern, Freshness)
        /// The hub started.
        case start
        case webhook(name: String)
        /// A message to the chat that matches: words, `{name}` for one word, `{name...}` for the rest.
        case command(pattern: String)
        /// `komoku emit NAME`.
        case emit(name: String)
        /// What stands for a trigger of each key that tells of something.
        case purpose(PurposeTrigger)
    }

    /// A number falls below a limit. It has to have risen well above it before it falls again.
    package struct Threshold: Hashable, Sendable {
        package let below: Double
        /// From here on it is not low any more.
        package var release: Double { below + max(below.magnitude / 4, 1) }

        package init(below: Double) {
            self.below = below
        }
    }

    package let form: Form
    /// For how long it has to hold before it fires; for `becomes`, `change` and `stale`. Survives restarts.
    package let hold: HoldLength?
    /// Whether what the broker replays on subscribing counts.
    package let firesOnRetained: Bool
    package let position: SourcePosition
    /// A value of the environment is in it, perhaps a secret.
    package var isHidden = false
    /// What the run knows it by, as `trigger_id`.
    package var id: String?
    /// Values of a `change` that it does not take, to and from.
    package var (notTo, notFrom) = ([Value](), [Value]())
    /// Of a `change` that is one of a number to below a limit.
    package var threshold: Threshold?
    /// The keys for which one that is for a purpose fires, as far as they were known when it was read.
    package var known: [KeyName] = []
    /// The word of the purpose that it stands for.
    package var purpose: String?

    package init(_ form: Form, hold: HoldLength? = nil, firesOnRetained: Bool = false, position: SourcePosition) {
        self.form = form
        self.hold = hold
        self.firesOnRetained = firesOnRetained
        self.position = position
    }

    /// As the configuration calls it: `change`, `at`.
    package var word: String {
        if let purpose { return purpose }
        return switch form {
        case .change: "change"
        case .becomes: "becomes"
        case .schedule(let schedule): schedule.word
        case .mqtt: "mqtt"
        case .event: "event"
        case .freshness(_, let freshness): freshness.rawValue
        case .start: "start"
        case .webhook: "webhook"
        case .command: "command"
        case .emit: "emit"
        case .purpose(let some): some.purpose.word
        }
    }

    /// The keys whose changes it has to see.
    package var keys: [KeyPattern] {
        switch form {
        case .change(let pattern, _, _, _), .event(let pattern, _), .freshness(let pattern, _): [pattern]
        case .becomes(let expression): expression.keys.map { KeyPattern($0) } + expression.reads.patterns
        case .schedule(let schedule): schedule.key.map { [KeyPattern($0)] } ?? []
        case .purpose(let purpose): [purpose.target.pattern]
        default: []
        }
    }
}

extension Schedule {
    fileprivate var word: String {
        switch form {
        case .daily: "at"
        case .every: "every"
        case .cron: "cron"
        case .calendar: "calendar"
        }
    }
}
