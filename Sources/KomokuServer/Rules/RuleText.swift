internal import Komoku
internal import KomokuHub
internal import KomokuStore

/// Rules, their runs and their notes as answers have them.
enum RuleText {
    static func json(of rule: RuleInfo) -> JSON {
        var members = Members()
        members.add("rule", .string(rule.name))
        members.add("description", rule.about.map { .string($0) })
        if rule.isScript { members.add("script", true) }
        members.add("at", .string(rule.position))
        members.add("state", .string(rule.state.rawValue))
        members.add("reason", rule.reason.map { .string($0) })
        members.add("mode", .string(rule.mode))
        members.add("limit", rule.limit.map { .string($0) })
        members.add("triggers", .array(rule.triggers.map { .string($0) }))
        members.add("if", rule.condition.map { .string($0) })
        if !rule.parameters.isEmpty { members.add("parameters", .array(rule.parameters.map { .string($0) })) }
        for (name, count) in [
            ("runs", rule.runs), ("failures", rule.failures), ("skipped", rule.skipped), ("refused", rule.refused),
            ("standing", rule.standing), ("queued", rule.queued),
        ] {
            members.add(name, .number(Double(count)))
        }
        if !rule.pending.isEmpty { members.add("pending", .array(rule.pending.map(json))) }
        members.add("quiet", rule.quiet.map { .string($0) })
        members.add("last_run", rule.lastRun.map { .number($0.seconds) } ?? .null)
        members.add("next", rule.next.map { .number($0.seconds) })
        return members.json
    }

    private static func json(of pending: RuleInfo.Pending) -> JSON {
        var members = Members()
        members.add("trigger", .string(pending.trigger))
        members.add("key", pending.key.map { .string($0.text) })
        members.add("due", .number(pending.due.seconds))
        return members.json
    }

    /// `{"run","rule","outcome","started","keys", …}`; what follows is what the log keeps beside.
    static func json(of row: RunRow) -> JSON {
        let members: [JSON.Member] = [
            JSON.Member("run", .number(Double(row.id))), JSON.Member("rule", .string(row.rule)),
            JSON.Member("outcome", .string(row.outcome)), JSON.Member("started", .number(row.time.seconds)),
            JSON.Member("keys", .array(row.keys.map { .string($0.text) })),
        ]
        return .object(members + (row.data.object ?? []))
    }

    static func json(of note: NotificationInfo) -> JSON {
        var members = Members()
        members.add("notification", .number(Double(note.id)))
        members.add("rule", .string(note.rule))
        members.add("to", .string(note.target))
        members.add("title", note.title.map { .string($0) })
        members.add("message", .string(note.message))
        members.add("topic", .string(note.topic))
        members.add("time", .number(note.time.seconds))
        members.add("state", .string(note.state))
        if note.attempts > 0 { members.add("attempts", .number(Double(note.attempts))) }
        members.add("reason", note.reason.map { .string($0) })
        members.add("due", note.due.map { .number($0.seconds) })
        if let escalation = note.escalation {
            members.add(
                "escalated", ["to": .string(escalation.target), "time": .number(escalation.time.seconds)])
        }
        return members.json
    }

    static func json(of outcome: ReloadOutcome) -> JSON {
        var members = Members()
        members.add("reloaded", .bool(outcome.isDone))
        members.add("findings", .array(outcome.findings.map(json)))
        if !outcome.endings.isEmpty { members.add("ended", .array(outcome.endings.map(json))) }
        return members.json
    }

    private static func json(of ending: ReloadOutcome.Ending) -> JSON {
        var members = Members()
        members.add("rule", .string(ending.rule))
        members.add("reason", .string(ending.reason))
        members.add("runs", .array(ending.runs.map { .number(Double($0)) }))
        if ending.queued > 0 { members.add("queued", .number(Double(ending.queued))) }
        if ending.holds > 0 { members.add("holds", .number(Double(ending.holds))) }
        return members.json
    }

    private static func json(of finding: Diagnostic) -> JSON {
        var members = Members()
        members.add("severity", .string(finding.severity.rawValue))
        members.add("file", .string(finding.position.file))
        members.add("line", .number(Double(finding.position.line)))
        members.add("column", .number(Double(finding.position.column)))
        members.add("message", .string(finding.message))
        members.add("remedy", finding.remedy.map { .string($0) })
        return members.json
    }

    /// What made a change.
    static func json(of cause: Cause) -> JSON {
        switch cause {
        case .message(let topic): ["kind": "message", "topic": .string(topic)]
        case .client(let surface): ["kind": "client", "client": .string(surface)]
        case .rule(let name, let run, _): Self.cause(rule: name, run: run)
        case .expiry: ["kind": "expiry"]
        case .clock: ["kind": "clock"]
        }
    }

    static func cause(rule: String, run: Int64) -> JSON {
        ["kind": "rule", "rule": .string(rule), "run": .number(Double(run))]
    }

    /// Members of an object; what is not there is left out.
    private struct Members {
        private var all: [JSON.Member] = []

        mutating func add(_ name: String, _ value: JSON?) {
            if let value { all.append(JSON.Member(name, value)) }
        }

        var json: JSON { .object(all) }
    }
}
