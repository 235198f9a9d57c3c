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
        let open = patterns.filter { $0.name == nil }
        // Those that wait for keys by their names are found by these.
        let isOpen = !open.isEmpty || triggers.contains { $0.keys.isEmpty }
        wait(for: watch, patterns: isOpen ? open : nil, id, in: hub)
    }

    /// The rules of which runs wait for what fires a trigger that is no change.
    func awaitingRules(where fires: (Trigger) -> Bool) -> Set<Int32> {
        var found: Set<Int32> = []
        for id in machine.runs.awaiting(nil) {
            guard let standing = machine.runs[id], case .live(let live) = standing.form else { continue }
            if live.watch?.triggers.contains(where: fires) ?? false { found.insert(standing.rule) }
        }
        return found
    }

    /// Lets the runs go on that waited for what came, the oldest first.
    func resume(by arrival: Arrival, in hub: isolated Hub) {
        for id in machine.runs.awaiting(arrival.key) {
            guard let standing = machine.runs[id], case .live(let live) = standing.form, let watch = live.watch,
                let trigger = watch.triggers.first(where: arrival.fires)
            else { continue }
            var occasion = arrival.occasion
            occasion.word = trigger.word
            if let id = trigger.id { occasion.arguments["trigger_id"] = .string(id) }
            var run = live.run
            run.arrived(occasion)
            if run.standing == .ready { drive(run, at: Int(standing.rule), in: hub) }
        }
    }
}
