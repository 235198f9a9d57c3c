internal import Komoku
internal import KomokuClient
internal import KomokuWire

/// What there is to say of a record, in clauses for people.
struct RunText {
    let now: Timestamp

    /// `08:30:12` of today, else with the date.
    func time(_ time: Timestamp) -> String {
        LocalTime.short(time, now: now)
    }

    /// What fired it: `hall.motion changed from false to true (message on zigbee2mqtt/hall)`.
    static func occasion(_ run: RunReport) -> String {
        let occasion = run.occasion
        let text = trigger(occasion)
        // A message that is the trigger itself is told once.
        guard let source = occasion.source, occasion.trigger != "mqtt" || !text.contains(source) else { return text }
        return "\(text) (\(client(source: source) ?? source))"
    }

    /// `put by anna over HTTP`, `put by the token 'grafana' over HTTP`, `put by a client over a WebSocket`.
    static func client(_ surface: String, by who: String?) -> String {
        "put by \(person(who)) \(way(surface))"
    }

    /// Of a source such as `client http user anna`: `by anna over HTTP`. Nil where no client was the source.
    private static func client(source: String) -> String? {
        let words = source.split(separator: " ", maxSplits: 2).map(String.init)
        guard words.count > 1, words[0].utf8.elementsEqual("client".utf8) else { return nil }
        return "by \(person(words.count > 2 ? words[2] : nil)) \(way(words[1]))"
    }

    private static func person(_ who: String?) -> String {
        guard let who else { return "a client" }
        if who.hasPrefix("user ") { return String(who.dropFirst(5)) }
        return who.hasPrefix("token ") ? "the token '\(who.dropFirst(6))'" : who
    }

    private static func way(_ surface: String) -> String {
        switch surface {
        case "http": "over HTTP"
        case "websocket": "over a WebSocket"
        case "tcp": "over TCP"
        case "mqtt": "over MQTT"
        case "mcp": "over MCP"
        case "": "of a kind that was not recorded"
        default: "(\(surface))"
        }
    }

    private static func trigger(_ occasion: RunReport.Occasion) -> String {
        let key = occasion.key ?? "a key"
        switch occasion.trigger {
        case "change":
            guard let value = occasion.value else { return "\(key) changed" }
            let shown = Shown.value(value, unit: nil)
            guard let previous = occasion.previous else { return "\(key) became \(shown)" }
            return "\(key) changed from \(Shown.value(previous, unit: nil)) to \(shown)"
        case "becomes":
            guard let key = occasion.key, let value = occasion.value else { return "its expression became true" }
            return "its expression became true with \(key) = \(Shown.value(value, unit: nil))"
        case "event": return "\(key): \(occasion.value.map { Shown.value($0, unit: nil) } ?? "event")"
        case "stale": return "\(key) went stale"
        case "recovered": return "\(key) was heard of again"
        case "at", "every", "cron": return "its time came (\(occasion.trigger))"
        case "start": return "the hub started"
        case "mqtt":
            let topic = occasion.arguments.first { $0.name.utf8.elementsEqual("topic".utf8) }?.value.string
            return topic.map { "message on \($0)" } ?? "a message came"
        case "call": return occasion.parent.map { "called by run \($0)" } ?? "called"
        case "manual": return "run by hand"
        case "": return "nobody knows what"
        default:
            guard let key = occasion.key, let value = occasion.value else { return occasion.trigger }
            return "\(occasion.trigger): \(key) became \(Shown.value(value, unit: nil))"
        }
    }

    /// How it ended: `done after 5m 2s`, `failed at step 2`, `skipped`, `waiting at step 3`.
    static func outcome(_ run: RunReport) -> String {
        if run.isStanding { return run.step.map { "waiting at step \($0)" } ?? "waiting" }
        if run.isDecision { return run.outcome }
        let stepPath = run.step.map { " at step \($0)" } ?? ""
        return run.outcome + stepPath + (length(run).map { " after \($0)" } ?? "")
    }

    /// The words for what became of runs, and for decisions not to run.
    static let words = RunReport.outcomes.map(word)

    private static func word(_ outcome: String) -> String { outcome == "standing" ? "waiting" : outcome }

    /// One word for what became of it.
    static func word(_ run: RunReport) -> String { run.isStanding ? "waiting" : run.outcome }

    /// How long it took; nil where that was no time.
    static func length(_ run: RunReport) -> String? {
        guard let ended = run.ended, !run.isDecision else { return nil }
        let length = ended - run.started
        if length < .milliseconds(1) { return nil }
        return length < .seconds(1)
            ? "\(length.microseconds / 1000) ms" : Numbers.length(length.seconds)
    }

    /// What it did, a line for each.
    static func effects(_ run: RunReport) -> [String] {
        run.effects.map(\.description) + (RunEffect.phrase(omitted: run.omitted).map { [$0] } ?? [])
    }

    /// The reason, or what it did, in one line.
    func summary(_ run: RunReport) -> String {
        if run.isStanding {
            // Where effects were left out the last is not what it waits at.
            let newest = run.omitted > 0 ? nil : run.effects.last?.phrase
            return [newest, waits(run)].compactMap(\.self).joined(separator: ", ")
        }
        if run.isDecision || run.outcome == "failed" {
            let step = run.outcome == "failed" ? run.step.map { "step \($0): " } ?? "" : ""
            return step + (run.reason ?? Self.occasion(run)) + times(run)
        }
        let more = RunEffect.phrase(omitted: run.omitted).map { [$0] } ?? []
        let effects = (run.effects.map(\.phrase) + more).joined(separator: "; ")
        return [run.reason, effects.isEmpty ? "did nothing" : effects].compactMap(\.self).joined(separator: ": ")
    }

    /// `, 12 times since 08:30:12`.
    func times(_ run: RunReport) -> String {
        run.count > 1 ? ", \(Numbers.grouped(run.count)) times since \(time(run.started))" : ""
    }

    /// What a standing run waits for.
    func waits(_ run: RunReport) -> String? {
        run.due.map { "until \(time($0)), \(Self.distance(to: $0, now: now))" }
    }

    /// `in 5m`, `12s ago`; `now` where it is less than a second either way.
    static func distance(to time: Timestamp, now: Timestamp) -> String {
        (time - now).microseconds.magnitude < 1_000_000 ? "now" : LocalTime.age(of: time, now: now)
    }
}
