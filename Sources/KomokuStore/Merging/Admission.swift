import KomokuSQLite
import Komoku

/// Some points of one key on their way into its blocks: which of them are taken, and why the others are not.
struct Admission {
    /// As they came, ascending.
    private let given: PointColumns
    /// Those that are taken.
    private(set) var points: PointColumns
    /// Those whose hours are closed, and times of those that are there already.
    private var closed = PointColumns()
    private var known: [Int64] = []
    /// Of the latter those that are taken all the same, because they came another way.
    private var retold: [Int64] = []

    init(_ points: PointColumns) {
        (given, self.points) = (points, points)
    }

    var isEmpty: Bool { given.isEmpty }

    /// Of a log, which has no tiers, nothing is known that is older than its raw points.
    mutating func close(before time: Int64) {
        let count = points.firstIndex(from: time)
        guard count > 0 else { return }
        closed.append(points, 0..<count)
        points = points.part(count..<points.count)
    }

    mutating func close(_ hours: ClosedHours) throws {
        guard let first = points.times.first, first < hours.end else { return }
        let open = try hours.open(points)
        closed = points.without(open)
        points = open
    }

    /// Leaves out the points that are there already with the same value.
    mutating func passOverKnown(
        of key: KeyID, _ db: Database, _ report: @escaping (DamagedBlock) -> Void
    ) throws {
        if points.isEmpty { return }
        try passOverKnown(in: KeySnapshot(merged: key, db, report: report))
    }

    /// - Parameter there: the points of the key, as far as they are of the same time.
    mutating func passOverKnown(in there: KeySnapshot) throws {
        guard let first = points.times.first, let last = points.times.last else { return }
        var rest = PointColumns()
        var index = 0
        try there.forEach(from: first, through: last) { columns, range in
            for theirs in range {
                let time = columns.times[theirs]
                let next = points.index(from: time, in: index..<points.count)
                rest.append(points, index..<next)
                index = next
                guard index < points.count, points.times[index] == time else { continue }
                let isKnown = points.hasSameValue(index, as: columns, theirs)
                let isSame = isKnown && points.tags[index] == columns.tags[theirs]
                if isKnown { known.append(time) }
                if isKnown, !isSame { retold.append(time) }
                if !isSame { rest.append(points, index..<(index + 1)) }
                index += 1
            }
            return index < points.count
        }
        rest.append(points, index..<points.count)
        points = rest
    }

    /// What was done once so many of the taken points are in.
    func through(_ taken: Int) -> Through {
        guard taken < points.count else {
            let new = points.count - retold.count
            return Through(all: given.count, new: new, closed: closed, known: known.count)
        }
        let bound = points.times[taken]
        return Through(
            all: given.firstIndex(from: bound), new: taken - retold.count { $0 < bound },
            closed: closed.part(0..<closed.firstIndex(from: bound)), known: known.count { $0 < bound })
    }

    struct Through {
        /// How many of those that came are done with.
        let all: Int
        let new: Int
        let closed: PointColumns
        let known: Int
    }
}

extension PointColumns {
    /// The points that another one, of which all times are here too, does not have.
    fileprivate func without(_ other: PointColumns) -> PointColumns {
        var missing = PointColumns()
        var index = 0
        for (own, time) in times.enumerated() {
            if index < other.count, other.times[index] == time {
                index += 1
            } else {
                missing.append(self, own..<(own + 1))
            }
        }
        return missing
    }

    func hasSameValue(_ index: Int, as other: PointColumns, _ theirs: Int) -> Bool {
        let kind = kind(at: index)
        guard kind == other.kind(at: theirs) else { return false }
        switch kind {
        case .gap: return true
        case .number, .boolean: return payloads[index] == other.payloads[theirs]
        case .string:
            guard let mine = text(at: index), let others = other.text(at: theirs) else { return false }
            return mine.hasSameBytes(as: others)
        }
    }
}
