internal import Komoku
internal import KomokuHub
internal import KomokuStore
internal import KomokuWire

/// Keeps the helpers: their settings, and what schedules, timers and persons do by themselves. It lives on the hub's thread.
final class HelperShelf: Sendable {
    /// A helper and how far it is.
    struct Entry {
        var helper: Helper
        var timer = TimerState()
        /// Of a schedule: what was put last; nil before that.
        var applied: Value?
        /// Of a schedule: when that changes, as it was worked out at a time and for a zone.
        var next: Timestamp?
        var looked = Timestamp.distantPast
        var zone = ""
        /// Of a person.
        var presence = Presence(awayAfter: .zero)
    }

    // Every method that touches it takes the hub as isolated parameter, so only the hub's thread does.
    nonisolated(unsafe) var entries: [KeyID: Entry] = [:]
    /// Those that were told of because they rest.
    nonisolated(unsafe) var resting: Set<KeyID> = []
    nonisolated(unsafe) private var isStarted = false
    private let zones: ZoneCache

    static let behaviour = "helpers"
    /// The most that there may be.
    static let most = 1000

    init(zones: ZoneCache) { self.zones = zones }

    /// Takes up what an earlier process had in hand.
    func start(in hub: isolated Hub) {
        guard !isStarted else { return }
        isStarted = true
        hub.addHandler(self, keys: [.all])
        var rows: [CellRow] = []
        try? hub.store.eachCell(of: [Self.behaviour]) { rows.append($0) }
        for row in rows {
            guard let id = Int32(row.id).map(KeyID.init(rawValue:)), let json = try? JSON(parsing: row.data),
                let name = hub.name(ofKeyNumbered: id.index), let entry = Entry(json, name, in: hub)
            else { continue }
            entries[id] = entry
            hub.interpret(id, by: self)
        }
        if !entries.isEmpty { look(in: hub) }
    }

    func zone(in hub: isolated Hub) -> Zone? { try? zones.zone(named: hub.configuration.timeZone ?? "local") }

    // MARK: What the family asks

    /// Makes a helper, or changes one.
    ///
    /// - Throws: where the key is somebody else's, or cannot be of that kind.
    func set(_ helper: Helper, in hub: isolated Hub) throws(Refusal) {
        start(in: hub)
        try checkOwners(of: helper, in: hub)
        try checkTrackers(of: helper, in: hub)
        let old = hub.key(helper.key).flatMap { entries[$0.id] }
        guard old != nil || entries.count < Self.most else {
            throw Refusal(code: "not_allowed", "there are \(Self.most) helpers; remove one")
        }
        let definitions = [helper.definition]
        do throws(CommandError) { try hub.define(definitions) } catch {
            throw Refusal(error, hub.fault(in: definitions))
        }
        guard let id = hub.key(helper.key)?.id else { throw .unknownKey(helper.key) }
        var entry = Entry(helper: helper)
        if let old, case .timer = old.helper.kind { entry.timer = old.timer }
        if let old, case .person = old.helper.kind { entry.presence = old.presence }
        entries[id] = entry
        hub.interpret(id, by: self)
        hub.forgetWatchers(of: nil)
        begin(id, in: hub)
        keep(id, in: hub)
        look(in: hub)
    }

    /// The key and its history stay.
    ///
    /// - Throws: where there is no such helper.
    func remove(_ key: KeyName, in hub: isolated Hub) throws(Refusal) {
        start(in: hub)
        guard let id = hub.key(key)?.id, entries[id] != nil else {
            throw .notFound("there is no helper '\(key)'")
        }
        drop(id, in: hub)
    }

    func drop(_ id: KeyID, in hub: isolated Hub) {
        entries[id] = nil
        resting.remove(id)
        hub.interpret(id, by: nil)
        hub.forgetWatchers(of: nil)
        hub.append(
            cell: CellWrite(behaviour: Self.behaviour, id: "\(id.rawValue)", data: nil, due: nil, failure: nil))
        setAlarms(in: hub)
    }

    /// Those that somebody may read, by their keys.
    func list(for rights: Rights, in hub: isolated Hub) -> [HelperDescription] {
        start(in: hub)
        var told: [HelperDescription] = []
        for (id, entry) in entries {
            guard let name = hub.name(ofKeyNumbered: id.index), rights.mayRead(name) else { continue }
            var description = entry.helper.description
            description.key = name
            description.trackers = description.trackers?.filter(rights.mayRead)
            description.value = hub.key(name)?.last?.value?.json ?? .null
            if rest(of: id, in: hub) != nil {
                description.rests = true
            } else {
                if entry.timer.phase == .running { description.ends = entry.timer.ends }
                if entry.timer.phase == .paused { description.left = entry.timer.left }
                if case .schedule = entry.helper.kind { description.next = entry.next }
            }
            told.append(description)
        }
        return told.sorted { $0.key < $1.key }
    }

    private func checkTrackers(of helper: Helper, in hub: isolated Hub) throws(Refusal) {
        guard case .person(let trackers, _) = helper.kind else { return }
        for tracker in trackers {
            guard let key = hub.key(tracker) else { throw .unknownKey(tracker) }
            guard key.type == .boolean || key.type == .uptime else {
                throw .invalidQuery("the tracker '\(tracker)' is \(key.type.rawValue), not boolean")
            }
        }
    }

    // MARK: What is kept

    /// The commit of this turn holds it.
    func keep(_ id: KeyID, in hub: isolated Hub) {
        guard let entry = entries[id] else { return }
        hub.append(
            cell: CellWrite(
                behaviour: Self.behaviour, id: "\(id.rawValue)", data: entry.json, due: nil, failure: nil))
    }
}

extension HelperShelf.Entry {
    fileprivate var json: JSON {
        var members = [JSON.Member("helper", helper.description.json)]
        if case .timer = helper.kind { members.append(JSON.Member("timer", timer.json)) }
        if case .person = helper.kind { members.append(JSON.Member("presence", presence.json)) }
        return .object(members)
    }

    /// Nil for what no version wrote.
    fileprivate init?(_ json: JSON, _ name: KeyName, in hub: isolated Hub) {
        var description = HelperDescription()
        description.readStored(json["helper"] ?? .null)
        description.key = name
        guard let helper = try? Helper(description) else { return nil }
        self.init(helper: helper)
        let clock = hub.clock
        if case .timer = helper.kind {
            timer = TimerState(json["timer"] ?? .null, wall: clock.now, monotonic: clock.monotonic)
        }
        guard case .person(_, let awayAfter) = helper.kind else { return }
        let now = Presence.Moment(wall: clock.now, monotonic: clock.monotonic)
        if let kept = json["presence"] {
            presence = Presence(kept, awayAfter: awayAfter, at: now)
        } else {
            // As earlier versions kept it.
            let word = hub.key(name)?.last?.value?.string
            presence = Presence(awayAfter: awayAfter, state: word.map(Presence.State.init(word:)))
            if let left = json["left"]?.number.flatMap(Timestamp.init(seconds:)) {
                presence.leave(since: left, at: now)
            }
        }
    }
}
