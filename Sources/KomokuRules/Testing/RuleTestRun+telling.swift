import Komoku
import KomokuHub

/// What a person needs to see where a test fails.
extension RuleTestRun {
    /// The newest that rules did and decided, and where runs stand, one a line, with local times.
    func whyLog() async -> [String] {
        var lines = house.recorder.entries.suffix(20).map { "\(zone.local($0.time))  \($0.effect)" }
        let standing = try? await house.perform { hub, host in host.engine.standingRuns(limit: 10, in: hub) }
        for run in standing ?? [] {
            let step = run.record.step.map { " at step \($0)" } ?? ""
            let due = run.due.map { ", until \(zone.local($0)) at the latest" } ?? ""
            lines.append("\(zone.local(house.clock.now))  \(run.record.rule) waits\(step)\(due)")
        }
        return lines
    }

    /// Who put the value that a key has, where that was a rule.
    func origin(of key: KeyName, _ value: Value) -> String {
        for entry in house.recorder.entries.reversed() {
            guard case .put(let change) = entry.effect, change.key == key else { continue }
            guard case .rule(let rule, _, _) = change.cause, change.value == value else { return "" }
            return ", put by \(rule) at \(zone.local(entry.time))"
        }
        return ", and no rule has put it"
    }

    /// What a key may mean of which neither the configuration nor a rule speaks; nil where one does, or nothing is like it.
    func question(for key: KeyName) async throws -> String? {
        if try await house.perform({ hub, _ in hub.key(key) != nil }) { return nil }
        let subject = house.subject
        if subject.hub.type(of: key) != nil || subject.mappedType(key) != nil { return nil }
        let patterns = subject.rules.keysRead
        if patterns.contains(where: { $0.matches(key) }) { return nil }
        let present = try await house.perform { hub, _ in hub.keys(matching: .all).map(\.name) }
        let names = Set(present + subject.hub.keys.compactMap(\.pattern.name) + patterns.compactMap(\.name))
        return Suggestion.question(for: key.text, in: names.map(\.text).sorted())
    }
}
