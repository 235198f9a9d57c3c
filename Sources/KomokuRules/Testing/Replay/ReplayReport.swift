package import Komoku
internal import KomokuStore

/// What a person reads of a replay.
package struct ReplayReport: Sendable {
    private let zone: Zone

    package init(_ zone: Zone) {
        self.zone = zone
    }

    /// What history there was, and since when each key has one.
    package func introduction(_ history: ReplayHistory, _ range: Replay.Range) -> String {
        guard let first = history.points.first?.time, let last = history.points.last?.time else {
            return "there is no history\n"
        }
        let since = range.since ?? first
        var text = "\(history.points.count) point\(history.points.count == 1 ? "" : "s") "
        text += "of \(history.keys.count) key\(history.keys.count == 1 ? "" : "s"), "
        text += "from \(time(since)) to \(time(range.until ?? last))\n"
        var seen = Set<Int32>()
        for point in history.points where seen.insert(point.key).inserted && point.time > since {
            text += "\(history.key(of: point)): the first recorded point is of \(time(point.time))\n"
        }
        return text + "\n"
    }

    package func text(of result: Replay.Result) -> String {
        result.firings.map { text(of: $0, mark: "") }.joined() + summary(of: result)
    }

    package func text(of differences: [Replay.Result.Difference]) -> String {
        if differences.isEmpty { return "no difference\n" }
        return differences.map { text(of: $0.firing, mark: $0.isNew ? "+ " : "- ") }.joined()
    }

    private func text(of firing: Replay.Firing, mark: String) -> String {
        let record = firing.record
        var text = "\(mark)\(time(record.started))  \(record.rule): \(Self.cause(of: record.occasion))\n"
        for effect in record.effects { text += "\(mark)    \(effect)\n" }
        if let more = RunEffect.phrase(omitted: record.omitted) { text += "\(mark)    \(more)\n" }
        if firing.stands { return text + "\(mark)    … still in progress\n" }
        if record.outcome != .done {
            let reason = [record.step.map { "at step \($0)" }, record.reason].compactMap(\.self).joined(separator: ": ")
            text += "\(mark)    \(record.outcome.rawValue) \(reason)\n"
        }
        return text
    }

    private static func cause(of occasion: Occasion) -> String {
        guard let key = occasion.key else { return occasion.word }
        let value = occasion.value.map { " \($0)" } ?? ""
        return "\(occasion.word) \(key)\(value)"
    }

    package func summary(of result: Replay.Result) -> String {
        var text = "\n"
        for rule in result.rules {
            text += "\(rule.rule): \(rule.runs) run\(rule.runs == 1 ? "" : "s")"
            if rule.failed > 0 { text += ", \(rule.failed) failed" }
            if rule.refused > 0 {
                text += ", \(rule.refused) time\(rule.refused == 1 ? "" : "s") fired and not run"
                if let reason = rule.reason { text += ", mostly: \(reason)" }
            }
            text += "\n"
        }
        return text
    }

    private func time(_ time: Timestamp) -> String { zone.local(time).description }

    // MARK: For programs

    /// A JSON object a line; `"is"` says of a difference whose it is.
    package func lines(of result: Replay.Result) -> String {
        result.firings.map { Self.json($0, is: nil).text + "\n" }.joined()
            + result.rules.map { Self.json($0).text + "\n" }.joined()
    }

    package func lines(of differences: [Replay.Result.Difference]) -> String {
        differences.map { Self.json($0.firing, is: $0.isNew ? "new" : "old").text + "\n" }.joined()
    }

    private static func json(_ firing: Replay.Firing, is whose: String?) -> JSON {
        let row = firing.record.row(outcome: firing.stands ? RunRecord.standing : nil)
        var members = [
            JSON.Member("rule", .string(row.rule)), JSON.Member("outcome", .string(row.outcome)),
            JSON.Member("started", .number(row.time.seconds)),
            JSON.Member("keys", .array(row.keys.map { .string($0.text) })),
        ]
        if let whose { members.append(JSON.Member("is", .string(whose))) }
        return .object(members + (row.data.object ?? []))
    }

    private static func json(_ rule: Replay.Summary) -> JSON {
        .object([
            JSON.Member("summary", .string(rule.rule)), JSON.Member("runs", .number(Double(rule.runs))),
            JSON.Member("failed", .number(Double(rule.failed))), JSON.Member("refused", .number(Double(rule.refused))),
            JSON.Member("reason", rule.reason.map { .string($0) } ?? .null),
        ])
    }
}
