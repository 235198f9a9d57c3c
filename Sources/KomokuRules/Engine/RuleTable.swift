import Komoku

/// The rules in the order of the configuration, with what each remembers, and what finds them.
struct RuleTable {
    private(set) var states: [RuleState] = []
    private var places: [String: Int] = [:]
    /// Rules that the configuration disables.
    private(set) var leftOut: [Rule] = []
    /// Looking in it remembers what was found.
    var index = TriggerIndex()
    /// What of the rules nobody may see.
    private(set) var hidden = HiddenTexts()
    /// The same without what only the configuration before had, of which runs may still be under way.
    private var newestHidden = HiddenTexts()
    /// Counts reloads: what was said of the places of rules before one does not hold after it.
    private(set) var generation: Int32 = 0

    /// What the rule at a place remembers.
    subscript(place: Int) -> RuleState {
        get { states[place] }
        _modify { yield &states[place] }
    }

    var isEmpty: Bool { states.isEmpty }
    var indices: Range<Int> { states.indices }

    /// Where a rule or script is.
    func place(of name: String) -> Int? { places[name] }

    func rule(_ name: String) -> Rule? { places[name].map { states[$0].rule } }

    func trigger(at place: TriggerIndex.Place) -> Trigger { states[Int(place.rule)].rule.triggers[Int(place.trigger)] }

    /// Those of another configuration; `put` follows.
    mutating func begin(_ set: RuleSet) {
        leftOut = set.disabled
        (hidden, newestHidden) = (set.hidden.union(newestHidden), set.hidden)
    }

    /// Puts them in the place of those that there were.
    mutating func put(_ fresh: [RuleState], _ places: [String: Int]) {
        (states, self.places) = (fresh, places)
    }

    mutating func endReload() {
        generation &+= 1
        index = TriggerIndex(states.map(\.rule))
    }
}
