import Komoku

/// The rules in the order of the configuration, with what each remembers, and what finds them.
struct RuleTable {
    private(set) var states: [RuleState] = []
    private var offsets: [String: Int] = [:]
    /// Rules that the configuration disables.
    private(set) var leftOut: [Rule] = []
    /// Looking in it remembers what was found.
    var index = TriggerIndex()
    /// What of the rules nobody may see.
    private(set) var hidden = HiddenTexts()
    /// The same without what only the configuration before had, of which runs may still be under way.
    private var newestHidden = HiddenTexts()
    /// Counts reloads: what was said of the slots of rules before one does not hold after it.
    private(set) var generation: Int32 = 0

    /// What the rule at a slot remembers.
    subscript(offset: Int) -> RuleState {
        get { states[offset] }
        _modify { yield &states[offset] }
    }

    var isEmpty: Bool { states.isEmpty }
    var indices: Range<Int> { states.indices }

    /// Where a rule or script is.
    func offset(of name: String) -> Int? { offsets[name] }

    func rule(_ name: String) -> Rule? { offsets[name].map { states[$0].rule } }

    func trigger(at slot: TriggerIndex.Slot) -> Trigger { states[Int(slot.rule)].rule.triggers[Int(slot.trigger)] }

    /// Those of another configuration; `put` follows.
    mutating func begin(_ set: RuleSet) {
        leftOut = set.disabled
        (hidden, newestHidden) = (set.hidden.union(newestHidden), set.hidden)
    }

    /// Puts them in the place of those that there were.
    mutating func put(_ fresh: [RuleState], _ offsets: [String: Int]) {
        (states, self.offsets) = (fresh, offsets)
    }

    mutating func endReload() {
        generation &+= 1
        index = TriggerIndex(states.map(\.rule))
    }
}
