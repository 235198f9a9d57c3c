import Komoku
import KomokuHub

/// What came, for runs that wait for it with `wait_for`.
struct Arrival {
    let occasion: Occasion
    /// The key that it is about; nil for what is no change.
    var key: KeyName?
    let fires: (Trigger) -> Bool
}

/// Runs that wait for a change, an event, or a message.
extension RuleEngine {
    func listen(_ id: Int64, _ live: LiveRun, in hub: isolated Hub) {
        unwatch(id)
        let triggers = live.run.awaitedTriggers
        let patterns = triggers.flatMap(\.keys)
        var watch = LiveRun.Watch(keys: patterns.compactMap(\.name), usesDevices: false, isTimed: false)
        watch.triggers = triggers
        for key in watch.keys {
            if watchers[key] == nil { hub.forgetWatchers(of: key) }
            watchers[key, default: []].insert(id)
        }
        let open = patterns.filter { $0.name == nil }
        if !open.isEmpty { hub.forgetWatchers(of: nil) }
        // Those that wait for keys by their names are found by these.
        if !open.isEmpty || triggers.contains(where: { $0.keys.isEmpty }) { awaiting[id] = open }
        live.watch = watch
    }

    /// Whether a run waits for a change of some key of which this is one.
    func isAwaited(_ key: KeyName) -> Bool { awaiting.values.contains { $0.contains { $0.matches(key) } } }

    /// The rules of which runs wait for what fires a trigger that is no change.
    func awaitingRules(where fires: (Trigger) -> Bool) -> Set<Int32> {
        var found: Set<Int32> = []
        for id in awaiting.keys {
            guard let standing = runs[id], case .live(let live) = standing.form else { continue }
            if live.watch?.triggers.contains(where: fires) ?? false { found.insert(standing.rule) }
        }
        return found
    }

    /// Lets the runs go on that waited for what came, the oldest first.
    func resume(by arrival: Arrival, in hub: isolated Hub) {
        var ids = Set(awaiting.keys)
        if let key = arrival.key { ids.formUnion(watchers[key] ?? []) }
        for id in ids.sorted() {
            guard let standing = runs[id], case .live(let live) = standing.form, let watch = live.watch,
                let trigger = watch.triggers.first(where: arrival.fires)
            else { continue }
            var occasion = arrival.occasion
            occasion.word = trigger.word
            var run = live.run
            run.arrived(occasion)
            if run.standing == .ready { drive(run, at: Int(standing.rule), in: hub) }
        }
    }
}
