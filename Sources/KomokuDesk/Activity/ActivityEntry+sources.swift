internal import Komoku
internal import KomokuHub
internal import KomokuStore
internal import KomokuWire

/// How what happened is told.
extension ActivityEntry {
    init(change point: Point, before: Point?, of key: ActivityAccount.Key, cause: Cause?) {
        self.init()
        id = "change:\(key.name):\(point.time.microseconds)"
        (time, self.key, device, self.cause) = (point.time, key.name.text, key.device, cause)
        kind = key.isOnline ? .device : .change
        value = point.value?.json ?? .null
        if !key.isEvent { previous = before?.value?.json }
        if key.isOnline {
            text = "\(key.device ?? key.name.text) is \(point.value == .boolean(true) ? "online" : "offline")"
        } else if let value = point.value {
            text =
                key.isEvent
                ? "\(key.name): \(Self.shown(value.json))" : "\(key.name) is \(Self.shown(value.json, key.unit))"
        } else {
            text = "\(key.name) is unknown"
        }
    }

    init(run: RunReport) {
        self.init()
        id = "run:\(run.number)"
        (time, kind) = (run.started, run.isDecision ? .decision : .run)
        (rule, self.run, outcome, key) = (run.rule, run.number, run.outcome, run.occasion.key)
        let reason = run.reason.map { ": \($0)" } ?? ""
        let step = run.step.map { " at step \($0)" } ?? ""
        text =
            switch run.outcome {
            case RunReport.standing: "\(run.rule) waits\(step)"
            case "done": "\(run.rule) ran"
            case "stopped": "\(run.rule) ran, and stopped\(step)\(reason)"
            case "failed": "\(run.rule) failed\(step)\(reason)"
            case _ where run.isDecision: "\(run.rule) did not run\(reason)"
            default: "\(run.rule) ended\(step)\(reason)"
            }
        var cause = Cause("trigger")
        (cause.trigger, cause.key, cause.value) = (run.occasion.trigger, run.occasion.key, run.occasion.value)
        (cause.run, cause.source, cause.time) = (run.occasion.parent, run.occasion.source, run.occasion.time)
        self.cause = cause
    }

    /// Of a run: when it was given is known no better than when that began.
    init(effect: RunEffect, number: Int, of row: RunRow, _ key: ActivityAccount.Key) {
        self.init()
        id = "command:\(row.id):\(number)"
        (time, kind, self.key, device) = (row.time, .command, key.name.text, key.device)
        (value, rule, run) = (effect.value, row.rule, row.id)
        switch effect.outcome {
        case .reported: outcome = "reported"
        case .failed, .failedLater: outcome = "failed"
        case nil: outcome = "sent"
        }
        text = Self.told(key.name, effect.value, outcome, effect.reason)
        var cause = Cause("rule")
        (cause.rule, cause.run, cause.step) = (row.rule, row.id, effect.step.isEmpty ? nil : effect.step)
        self.cause = cause
    }

    init(command: CommandState, to key: ActivityAccount.Key) {
        self.init()
        let told = DeviceCommand(command)
        id = "command:\(key.name):\(command.time.microseconds)"
        (time, kind, self.key, device) = (command.time, .command, key.name.text, key.device)
        (value, outcome) = (told.value, told.state.rawValue)
        text = Self.told(key.name, told.value, outcome, told.reason)
    }

    private static func told(_ key: KeyName, _ value: JSON?, _ outcome: String?, _ reason: String?) -> String {
        let what = "\(key) was told \(value.map { shown($0) } ?? "something")"
        switch outcome {
        case "failed": return what + ", which failed" + (reason.map { ": \($0)" } ?? "")
        case "reported": return what + ", and reports it"
        case "differs": return what + ", and reports something else"
        case "waiting": return what + ", and has not answered yet"
        default: return what
        }
    }

    init(note: RuleNotification) {
        self.init()
        id = "notification:\(note.id)"
        (time, kind, rule, outcome) = (note.time, .notification, note.rule, note.state.rawValue)
        text = note.title.map { "\($0): \(note.message)" } ?? note.message
        var cause = Cause("rule")
        cause.rule = note.rule
        self.cause = cause
    }

    init(outage: Outage) {
        self.init()
        let isHub = outage.kind == .hub
        id = "outage:\(isHub ? "hub" : "broker"):\(outage.start.microseconds)"
        (time, kind, outcome) = (outage.start, .outage, outage.end == nil ? "lasts" : "over")
        let what = isHub ? "the hub was off" : "the hub had no broker"
        text = outage.end.map { "\(what) for \(($0 - outage.start).description)" } ?? what
    }

    private static func shown(_ value: JSON, _ unit: String? = nil) -> String {
        switch value {
        case .string(let text): String(text.prefix(200))
        case .bool(let flag): flag ? "on" : "off"
        default: value.text + (unit.map { " \($0)" } ?? "")
        }
    }
}

extension ActivityEntry.Cause {
    /// What made a change, as `why` tells it.
    init(_ cause: ChangeCause) {
        self.init(cause.kind.rawValue)
        (topic, client, by) = (cause.topic, cause.client, cause.by)
        (rule, run) = (cause.rule, cause.run)
    }
}
