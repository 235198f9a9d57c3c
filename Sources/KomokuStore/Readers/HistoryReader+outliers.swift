package import Komoku

/// A reading of a counter that is not simply the next one.
package struct CounterOutlier: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable {
        /// Wrong, and left out.
        case glitch
        /// It lost less than a tenth, or less than half of its count.
        case correction
        /// It began again, or rolled over.
        case reset
        /// It rose, or gained by a reset, faster than it can.
        case fast
        /// The first reading of another meter.
        case replaced
    }

    package var time: Timestamp
    package var value: Double
    /// The right reading before.
    package var before: Double?
    package var kind: Kind
    /// What it added to the increase.
    package var increase: Double
}

/// What there is to know before a point is repaired.
package struct RepairScene: Hashable, Sendable {
    /// The point at that very time.
    package var point: Point?
    /// Points of that hour are gone: only sums are left.
    package var isClosed: Bool

    package init(point: Point? = nil, isClosed: Bool = false) {
        (self.point, self.isClosed) = (point, isClosed)
    }
}

extension Store {
    /// The newest `limit` outliers of a counter from `since` up to, and without, `until`, ascending.
    ///
    /// - Parameter then: runs on a reader thread.
    package func outliers(
        _ query: StatisticsQuery, limit: Int,
        then: @escaping @Sendable (Result<[CounterOutlier], Error>) -> Void
    ) {
        read(query.scope, none: [], then) { reader, _ in
            try reader.reading(as: query).outliers(query, limit: limit)
        }
    }

    /// - Parameter then: runs on a reader thread.
    package func repairScene(
        of key: KeyID, at time: Timestamp, then: @escaping @Sendable (Result<RepairScene, Error>) -> Void
    ) {
        read(.short(key), none: RepairScene(), then) { reader, _ in
            var scene = RepairScene(isClosed: try reader.isClosed(at: time.microseconds))
            let end = time.microseconds.clampedSum(1)
            _ = try reader.read(from: time.microseconds, before: end, tier: nil) { piece in
                guard case .points(let columns, let range) = piece, let index = range.first else { return }
                scene.point = columns[index]
            }
            return scene
        }
    }
}

extension HistoryReader {
    /// Readings are judged by others near by; so far they are looked for, in microseconds.
    private static let surroundings: Int64 = 2 * 86_400_000_000
    /// Readings at a time, each with what it is worth in memory.
    private static let most = 1_000_000

    fileprivate func outliers(_ query: StatisticsQuery, limit: Int) throws -> [CounterOutlier] {
        guard let since = query.bounds.first?.microseconds, let until = query.bounds.last?.microseconds else {
            return []
        }
        let from = max(horizon, since.clampedSum(-Self.surroundings))
        var outliers = CounterOutliers(rules: query.rules)
        var count = 0
        _ = try read(from: from, before: until.clampedSum(Self.surroundings), tier: nil) { piece in
            guard case .points(let columns, let range) = piece else {
                if case .replacement = piece { outliers.endMeter() }
                return
            }
            count += range.count
            guard count <= Self.most else {
                throw Store.Error(
                    subject: "the readings", message: "there are more than \(Self.most)",
                    remedy: "ask for a shorter range")
            }
            for index in range where columns.kind(at: index) == .number {
                outliers.add(CounterReading(Double(bitPattern: columns.payloads[index]), at: columns.times[index]))
            }
        }
        outliers.endMeter()
        return Array(outliers.found.filter { since..<max(since, until) ~= $0.time.microseconds }.suffix(limit))
    }
}

/// Finds the outliers among readings, meter by meter.
private struct CounterOutliers {
    let rules: CounterRules
    private(set) var found: [CounterOutlier] = []
    private var readings: [CounterReading] = []
    /// The last right reading.
    private var last: CounterReading?
    private var isReplaced = false

    init(rules: CounterRules) { self.rules = rules }

    mutating func add(_ reading: CounterReading) { readings.append(reading) }

    /// What comes next is of another meter.
    mutating func endMeter() {
        CounterReading.mark(&readings, isEnd: true)
        for (index, reading) in readings.enumerated() {
            if index == 0, isReplaced { note(reading, .replaced) }
            judge(reading, isFirst: index == 0)
        }
        isReplaced = true
        readings = []
    }

    private mutating func judge(_ reading: CounterReading, isFirst: Bool) {
        if reading.isWrong { return note(reading, .glitch) }
        defer { last = reading }
        guard !isFirst, let last else { return }
        switch rules.move(from: last, to: reading) {
        case .correction: note(reading, .correction)
        case .cut(let tally) where tally.resets > 0: note(reading, .reset, tally.increase)
        case .cut: note(reading, reading.value >= last.value ? .fast : .correction)
        case .rise: break
        }
    }

    private mutating func note(_ reading: CounterReading, _ kind: CounterOutlier.Kind, _ increase: Double = 0) {
        found.append(
            CounterOutlier(
                time: Timestamp(microseconds: reading.time ?? 0), value: reading.value, before: last?.value,
                kind: kind, increase: increase))
    }
}
