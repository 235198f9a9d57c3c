internal import Komoku

/// What one run of a template may use and has made: its part of the message's budget, the clock, and its namespaces.
final class JinjaWork {
    /// When the message came.
    let time: Timestamp
    /// Of the house's clocks.
    let zone: Zone
    /// Of the message.
    private let budget: WorkBudget
    /// What is left of the template's own part.
    private(set) var left = WorkBudget.template
    private var namespaces: [[JinjaValue.Member]] = []
    /// How deep filters are in filters that they call for items.
    private var depth = 0

    init(time: Timestamp, zone: Zone = .utc, budget: WorkBudget = WorkBudget()) {
        (self.time, self.zone, self.budget) = (time, zone, budget)
    }

    // MARK: Work

    func spend(_ steps: Int) throws(JinjaError) {
        left -= min(steps, WorkBudget.template + 1)
        if left < 0 { throw .failed("it takes too long") }
        if !budget.spend(steps) { throw .failed("the templates of this message take too long together") }
    }

    func spend(_ some: String) throws(JinjaError) { try spend(16 + some.utf8.count) }

    /// For reading a value, but not what is in its items: it may be the whole message again and again.
    func spend(on value: JinjaValue?) throws(JinjaError) {
        switch value {
        case .string(let text)?: try spend(1 + text.utf8.count)
        case .list(let items)?, .tuple(let items)?: try spend(1 + items.count)
        case .dict(let members)?: try spend(1 + members.count)
        default: try spend(1)
        }
    }

    /// For looking at the names of an object: long ones may differ at their ends only.
    func spendLookup(in whole: JinjaValue, of name: JinjaValue) throws(JinjaError) {
        switch (whole, name) {
        case (.dict(let members), .string(let name)): try spend(members.count * (1 + name.utf8.count / 16))
        case (.dict(let members), .list), (.dict(let members), .tuple), (.dict(let members), .dict):
            try spendWhole(name)
            try spend(members.count * 8)
        case (.dict(let members), _): try spend(members.count)
        case (.string(let text), _): try spend(text.utf8.count)
        default: try spend(1)
        }
    }

    /// For reading a value with all that is in it.
    func spendWhole(_ value: JinjaValue?) throws(JinjaError) {
        guard let value else { return }
        guard let weight = value.weight(upTo: max(0, left)) else {
            throw .failed("a value is nested deeper than \(JinjaValue.maximumDepth)")
        }
        try spend(weight)
    }

    /// Runs what a filter does for each item; such filters may stand in one another.
    func nested<Result>(_ body: () throws(JinjaError) -> Result) throws(JinjaError) -> Result {
        depth += 1
        defer { depth -= 1 }
        if depth > 8 { throw .failed("filters are nested too deep") }
        return try body()
    }

    // MARK: Namespaces

    func makeNamespace(_ members: [JinjaValue.Member]) throws(JinjaError) -> JinjaValue {
        guard namespaces.count < 64 else { throw .failed("there are more than 64 namespaces") }
        namespaces.append(members)
        return .space(namespaces.count - 1)
    }

    func member(_ name: JinjaValue, ofNamespace number: Int) -> JinjaValue {
        guard namespaces.indices.contains(number) else { return .undefined }
        return JinjaValue.dict(namespaces[number])[name]
    }

    func set(_ name: String, ofNamespace number: Int, to value: JinjaValue) throws(JinjaError) {
        guard namespaces.indices.contains(number) else { return }
        let member = JinjaValue.Member(name: name, value: value)
        if let index = namespaces[number].firstIndex(where: { $0.isNamed(name) }) {
            namespaces[number][index] = member
        } else if namespaces[number].count < 64 {
            namespaces[number].append(member)
        } else {
            throw .failed("a namespace has more than 64 names")
        }
    }
}
