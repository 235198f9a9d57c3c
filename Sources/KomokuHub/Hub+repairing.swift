package import Komoku
internal import KomokuStore

/// A change of a key's history by hand, and what takes it back.
struct Repair: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        /// A point was put in the place of this value; nil is a gap.
        case point(old: Value?)
        /// The meter was said to be replaced, or not to be.
        case replaced
        case notReplaced
    }

    var time: Timestamp
    var kind: Kind
}

/// Points that are corrected or removed by hand, meters that were replaced, and the way back. The newest `kept` repairs of a key can be undone, also
/// after a restart.
extension Hub {
    package static let repairBehaviour = "repair"
    private static let kept = 32
    /// Replacements of one meter: each costs what an hour of points takes.
    private static let replacementLimit = 64

    package enum RepairRefusal: Error, Hashable, Sendable {
        case unknownKey
        case notACounter
        /// The newest reading is what the key is now: it can be set, but not be removed.
        case isNewest
        case isReplaced
        case isNotReplaced
        case isAhead
        case tooManyReplacements
        case nothingToUndo
        case refused(CommandError)
    }

    /// Reads what the process before could undo.
    func restoreRepairs() {
        try? store.eachCell(of: [Self.repairBehaviour]) { row in
            guard let id = Int32(row.id), let items = (try? JSON(parsing: row.data))?.array else { return }
            repairs[KeyID(rawValue: id)] = items.compactMap(Repair.init)
        }
    }

    /// Puts a value, or a gap, in the place of a point.
    ///
    /// - Parameter old: what is there now.
    package func repair(
        _ name: KeyName, at time: Timestamp, to json: JSON?, old: Value?
    ) throws(RepairRefusal) {
        guard let index = index(of: name) else { throw .unknownKey }
        var value: Value?
        if let json {
            do throws(CommandError) {
                value = try Value(casting: json, to: table[index].type, options: table[index].settings.effective)
            } catch {
                throw .refused(error)
            }
        }
        try replace(index, at: time, with: value)
        keep(Repair(time: time, kind: .point(old: old)), of: index)
    }

    /// Says that from a time on another meter is read, or that there is none after all.
    package func replaceMeter(
        of name: KeyName, at time: Timestamp, isWithdrawn: Bool = false
    ) throws(RepairRefusal) {
        guard let index = index(of: name) else { throw .unknownKey }
        guard table[index].type == .counter else { throw .notACounter }
        guard isWithdrawn || time <= clock.now else { throw .isAhead }
        handOver()
        let replacements = store.replacements(of: table[index].id)
        guard replacements.contains(time) == isWithdrawn else { throw isWithdrawn ? .isNotReplaced : .isReplaced }
        guard isWithdrawn || replacements.count < Self.replacementLimit else { throw .tooManyReplacements }
        write(Replacement(key: table[index].id, time: time), isWithdrawn: isWithdrawn)
        keep(Repair(time: time, kind: isWithdrawn ? .notReplaced : .replaced), of: index)
    }

    /// The time of the point that an undo would put back; nil where it would touch none.
    package func pointToUndo(of name: KeyName) -> Timestamp? {
        guard let index = index(of: name), let repair = repairs[table[index].id]?.last else { return nil }
        if case .point = repair.kind { return repair.time }
        return nil
    }

    /// - Returns: the time of what is again as it was.
    package func undoRepair(_ name: KeyName) throws(RepairRefusal) -> Timestamp {
        guard let index = index(of: name) else { throw .unknownKey }
        let id = table[index].id
        guard let repair = repairs[id]?.last else { throw .nothingToUndo }
        let replacement = Replacement(key: id, time: repair.time)
        switch repair.kind {
        case .point(let old): try replace(index, at: repair.time, with: old)
        case .replaced: write(replacement, isWithdrawn: true)
        case .notReplaced: write(replacement, isWithdrawn: false)
        }
        repairs[id]?.removeLast()
        writeRepairs(of: id)
        return repair.time
    }

    /// A key that is merged into another one takes its replacements with it.
    func moveReplacements(from source: KeyID, to target: KeyID) {
        for time in store.replacements(of: source) {
            write(Replacement(key: target, time: time), isWithdrawn: false)
        }
    }

    /// A deleted key has nothing to be undone.
    func forgetRepairs(of id: KeyID) {
        if repairs.removeValue(forKey: id) != nil { writeRepairs(of: id) }
    }

    private func replace(_ index: Int, at time: Timestamp, with value: Value?) throws(RepairRefusal) {
        let isNewest = table[index].last?.time == time
        if isNewest, value == nil { throw .isNewest }
        // What waits for its time is put again; what a wrong clock dated ahead may go.
        let isAhead = time > futureLimit
        guard !isAhead || isMisdated(time, table[index].id) else { throw .isAhead }
        let provenance = Provenance.backfill
        accepted(
            Put(
                key: table[index].id, time: time, value: value, provenance: provenance, pointTime: time,
                isNewest: isNewest, dating: isAhead ? .future : table[index].isGiven ? .given : .hub))
        let point = Point(time: time, value: value, provenance: provenance)
        if isNewest { table[index].last = point }
        if table[index].stored?.time == time { table[index].stored = point }
    }

    private func write(_ replacement: Replacement, isWithdrawn: Bool) {
        batch.replacements.append(ReplacementWrite(replacement, isWithdrawn: isWithdrawn))
    }

    private func keep(_ repair: Repair, of index: Int) {
        let id = table[index].id
        repairs[id] = Array(((repairs[id] ?? []) + [repair]).suffix(Self.kept))
        writeRepairs(of: id)
    }

    private func writeRepairs(of id: KeyID) {
        if repairs[id]?.isEmpty == true { repairs[id] = nil }
        let data = repairs[id].map { JSON.array($0.map(\.json)) }
        append(
            cell: CellWrite(
                behaviour: Self.repairBehaviour, id: "\(id.rawValue)", data: data, due: nil, failure: nil))
    }
}

extension Repair {
    fileprivate init?(_ json: JSON) {
        guard let time = json["time"]?.number.flatMap({ Int64(exactly: $0) }) else { return nil }
        self.time = Timestamp(microseconds: time)
        if let isReplaced = json["replaced"]?.bool {
            kind = isReplaced ? .replaced : .notReplaced
            return
        }
        switch json["old"] {
        case .number(let number): kind = .point(old: .number(number))
        case .bool(let boolean): kind = .point(old: .boolean(boolean))
        case .string(let text): kind = .point(old: .string(text))
        default: kind = .point(old: nil)
        }
    }

    fileprivate var json: JSON {
        let time = JSON.number(Double(time.microseconds))
        return switch kind {
        case .point(let old): ["time": time, "old": old?.json ?? .null]
        case .replaced: ["time": time, "replaced": true]
        case .notReplaced: ["time": time, "replaced": false]
        }
    }
}
