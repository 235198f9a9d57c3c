import Komoku
import KomokuHub
import KomokuStore
import KomokuSystem

/// `snapshot` and `restore`. What is remembered is a cell, so that a restart does not end it.
extension RuleEngine {
    func takeSnapshot(_ name: String, of patterns: [KeyPattern], in hub: isolated Hub) -> Performance {
        func refused(_ reason: String) -> Performance { .refused(OutputFailure(reason, isTransient: false)) }
        guard 1...Snapshots.maximumName ~= name.utf8.count else {
            return refused("the name of a snapshot has 1 to \(Snapshots.maximumName) bytes")
        }
        guard machine.snapshots.takes(name) else { return refused("there are \(Snapshots.maximum) snapshots") }
        var values: [KeyName: Value] = [:]
        for pattern in patterns {
            for key in hub.keys(matching: pattern) {
                guard let value = key.last?.value, !key.options.isEvent, key.property == nil || key.isWritable else {
                    continue
                }
                values[key.name] = value
            }
        }
        guard values.count <= Snapshots.maximumKeys else {
            return refused("\(values.count) keys are more than a snapshot takes")
        }
        machine.snapshots.set(values, as: name)
        write(.snapshot, name, values.coded, in: hub)
        let text = values.count == 1 ? "1 key" : "\(values.count) keys"
        return .did([RunEffect(verb: Snapshot.word, text: text)], [])
    }

    func restoreSnapshot(_ name: String, by run: Run, in hub: isolated Hub) -> Performance {
        guard let values = machine.snapshots[name] else {
            return .refused(OutputFailure("there is no snapshot '\(name.cut(to: 80))'", isTransient: false))
        }
        var restoring = Restoring(engine: self, run: run)
        for (key, value) in values.sorted(by: Self.isEarlier) { restoring.put(key, value, in: hub) }
        return .did(restoring.effects, restoring.deliveries)
    }

    /// Whether a lamp is on comes last: a command for its brightness may have switched it on.
    private static func isEarlier(_ one: (key: KeyName, value: Value), _ other: (key: KeyName, value: Value)) -> Bool {
        let (isLast, isOtherLast) = (one.value.boolean != nil, other.value.boolean != nil)
        return isLast == isOtherLast ? one.key < other.key : isOtherLast
    }

    private struct Restoring {
        let engine: RuleEngine
        let run: Run
        var effects: [RunEffect] = []
        var deliveries: [CommandDelivery] = []
        /// Devices that were told something.
        private var told: Set<DeviceID> = []

        init(engine: RuleEngine, run: Run) {
            (self.engine, self.run) = (engine, run)
        }

        mutating func put(_ old: KeyName, _ value: Value, in hub: isolated Hub) {
            // A key that was renamed is meant all the same.
            let key = hub.key(old) == nil ? hub.formerName(old)?.name ?? old : old
            guard let info = hub.key(key) else { return skip(key, "there is no such key any more") }
            guard info.property == nil || info.isWritable else { return skip(key, "it cannot be put any more") }
            let device = info.property?.device
            let isStirred = value.boolean != nil && device.map(told.contains) ?? false
            guard info.last?.value != value || isStirred else { return }
            let effect = RunEffect(verb: Restore.word, key: key, value: value.json.excerpt)
            let performance = engine.command(key, value.json, run, isEchoed: true, in: hub) {
                cause throws(CommandError) in
                try hub.put(key, value.json, cause: cause)
            }
            switch performance {
            case .refused(let fault): skip(key, fault.reason)
            case .done(let sent):
                effects.append(effect)
                deliveries += sent
                if let device { told.insert(device) }
            default: effects.append(effect)
            }
        }

        private mutating func skip(_ key: KeyName, _ reason: String) {
            effects.append(
                RunEffect(
                    verb: Restore.word, key: key, outcome: .failed, reason: reason.cut(to: EffectLog.maximumText)))
        }
    }

    /// Those that some rule restores, a disabled one included: what no rule does after a start is forgotten.
    var wantedSnapshots: WantedSnapshots {
        var wanted = WantedSnapshots()
        for rule in machine.rules.states.map(\.rule) + machine.rules.leftOut {
            for instruction in rule.procedure.instructions {
                guard let restore = instruction.operation as? Restore else { continue }
                if let name = restore.name.constant { wanted.names.insert(name) } else { wanted.areOpen = true }
            }
        }
        return wanted
    }

    /// Takes one that was found at a start.
    func restoreSnapshot(_ row: CellRow) -> Bool {
        guard let values = (try? JSON(parsing: row.data)).flatMap({ [KeyName: Value](snapshot: $0) }),
            machine.snapshots.takes(row.id)
        else { return false }
        machine.snapshots.set(values, as: row.id)
        return true
    }
}
