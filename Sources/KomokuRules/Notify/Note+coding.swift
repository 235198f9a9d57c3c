package import Komoku

/// A note as its cell has it: an object with these members, times in microseconds.
///
/// | member | |
/// | --- | --- |
/// | `rule`, `run`, `to`, `title`, `message`, `topic`, `quiet_for`, `urgent` | what was told |
/// | `escalate_after`, `escalate_to` | the second target |
/// | `accepted`, `escalates`, `acknowledged`, `repeats` | its state |
/// | `deliveries` | each `to`, `stage`, `since`, `next`, `attempts`, `reason` |
extension Note {
    package var coded: JSON {
        var fields = CodedFields()
        fields.set("rule", .string(notification.rule))
        fields.set("run", JSON(exactly: run))
        fields.set("to", .string(notification.target))
        if let title = notification.title { fields.set("title", .string(title)) }
        fields.set("message", .string(notification.message))
        fields.set("topic", .string(notification.topic))
        if let quietFor = notification.quietFor { fields.set("quiet_for", JSON(exactly: quietFor.microseconds)) }
        if notification.isUrgent { fields.set("urgent", true) }
        if let escalation = notification.escalation {
            fields.set("escalate_after", JSON(exactly: escalation.after.microseconds))
            fields.set("escalate_to", .string(escalation.target))
        }
        fields.set("accepted", JSON(exactly: accepted.microseconds))
        if let escalates { fields.set("escalates", JSON(exactly: escalates.microseconds)) }
        if let acknowledged { fields.set("acknowledged", JSON(exactly: acknowledged.microseconds)) }
        if repeats > 0 { fields.set("repeats", JSON(exactly: Int64(repeats))) }
        fields.set("deliveries", .array(deliveries.map(\.coded)))
        return fields.json
    }

    /// - Returns: nil where something is missing or wrong.
    package init?(coding json: JSON, number: Int64) {
        guard let notification = Notification(coding: json), let accepted = json.time("accepted"),
            let items = json["deliveries"]?.array, 1...2 ~= items.count,
            let repeats = json["repeats"].integer(in: 0...Int.max, default: 0)
        else { return nil }
        let deliveries = items.compactMap { Delivery(coding: $0) }
        guard deliveries.count == items.count else { return nil }
        let run = json["run"]?.exactInteger ?? 0
        self.init(
            notification, number: number, run: run, accepted: accepted, deliveries: deliveries,
            escalates: notification.escalation == nil ? nil : json.time("escalates"),
            acknowledged: json.time("acknowledged"), repeats: repeats)
    }
}

extension Note.Delivery {
    fileprivate var coded: JSON {
        var fields = CodedFields()
        fields.set("to", .string(target))
        fields.set("stage", .string(stage.rawValue))
        fields.set("since", JSON(exactly: since.microseconds))
        fields.set("next", JSON(exactly: next.microseconds))
        fields.set("attempts", JSON(exactly: Int64(attempts)))
        if let reason { fields.set("reason", .string(reason)) }
        return fields.json
    }

    fileprivate init?(coding json: JSON) {
        guard let target = json["to"]?.string, let stage = json["stage"]?.string.flatMap(Stage.init),
            let since = json.time("since"), let next = json.time("next"),
            let attempts = json["attempts"].integer(in: 0...1_000_000, default: 0)
        else { return nil }
        self.init(to: target, at: since)
        self.stage = stage
        self.next = next
        self.attempts = attempts
        reason = json["reason"]?.string
    }
}

extension Notification {
    fileprivate init?(coding json: JSON) {
        guard let rule = json["rule"]?.string, let target = json["to"]?.string, let message = json["message"]?.string,
            let topic = json["topic"]?.string
        else { return nil }
        var escalation: Escalation?
        if let second = json["escalate_to"]?.string {
            guard let after = json["escalate_after"]?.exactInteger, after >= 0 else { return nil }
            escalation = Escalation(after: Duration(microseconds: after), target: second)
        }
        self.init(
            rule: rule, target: target, title: json["title"]?.string, message: message, topic: topic,
            quietFor: json["quiet_for"]?.exactInteger.map { Duration(microseconds: max(0, $0)) },
            isUrgent: json["urgent"]?.bool ?? false, escalation: escalation)
    }
}

extension JSON {
    fileprivate func time(_ name: String) -> Timestamp? {
        self[name]?.exactInteger.map { Timestamp(microseconds: $0) }
    }
}
