package import Komoku
package import KomokuStore

extension RunRecord {
    /// A run that has not ended.
    package static let standing = "standing"

    /// As the why log keeps it. See `docs/rules.md`.
    ///
    /// - Parameters:
    ///   - outcome: instead of its own.
    ///   - count: how often the same was decided, one time after another, the last time at `last`.
    ///   - keys: further ones that it is about.
    package func row(
        outcome: String? = nil, due: Timestamp? = nil, count: Int = 1, last: Timestamp? = nil, keys: [KeyName] = []
    ) -> RunRow {
        var members = [
            JSON.Member("ended", outcome == nil ? .number(ended.seconds) : .null),
            JSON.Member("occasion", occasion.excerpt.json),
        ]
        func add(_ name: String, _ value: JSON?) {
            if let value { members.append(JSON.Member(name, value)) }
        }
        add("step", step.map { .string($0) })
        add("reason", reason.map { .string($0) })
        if !effects.isEmpty { add("effects", .array(effects.map(\.json))) }
        if omitted > 0 {
            add("omitted", .number(Double(omitted)))
            let named = EffectLog.keys(of: effects)
            add("changed", .array(self.keys.filter { !named.contains($0) }.map { .string($0.text) }))
        }
        add("due", due.map { .number($0.seconds) })
        if count > 1 {
            add("count", .number(Double(count)))
            add("last", last.map { .number($0.seconds) })
        }
        return RunRow(
            id: id, rule: rule, outcome: outcome ?? self.outcome.rawValue, time: started, keys: allKeys(with: keys),
            data: .object(members.filter { $0.value != .null }))
    }

    /// The key that fired it, those that it changed, and others, each once.
    private func allKeys(with others: [KeyName]) -> [KeyName] {
        var all = [occasion.key].compactMap(\.self)
        for key in others + keys where !all.contains(key) { all.append(key) }
        return all
    }
}

extension Occasion {
    fileprivate var json: JSON {
        var members = [JSON.Member("trigger", .string(word)), JSON.Member("time", .number(time.seconds))]
        if let key { members.append(JSON.Member("key", .string(key.text))) }
        if let value { members.append(JSON.Member("value", value.json)) }
        if let previous { members.append(JSON.Member("previous", previous.json)) }
        if !arguments.isEmpty {
            let sorted = arguments.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            members.append(JSON.Member("arguments", .object(sorted.map { JSON.Member($0.key, $0.value.json) })))
        }
        if let parent { members.append(JSON.Member("parent", .number(Double(parent)))) }
        if let source { members.append(JSON.Member("source", .string(source))) }
        return .object(members)
    }
}
