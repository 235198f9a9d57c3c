package import Komoku
internal import KomokuStore

/// What became of a name that a key had before.
package struct FormerName: Hashable, Sendable {
    /// What the key is called now.
    package var name: KeyName
    package var time: Timestamp
    /// Its history became part of that of the key, which was there before.
    package var isMerged = false

    package init(_ name: KeyName, _ time: Timestamp, isMerged: Bool = false) {
        self.name = name
        self.time = time
        self.isMerged = isMerged
    }

    /// As a clause behind the old name: `was renamed to hall.climate`.
    package var fate: String { "was \(isMerged ? "merged into" : "renamed to") \(name)" }

    /// `was renamed to hall.climate on 2026-11-30`.
    package func fate(in zone: Zone) -> String { "\(fate) on \(zone.local(time).date)" }
}

/// Names that keys had, remembered so that who goes on using them can be told, and does not make a second key by accident.
extension Hub {
    package static let namingBehaviour = "former_name"
    /// The hub keeps the cells of these itself.
    package static let ownBehaviours = [repairBehaviour, misdatingBehaviour, namingBehaviour]
    /// Of many, the oldest are forgotten.
    private static let maximumFormerNames = 10_000

    /// What became of a name that no key has now; nil where none ever had it, or where that key is gone.
    package func formerName(_ name: KeyName) -> FormerName? {
        guard index(of: name) == nil, let former = formerNames[name], index(of: former.name) != nil else { return nil }
        return former
    }

    /// Those of which `formerName` knows, each as `{"key","to","time"}`, with `"merged":true` where it was.
    package func formerNamesListed() -> [(name: KeyName, former: FormerName)] {
        formerNames.keys.sorted().compactMap { name in formerName(name).map { (name, $0) } }
    }

    /// Reads what the process before remembered.
    func restoreFormerNames() {
        try? store.eachCell(of: [Self.namingBehaviour]) { row in
            guard let name = KeyName(row.id), let json = try? JSON(parsing: row.data) else { return }
            formerNames[name] = FormerName(listed: json)
        }
    }

    /// Names are keys of another name now: what led to the old ones leads to the new ones.
    ///
    /// - Parameter moves: a name that leads to itself keeps what led to it.
    func noteMoves(_ moves: [(old: KeyName, new: KeyName)], isMerge: Bool = false) {
        let moves = moves.filter { $0.old != $0.new }
        let now = reading.wall.wholeMilliseconds
        let targets = Dictionary(moves.map { ($0.old, $0.new) }) { $1 }
        for (name, former) in formerNames {
            guard let target = targets[former.name] else { continue }
            set(FormerName(target, former.time, isMerged: former.isMerged), of: name)
        }
        for (old, new) in moves where index(of: old) == nil { set(FormerName(new, now, isMerged: isMerge), of: old) }
        for (_, new) in moves { forgetFormerName(new) }
        let excess = formerNames.count - Self.maximumFormerNames
        guard excess > 0 else { return }
        for oldest in formerNames.sorted(by: { $0.value.time < $1.value.time }).prefix(excess) {
            set(nil, of: oldest.key)
        }
    }

    /// A key has that name now.
    func forgetFormerName(_ name: KeyName) {
        if formerNames[name] != nil { set(nil, of: name) }
    }

    private func set(_ former: FormerName?, of name: KeyName) {
        formerNames[name] = former
        append(
            cell: CellWrite(
                behaviour: Self.namingBehaviour, id: name.text, data: former?.json, due: nil, failure: nil))
    }
}

extension FormerName {
    /// Reads a member of `renames`, and what a cell holds.
    package init?(listed json: JSON) {
        guard let name = json["to"]?.string.flatMap({ KeyName($0) }),
            let time = json["time"]?.number.flatMap({ Timestamp(seconds: $0) })
        else { return nil }
        self.init(name, time, isMerged: json["merged"]?.bool ?? false)
    }

    var json: JSON {
        var members: [JSON.Member] = [
            JSON.Member("to", .string(name.text)), JSON.Member("time", .number(time.seconds)),
        ]
        if isMerged { members.append(JSON.Member("merged", true)) }
        return .object(members)
    }
}
