internal import Komoku
internal import KomokuHub
internal import KomokuStore

/// What helpers do by themselves.
extension HelperShelf: AlarmHandler, ChangeHandler, PutInterpreter {
    /// Clocks may be set, and the zone of the house changed: that is seen within this time.
    private static let patience = Duration.seconds(30)
    /// What is put to a timer is of the present where its time is no further away.
    private static let present = Duration.seconds(5)

    func alarm(in hub: isolated Hub) { look(in: hub) }

    /// Does what is due, and says when the next is.
    func look(in hub: isolated Hub) {
        noteRests(in: hub)
        for id in entries.keys.sorted(by: { $0.rawValue < $1.rawValue }) { look(at: id, in: hub) }
        setAlarms(in: hub)
    }

    /// The first value of a new helper, or one of a changed helper that may have another no more.
    func begin(_ id: KeyID, in hub: isolated Hub) {
        guard let entry = entries[id], let name = hub.name(ofKeyNumbered: id.index) else { return }
        if case .timer = entry.helper.kind { return tell(entry.timer, of: id, in: hub) }
        if let value = entry.helper.beginning(hub.key(name)?.last?.value) { put(value, to: id, in: hub) }
    }

    private func look(at id: KeyID, in hub: isolated Hub) {
        guard let helper = entries[id]?.helper, rest(of: id, in: hub) == nil else { return }
        switch helper.kind {
        case .schedule(let schedule): follow(schedule, of: id, in: hub)
        case .timer: passTime(of: id, in: hub)
        case .person(_, let awayAfter): watch(awayAfter, of: id, in: hub)
        case .switch, .text, .mode, .number: break
        }
    }

    /// By the hub itself, which no interpreter reads.
    private func put(_ value: Value, to id: KeyID, in hub: isolated Hub) {
        guard let name = hub.name(ofKeyNumbered: id.index) else { return }
        try? hub.put(name, value.json, cause: .clock)
    }

    func setAlarms(in hub: isolated Hub) {
        var monotonic: [Int64] = []
        var wall: [Timestamp] = []
        for (id, entry) in entries where rest(of: id, in: hub) == nil {
            switch entry.helper.kind {
            case .schedule: if let next = entry.next { wall.append(next) }
            case .timer where entry.timer.phase == .running: monotonic.append(entry.timer.deadline)
            case .person:
                if let due = entry.presence.alarm(after: Presence.Moment(hub)) { monotonic.append(due) }
            default: break
            }
        }
        // Also others may claim the key of a helper, or leave it.
        if !entries.isEmpty { monotonic.append(hub.clock.monotonic &+ Self.patience.microseconds) }
        hub.setAlarm(at: monotonic.min(), for: self)
        hub.setAlarm(wall: wall.min(), for: self)
    }

    // MARK: Schedules

    /// A put by hand counts until the schedule changes its mind.
    private func follow(_ schedule: WeekSchedule, of id: KeyID, in hub: isolated Hub) {
        guard let zone = zone(in: hub), var entry = entries[id] else { return }
        let now = hub.clock.now
        let isKnown = entry.zone == zone.name && entry.looked <= now && entry.applied != nil
        guard !isKnown || entry.next.map({ $0 <= now }) ?? false else {
            entries[id]?.looked = now
            return
        }
        let value = schedule.value(at: now, in: zone)
        let isNew = entry.applied != value
        (entry.applied, entry.next) = (value, schedule.nextChange(after: now, in: zone))
        (entry.looked, entry.zone) = (now, zone.name)
        entries[id] = entry
        let present = hub.name(ofKeyNumbered: id.index).flatMap { hub.key($0)?.last?.value }
        if isNew, present != value { put(value, to: id, in: hub) }
    }

    // MARK: Timers

    private func passTime(of id: KeyID, in hub: isolated Hub) {
        guard var timer = entries[id]?.timer else { return }
        let (wall, monotonic) = (hub.clock.now, hub.clock.monotonic)
        guard timer.passed(wall: wall, monotonic: monotonic) || timer.follow(wall: wall, monotonic: monotonic) else {
            return
        }
        change(timer, of: id, in: hub)
        tell(timer, of: id, in: hub)
    }

    private func change(_ timer: TimerState, of id: KeyID, in hub: isolated Hub) {
        entries[id]?.timer = timer
        keep(id, in: hub)
    }

    private func tell(_ timer: TimerState, of id: KeyID, in hub: isolated Hub) {
        tellEnd(of: timer, of: id, in: hub)
        let name = hub.name(ofKeyNumbered: id.index)
        let word = Value.string(timer.phase.rawValue)
        if let name, hub.key(name)?.last?.value != word { put(word, to: id, in: hub) }
    }

