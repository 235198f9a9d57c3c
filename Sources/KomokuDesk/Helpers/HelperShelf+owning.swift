internal import Komoku
internal import KomokuHub
internal import KomokuStore
internal import KomokuWire

/// Whose a key is: helpers leave alone what others have, and others what helpers have.
extension HelperShelf {
    // MARK: What others have

    /// - Throws: where a key of the helper is somebody else's.
    func checkOwners(of helper: Helper, in hub: isolated Hub) throws(Refusal) {
        let key = helper.key
        if let owner = owner(of: key, in: hub) { throw .notAllowed("'\(key)' \(owner); take another name") }
        if let timer = timer(endingAt: key, in: hub) {
            throw .notAllowed("'\(key)' tells when the timer '\(timer)' ends; take another name")
        }
        if let ends = helper.endsKey { try checkEnds(ends, in: hub) }
    }

    /// - Throws: where the end of a timer cannot be told there.
    private func checkEnds(_ key: KeyName, in hub: isolated Hub) throws(Refusal) {
        let place = "the end of the timer is told as '\(key)', which"
        if let owner = owner(of: key, in: hub) { throw .notAllowed("\(place) \(owner); take another name") }
        guard let info = hub.key(key) else { return }
        if entries[info.id] != nil { throw .notAllowed("\(place) is a helper; take another name") }
        guard info.type == .numeric else {
            throw Refusal(.typeMismatch, "\(place) is \(info.type.rawValue), not numeric; take another name")
        }
    }

    /// The same, where a timer is there already: it tells its end nowhere then.
    func isForEnds(_ key: KeyName, in hub: isolated Hub) -> Bool {
        if hub.configuration.keys.entry(named: key) != nil { return false }
        guard let info = hub.key(key) else { return true }
        return info.type == .numeric && info.property == nil && entries[info.id] == nil
    }

    /// Who has a key, as the end of a sentence; nil where it may be a helper's.
    private func owner(of key: KeyName, in hub: isolated Hub) -> String? {
        if hub.configuration.keys.entry(named: key) != nil { return "is in the section 'keys' of the configuration" }
        guard let info = hub.key(key) else { return nil }
        if info.property != nil { return "is a key of a device" }
        return hub.isFed(key) ? "is fed by messages of the broker, by the section 'map'" : nil
    }

    private func timer(endingAt key: KeyName, in hub: isolated Hub) -> KeyName? {
        for (id, entry) in entries where entry.helper.isTimer {
            if let name = hub.name(ofKeyNumbered: id.index), name.timerEnd == key { return name }
        }
        return nil
    }

    // MARK: Helpers that rest

    /// Why a helper does nothing, as a sentence; nil where it does. Its key became somebody else's after it was made.
    func rest(of id: KeyID, in hub: isolated Hub) -> String? {
        guard let name = hub.name(ofKeyNumbered: id.index) else { return nil }
        if hub.configuration.keys.entry(named: name) != nil {
            return "the helper '\(name)' rests: its key is in the section 'keys' of the configuration; "
                + "remove the helper, or the entry"
        }
        guard hub.key(name)?.property != nil else { return nil }
        return "the helper '\(name)' rests: its key is a device's; remove the helper"
    }

    /// Logs which rest, and goes on with those that do no more.
    func noteRests(in hub: isolated Hub) {
        for id in entries.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
            if let sentence = rest(of: id, in: hub) {
                if resting.insert(id).inserted { hub.warn(sentence) }
            } else if resting.remove(id) != nil {
                // A schedule says what holds now, also where it held before.
                entries[id]?.applied = nil
                begin(id, in: hub)
            }
        }
    }

    /// A sentence for each that rests, of those that somebody may read.
    func rests(for rights: Rights, in hub: isolated Hub) -> [String] {
        start(in: hub)
        return entries.keys.sorted(by: { $0.rawValue < $1.rawValue }).compactMap { id in
            guard let name = hub.name(ofKeyNumbered: id.index), rights.mayRead(name) else { return nil }
            return rest(of: id, in: hub)
        }
    }

    // MARK: What helpers have

    /// Nil where there is none, or it rests.
    func helper(of key: KeyName, in hub: isolated Hub) -> Helper? {
        guard let id = hub.key(key)?.id, let helper = entries[id]?.helper, rest(of: id, in: hub) == nil else {
            return nil
        }
        return helper
    }

    /// - Throws: where a key is a helper's.
    func checkMerge(_ keys: [KeyName], in hub: isolated Hub) throws(Refusal) {
        for key in keys {
            guard let helper = helper(of: key, in: hub) else { continue }
            throw .notAllowed("'\(key)' is the helper '\(helper.label)'; remove the helper before its key is merged")
        }
    }

    /// - Throws: where another list of values is given to a key than its helper has.
    func checkDefinitions(_ keys: [KeyDefinition], in hub: isolated Hub) throws(Refusal) {
        guard !entries.isEmpty else { return }
        for key in keys {
            guard let name = KeyName(key.name), let helper = helper(of: name, in: hub),
                let own = Self.values(in: helper.definition.options), let given = Self.values(in: key.options),
                own != given
            else { continue }
            throw .notAllowed("'values' of '\(name)' are those of the helper '\(helper.label)'; change the helper")
        }
    }

    private static func values(in options: [JSON.Member]) -> JSON? {
        options.last { $0.name.utf8.elementsEqual("values".utf8) }?.value
    }

    /// - Throws: where a timer's end could not be told by its new name, or somebody may not put that.
    func checkRename(
        _ old: KeyName, to new: KeyName, for rights: Rights, in hub: isolated Hub
    ) throws(Refusal) {
        guard old != new, hub.key(new) == nil, let helper = helper(of: old, in: hub), helper.isTimer else { return }
        guard let ends = new.timerEnd else {
            throw .invalidQuery("the name '\(new)' is too long for a timer: its end is told as '\(new).ends'")
        }
        for key in [old.timerEnd, ends].compactMap(\.self) where !rights.isAdmin && !rights.mayWrite(key) {
            throw .notAllowed("you may not put '\(key)', where the timer's end is told")
        }
        try checkEnds(ends, in: hub)
        if hub.key(ends) != nil {
            throw .keyExists("a key '\(ends)' exists, where the timer's end would be told; take another name")
        }
    }

    /// What tells the end of a timer goes with its key.
    func moveEnd(of old: KeyName, to new: KeyName, in hub: isolated Hub) {
        guard old != new, helper(of: new, in: hub)?.isTimer == true, let from = old.timerEnd, let to = new.timerEnd,
            hub.key(from) != nil, isForEnds(from, in: hub)
        else { return }
        try? hub.rename(from, to: to)
    }
}
