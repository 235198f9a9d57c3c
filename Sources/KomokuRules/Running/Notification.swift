package import Komoku

/// A note for a person, filled in. Whoever delivers it knows the targets, what was told before, and quiet hours.
package struct Notification: Hashable, Sendable {
    package var rule: String
    /// A target of the section `notify`, or `log`.
    package var target: String
    package var title: String?
    package var message: String
    /// Notes of one topic within `quietFor` are one.
    package var topic: String
    package var quietFor: Duration?
    /// Passes quiet hours.
    package var isUrgent: Bool
    package var escalation: Escalation?

    /// Goes to a second target too, where nobody acknowledged it in time.
    package struct Escalation: Hashable, Sendable {
        package let after: Duration
        package let target: String

        package init(after: Duration, target: String) {
            self.after = after
            self.target = target
        }
    }

    package init(
        rule: String, target: String, title: String? = nil, message: String, topic: String? = nil,
        quietFor: Duration? = nil, isUrgent: Bool = false, escalation: Escalation? = nil
    ) {
        self.rule = rule
        self.target = target
        self.title = title
        self.message = message
        self.topic = topic ?? message
        self.quietFor = quietFor
        self.isUrgent = isUrgent
        self.escalation = escalation
    }
}
