package import Komoku
internal import KomokuStore

/// What became of the replacement of a device.
package struct DeviceReplacement: Hashable, Sendable {
    package var old: DeviceID
    package var new: DeviceID
    /// The keys that the new device feeds from now on.
    package var keys: [KeyName] = []
    /// Keys of the old device that the new one has no property for; they stay as they are.
    package var left: [KeyName] = []
}

/// A new device takes the place of a dead one: its properties feed the dead one's keys, with their names and histories.
extension Hub {
    /// - Parameter then: called on the hub's thread, once. Where the hub ends before, or the store fails, what was handed over
    ///   stays so, and the same again finishes it.
    package func replace(
        _ old: DeviceID, with new: DeviceID,
        then: @escaping @Sendable (Result<DeviceReplacement, CommandRefusal>, isolated Hub) -> Void
    ) {
        do throws(CommandRefusal) {
            let pairs = try pairs(old, new)
            var outcome = DeviceReplacement(old: old, new: new)
            let names = Set(pairs.map(\.old.name))
            outcome.left = properties(of: old).filter { !names.contains($0.name) }.compactMap { property in
                catalogue.keys[PropertyID(old, property.name)].flatMap(living).map { table[$0].name }
            }
            takeOver(pairs[...], outcome, then: then)
        } catch {
            then(.failure(error), self)
        }
    }

    /// A property of each of the two that are the same.
    private struct Pair: Sendable {
        let old: PropertyID
        let new: PropertyID
        /// The dead one's key.
        let key: KeyID
    }

    private func properties(of id: DeviceID) -> [PropertyDescription] {
        catalogue.devices[id].map { $0.description.properties + $0.gone } ?? []
    }

    /// - Throws: why the one cannot take the place of the other, as a sentence.
    private func pairs(_ old: DeviceID, _ new: DeviceID) throws(CommandRefusal) -> [Pair] {
        guard let dead = catalogue.devices[old], let fresh = catalogue.devices[new] else {
            throw CommandRefusal("there is no such device")
        }
        let (oldName, newName) = (dead.description.name, fresh.description.name)
        guard old != new else { throw CommandRefusal("'\(oldName)' cannot take its own place") }
        guard fresh.isPresent else { throw CommandRefusal("'\(newName)' is gone itself: pair it first") }
        if dead.isPresent, isOnline(old) != false {
            throw CommandRefusal(
                "'\(oldName)' is still there: remove it at \(dead.description.source) first, or switch it off")
        }
        var misfits: [String] = []
        var pairs: [Pair] = []
        let others = Dictionary(properties(of: old).map { ($0.name, $0) }) { first, _ in first }
        for property in fresh.description.properties {
            let (mine, its) = (PropertyID(new, property.name), PropertyID(old, property.name))
            guard let other = others[property.name], let key = catalogue.keys[its], let id = key.id, living(key) != nil
            else { continue }
            if let misfit = misfit(property, other, id) {
                // Whether a device is there is told in many ways, and each is as good.
                if property.name != PropertyDescription.online.name { misfits.append(misfit) }
            } else {
                pairs.append(Pair(old: its, new: mine, key: id))
            }
        }
        guard misfits.isEmpty else {
            throw CommandRefusal("'\(newName)' does not fit: \(misfits.prefix(4).joined(separator: "; "))")
        }
        guard pairs.contains(where: { $0.old.name != PropertyDescription.online.name }) else {
            throw CommandRefusal("'\(newName)' does not fit: it has no property that '\(oldName)' has")
        }
        return pairs
    }

    /// Why a property cannot feed the key of another one.
    private func misfit(_ mine: PropertyDescription, _ its: PropertyDescription, _ key: KeyID) -> String? {
        let (name, held) = (table[key.index].name, table[key.index].type)
        if !held.isExchangeable(with: mine.type) {
            return "its \(mine.name) is \(mine.type.rawValue), '\(name)' is \(held.rawValue)"
        }
        if let unit = mine.unit, let other = its.unit, !unit.utf8.elementsEqual(other.utf8) {
            return "its \(mine.name) is in \(unit), '\(name)' is in \(other)"
        }
        return nil
    }

    /// One after another, so that each is whole whatever happens.
    private func takeOver(
        _ pairs: ArraySlice<Pair>, _ outcome: DeviceReplacement,
        then: @escaping @Sendable (Result<DeviceReplacement, CommandRefusal>, isolated Hub) -> Void
    ) {
        guard let pair = pairs.first else { return then(.success(finishReplacement(outcome)), self) }
        var outcome = outcome
        outcome.keys.append(table[pair.key.index].name)
        replacing[pair.key] = pair.old
        guard let own = catalogue.keys[pair.new].flatMap(living), table[own].type == table[pair.key.index].type,
            own != pair.key.index
        else {
            feed(pair)
            return takeOver(pairs.dropFirst(), outcome, then: then)
        }
        // What the new device has said so far is part of the history, too.
        let (source, rest, soFar) = (table[own].name, pairs.dropFirst(), outcome)
        merge(source, into: table[pair.key.index].name) { result, hub in
            if case .failure = result {
                hub.replacing[pair.key] = nil
                let reason = "the history of '\(source)' could not be moved; the same command again finishes it"
                return then(.failure(CommandRefusal(reason)), hub)
            }
            hub.takeOver(rest, soFar, then: then)
        }
    }

    /// The new device's property feeds the key from now on; what it fed so far stays beside it, as a key of nobody.
    private func feed(_ pair: Pair) {
        replacing[pair.key] = nil
        catalogue.giveUp(pair.old)
        keep(pair.old.device)
        detach(pair.new)
        let name = table[pair.key.index].name
        var key = catalogue.keys[pair.new] ?? PropertyKey(id: nil, wanted: name, given: name)
        key.id = pair.key
        catalogue.set(key, of: pair.new)
        attach(pair.new.device)
        keep(pair.new.device)
    }

    private func finishReplacement(_ outcome: DeviceReplacement) -> DeviceReplacement {
        for property in properties(of: outcome.old) { detach(PropertyID(outcome.old, property.name)) }
        _ = catalogue.remove(outcome.old)
        table.namesChanged()
        batch.devices.append(DeviceWrite(id: outcome.old.text, data: nil))
        finishHandling()
        return outcome
    }
}