    /// `NAME.ends`: seconds since 1970 at which it ends, or ended.
    private func tellEnd(of timer: TimerState, of id: KeyID, in hub: isolated Hub) {
        guard timer.ends > .distantPast, let name = hub.name(ofKeyNumbered: id.index),
            let key = name.timerEnd, isForEnds(key, in: hub)
        else { return }
        if hub.key(key) == nil {
            try? hub.define([Definition(name: key.text, type: "numeric", options: [])])
        }
        let value = Value.number(timer.ends.seconds)
        if hub.key(key)?.last?.value != value { try? hub.put(key, value.json, cause: .clock) }
    }

    func interpret(
        _ json: JSON, at time: inout Timestamp?, of key: KeyID, in hub: isolated Hub
    ) throws(CommandError) -> JSON? {
        guard let entry = entries[key], rest(of: key, in: hub) == nil else { return json }
        switch entry.helper.kind {
        case .number(let least, let most, _, _):
            guard let number = json.number ?? json.string.flatMap({ Double($0) }) else { return json }
            guard number >= least ?? -.infinity, number <= most ?? .infinity else { throw .invalidValue }
            return json
        case .timer(let length):
            guard let order = json.string.flatMap(TimerState.Order.init), isPresent(time, in: hub) else {
                throw .invalidValue
            }
            // The key and the timer change at once.
            time = nil
            var timer = entry.timer
            let clock = hub.clock
            guard timer.obey(order, length: length, wall: clock.now, monotonic: clock.monotonic) else { return nil }
            change(timer, of: key, in: hub)
            tellEnd(of: timer, of: key, in: hub)
            setAlarms(in: hub)
            return .string(timer.phase.rawValue)
        case .switch, .text, .mode, .schedule, .person: return json
        }
    }

    private func isPresent(_ time: Timestamp?, in hub: isolated Hub) -> Bool {
        guard let time else { return true }
        let now = hub.clock.now
        return time >= now - Self.present && time <= now + Self.present
    }

    /// Why a timer did not take what was put to it, as a sentence; nil where that is not because of the time.
    func putFault(_ name: KeyName, at time: Timestamp?, in hub: isolated Hub) -> String? {
        guard let helper = helper(of: name, in: hub), helper.isTimer, !isPresent(time, in: hub) else { return nil }
        return "'\(name)' is a timer, which acts at once: what is put to it has no time, or that of the present"
    }

    /// A key has another value than its helper gave it: an import, or what was put for a later time.
    func settle(_ id: KeyID, in hub: isolated Hub) {
        guard let entry = entries[id], rest(of: id, in: hub) == nil else { return }
        begin(id, in: hub)
        guard case .schedule = entry.helper.kind, let value = entry.applied else { return look(at: id, in: hub) }
        let present = hub.name(ofKeyNumbered: id.index).flatMap { hub.key($0)?.last?.value }
        if present != value { put(value, to: id, in: hub) }
    }

    // MARK: Persons

    func isConcerned(by key: KeyName, _ type: KeyType, in hub: isolated Hub) -> Bool {
        if hub.key(key).map({ entries[$0.id] != nil }) ?? false { return true }
        return entries.values.contains { $0.trackers(in: hub).contains(key) }
    }

    func handle(_ change: Change, in hub: isolated Hub) {
        if let id = hub.key(change.key)?.id, entries[id]?.helper.isTimer == true { settle(id, in: hub) }
        heard(change.key, in: hub)
    }

    func handle(_ event: FreshnessEvent, in hub: isolated Hub) { heard(event.key, in: hub) }

    /// A tracker says something else, or nothing any more.
    private func heard(_ key: KeyName, in hub: isolated Hub) {
        var isConcerned = false
        for (id, entry) in entries where entry.trackers(in: hub).contains(key) {
            isConcerned = true
            look(at: id, in: hub)
        }
        if isConcerned { setAlarms(in: hub) }
    }

    /// A helper goes with its key.
    func handle(deleted key: KeyName, in hub: isolated Hub) {
        guard let id = hub.key(key)?.id, entries[id] != nil else { return sweep(in: hub) }
        drop(id, in: hub)
    }

    private func sweep(in hub: isolated Hub) {
        for id in entries.keys where hub.name(ofKeyNumbered: id.index) == nil { drop(id, in: hub) }
    }

    private func watch(_ awayAfter: Duration, of id: KeyID, in hub: isolated Hub) {
        guard var presence = entries[id]?.presence, let trackers = entries[id]?.trackers(in: hub) else { return }
        let before = presence.json
        presence.awayAfter = awayAfter
        presence.hear(from: trackers, in: hub)
        presence.settle(at: Presence.Moment(hub), endsWaits: hub.isSettled)
        entries[id]?.presence = presence
        if presence.json != before { keep(id, in: hub) }
        guard let name = hub.name(ofKeyNumbered: id.index) else { return }
        presence.tell(name, in: hub)
    }
}

extension HelperShelf.Entry {
    /// By the names that they have now.
    fileprivate func trackers(in hub: isolated Hub) -> [KeyName] {
        guard case .person(let trackers, _) = helper.kind else { return [] }
        return trackers.map { hub.key($0) == nil ? hub.formerName($0)?.name ?? $0 : $0 }
    }
}
