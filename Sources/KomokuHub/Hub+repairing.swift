package import Komoku
internal import KomokuStore

/// What was at a time before it was repaired.
struct Repair: Hashable, Sendable {
    var time: Timestamp
    /// Nil is a gap.
    var old: Value?
}

/// Points that are corrected or removed by hand, and the way back. The newest `kept` repairs of a key can be undone, also after a restart.
extension Hub {
    private static let behaviour = "repair"
    private static let kept = 32

    package enum RepairError: Error, Hashable, Sendable {
        case unknownKey
        /// The newest reading is what the key is now: it can be set, but not be removed.
        case isNewest
        case nothingToUndo
        case refused(CommandError)
    }

    /// Reads what the process before could undo.
    func restoreRepairs() {
        try? store.eachCell(of: [Self.behaviour]) { row in
            guard let id = Int32(row.id), let items = (try? JSON(parsing: row.data))?.array else { return }
            repairs[KeyID(rawValue: id)] = items.compactMap(Repair.init)
        }
    }

    /// Puts a value, or a gap, in the place of a point.
    ///
    /// - Parameter old: what is there now.
    package func repair(
        _ name: KeyName, at time: Timestamp, to json: JSON?, old: Value?
    ) throws(RepairError) {
        guard let index = index(of: name) else { throw .unknownKey }
        var value: Value?
        if let json {
            do throws(CommandError) {
                value = try Value(casting: json, to: states[index].type, options: states[index].settings.effective)
            } catch {
                throw .refused(error)
            }
        }
        try replace(index, at: time, with: value)
        repairs[states[index].id, default: []].append(Repair(time: time, old: old))
        keepRepairs(of: index)
    }

    /// - Returns: the time of the point that is again what it was.
    package func undoRepair(_ name: KeyName) throws(RepairError) -> Timestamp {
        guard let index = index(of: name) else { throw .unknownKey }
        guard let repair = repairs[states[index].id]?.last else { throw .nothingToUndo }
        try replace(index, at: repair.time, with: repair.old)
        repairs[states[index].id]?.removeLast()
        keepRepairs(of: index)
        return repair.time
    }

    private func replace(_ index: Int, at time: Timestamp, with value: Value?) throws(RepairError) {
        let isNewest = states[index].last?.time == time
        if isNewest, value == nil { throw .isNewest }
        let provenance = Provenance.backfill
        accepted(
            Put(
                key: states[index].id, time: time, value: value, provenance: provenance, pointTime: time,
                isNewest: isNewest))
        let point = Point(time: time, value: value, provenance: provenance)
        if isNewest { states[index].last = point }
        if states[index].stored?.time == time { states[index].stored = point }
    }

    private func keepRepairs(of index: Int) {
        let id = states[index].id
        if let list = repairs[id], list.count > Self.kept { repairs[id] = Array(list.suffix(Self.kept)) }
        if repairs[id]?.isEmpty == true { repairs[id] = nil }
        let data = repairs[id].map { JSON.array($0.map(\.json)) }
        append(cell: CellWrite(behaviour: Self.behaviour, id: "\(id.rawValue)", data: data, due: nil, failure: nil))
    }
}

extension Repair {
    fileprivate init?(_ json: JSON) {
        guard let time = json["time"]?.number.flatMap({ Int64(exactly: $0) }) else { return nil }
        self.time = Timestamp(microseconds: time)
        switch json["old"] {
        case .number(let number): old = .number(number)
        case .bool(let boolean): old = .boolean(boolean)
        case .string(let text): old = .string(text)
        default: old = nil
        }
    }

    fileprivate var json: JSON {
        ["time": .number(Double(time.microseconds)), "old": JSON(old)]
    }
}
