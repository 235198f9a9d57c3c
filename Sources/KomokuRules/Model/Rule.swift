package import Komoku
package import KomokuExpression

/// A rule as it was read and checked: when one of its triggers fires and its condition holds, its procedure runs. A script is
/// a rule without triggers that others call.
package final class Rule: Sendable {
    /// The longest name, in bytes of UTF-8.
    static let maximumName = 200

    package let name: String
    package let position: SourcePosition
    /// Of what was written, the same in every process: a rule whose content did not change keeps its state over a reload and
    /// a restart.
    package let hash: String
    package let about: String?
    package let triggers: [Trigger]
    package let condition: CompiledExpression?
    package let procedure: Procedure
    package let mode: Mode
    package let limit: RateLimit?
    package let onRestart: OnRestart
    /// The longest that a wake-up may have been missed by to be made up for; nil is any time for waits, and none for schedules.
    package let maxOutage: Duration?
    /// The names that a caller gives values to; in their order.
    package let parameters: [String]
    package let isScript: Bool

    package enum Mode: Hashable, Sendable {
        /// While it runs, triggers are passed over.
        case single
        /// The run that is there ends, a new one starts.
        case restart
        /// Triggers wait for the run to end; of more than `max` the newest are passed over.
        case queued(max: Int)
        case parallel(max: Int)
    }

    package enum OnRestart: String, Hashable, Sendable, CaseIterable {
        /// Goes on where it stood; a wait that ended meanwhile ends at once.
        case resume
        /// Is ended, and said.
        case drop
        /// Starts again from its first step.
        case again
    }

    /// At most `count` runs begin in each `period`.
    package struct RateLimit: Hashable, Sendable {
        package let count: Int
        package let period: Duration

        package init(count: Int, period: Duration) {
            self.count = count
            self.period = period
        }
    }

    package init(
        name: String, position: SourcePosition, hash: String, about: String? = nil, triggers: [Trigger],
        condition: CompiledExpression?, procedure: Procedure, mode: Mode = .single, limit: RateLimit? = nil,
        onRestart: OnRestart = .resume, maxOutage: Duration? = nil, parameters: [String] = [], isScript: Bool = false
    ) {
        self.name = name
        self.position = position
        self.hash = hash
        self.about = about
        self.triggers = triggers
        self.condition = condition
        self.procedure = procedure
        self.mode = mode
        self.limit = limit
        self.onRestart = onRestart
        self.maxOutage = maxOutage
        self.parameters = parameters
        self.isScript = isScript
    }
}

extension Rule {
    /// The triggers that its steps wait for.
    package var awaitedTriggers: [Trigger] {
        var found = TriggersFound()
        procedure.visit(&found)
        return found.all
    }
}

/// Rules and scripts of one configuration, in its order.
package struct RuleSet: Sendable {
    package var rules: [Rule]
    /// Those with `enabled: false`: checked, and never run.
    package var disabled: [Rule]
    /// What of them nobody may see.
    package var hidden = HiddenTexts()
    /// What its rules ask for events and holidays.
    package var calendars = HouseCalendars.none
    /// The hashes of what is written of rules and scripts, in its order.
    package var written: [String] = []
    /// The folder in which clients may write rules.
    package var editable: EditableRules?

    package init(_ rules: [Rule] = [], disabled: [Rule] = []) {
        self.rules = rules
        self.disabled = disabled
    }

    package static let empty = RuleSet()

    package var isEmpty: Bool { rules.isEmpty && disabled.isEmpty && written.isEmpty }

    /// Whether both are made of the same texts; what they mean may differ with the keys that there are.
    package func isSame(as other: RuleSet) -> Bool { written == other.written }
}
