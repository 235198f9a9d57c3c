import Komoku
import KomokuExpression
import KomokuHub
import KomokuSystem
import KomokuYAML

/// `notify: {to: phone, message: "…"}`: tells people.
struct Notify: Operation {
    /// A target of the section `notify`, or `log`.
    var target: String
    var title: CompiledTemplate?
    var message: CompiledTemplate
    /// Notes of the same `topic` within `quietFor` are one; nil is the message's text.
    var topic: CompiledTemplate?
    var quietFor: Duration?
    /// Passes quiet hours.
    var isUrgent = false
    /// Goes to a second target too, where nobody acknowledged it in time.
    var escalation: (after: Duration, to: String)?

    var word: String { Self.word }
    var listing: String {
        "notify \(target)" + (title.map { " title '\($0.written)'" } ?? "") + " '\(message.written)'"
            + (topic.map { " topic '\($0.written)'" } ?? "") + (quietFor.map { " quiet for \($0)" } ?? "")
            + (isUrgent ? " urgent" : "") + (escalation.map { " then \($0.to) after \($0.after)" } ?? "")
    }
    var standing: Run.Standing? { .outside }

    func visit(_ visitor: inout some PartVisitor) {
        visitor.template(title)
        visitor.template(message)
        visitor.template(topic)
    }

    func work(
        _ run: Run, _ policy: Instruction.Policy, _ lookup: (Reference) -> Value?, _ nextKey: Run.NextKey
    ) throws(UnknownContent) -> Run.Work {
        // A text for people is worth sending even if a part of it is unknown.
        let note = Notification(
            rule: run.rule.name, target: target, title: title?.filledIn(lookup).text,
            message: message.filledIn(lookup).text, topic: topic?.filledIn(lookup).text, quietFor: quietFor,
            isUrgent: isUrgent, escalation: escalation.map { Notification.Escalation(after: $0.after, target: $0.to) })
        return .outside(NotifyErrand(note: note), RunEffect(verb: word, text: "\(note.target): \(note.message)"))
    }
}

struct NotifyErrand: Errand {
    let note: Notification

    func perform(_ run: Run, at rule: Int, by performer: any Performer, in hub: isolated Hub) -> Performance {
        guard let notifier = performer.notifier else {
            return .refused(OutputFailure("nobody delivers notifications", isTransient: false))
        }
        do throws(OutputFailure) { try notifier.notify(note, run: run.root, in: hub) } catch { return .refused(error) }
        return .done()
    }
}

extension Notify: Action {
    static let word = "notify"
    static let options = ActionOptions.outside
    static let isImmediate = true
    static let elsewhere: [(names: [String], meaning: String)] = [
        (["send", "message", "mail", "email", "telegram", "alert", "push"], "write notify: {to: log, message: …}")
    ]

    static func read(_ written: WrittenAction, _ reader: RuleReader) -> Dead? {
        reader.notify(written.setting, written.place)
        return nil
    }
}

extension Vocabulary {
    fileprivate static let notify = Vocabulary(
        ["to", "message", "title", "topic", "quiet_for", "urgent", "escalate"],
        [
            (["text", "body", "content", "msg"], "message"), (["target", "service", "targets", "recipient"], "to"),
            (["subject"], "title"), (["priority", "critical"], "urgent"), (["tag", "group"], "topic"),
        ])

    fileprivate static let escalation = Vocabulary(
        ["after", "to"], [(["in", "delay", "for"], "after"), (["target"], "to")])
}

extension RuleReader {
    fileprivate func notify(_ setting: Setting, _ place: Place) {
        if let text = setting.node.text, !setting.node.isNull {
            let shown = setting.node.scalar?.isSubstituted ?? false ? "…" : "\"\(text.prefix(40))\""
            setting.mismatch(expecting: "a mapping", remedy: "write notify: {to: \(usualTarget), message: \(shown)}")
            return
        }
        setting.read(.notify) { settings in
            let target = settings.needed("to", .item, of: .notify, remedy: "known are \(targetList)")
                .flatMap { self.notifyTarget($0) }
            let title = settings.setting("title").flatMap { notice($0) }
            let message = settings.needed("message", .item, of: .notify).flatMap { notice($0) }
            let topic = settings.setting("topic").flatMap { notice($0) }
            let quietFor = settings.given("quiet_for", .span)
            let isUrgent = settings.given("urgent", .bool) ?? false
            let escalation = settings.given("escalate", escalationType)
            guard let target, let message else { return }
            add(
                Notify(
                    target: target, title: title, message: message, topic: topic, quietFor: quietFor,
                    isUrgent: isUrgent, escalation: escalation), place)
        }
    }

    private var escalationType: SettingType<(after: Duration, to: String)> {
        SettingType(expectation: "a mapping") { setting in
            if setting.node.entries != nil { return setting.value(.mapping { self.escalation($0) }) }
            setting.mismatch(
                expecting: "a mapping", remedy: "write escalate: {after: 10m, to: \(self.usualTarget)}")
            return nil
        }
    }

    private func escalation(_ settings: SettingsReader) -> (after: Duration, to: String)? {
        settings.declare("after", "to")
        let after = settings.needed(
            "after", .span(in: .seconds(1)...Expression.longestDuration), of: .escalation, remedy: "write after: 10m")
        let to = settings.needed("to", .item, of: .escalation, remedy: "known are \(targetList)").flatMap {
            notifyTarget($0)
        }
        settings.refuseStrangers(to: .escalation)
        guard let after, let to else { return nil }
        return (after, to)
    }

    private func notifyTarget(_ setting: Setting) -> String? {
        guard let name = setting.value(.nonEmptyString) else { return nil }
        if reading.targets.contains(name) { return name }
        setting.error(
            "there is no target '\(name.prefix(80))'",
            remedy: Suggestion.question(for: name, in: reading.targets.sorted())
                ?? "known are \(targetList); others stand under notify: targets")
        return nil
    }

    private var targetList: String { reading.targets.sorted().prefix(16).joined(separator: ", ") }

    private var usualTarget: String { reading.targets.sorted().first { $0 != "log" } ?? "log" }
}
