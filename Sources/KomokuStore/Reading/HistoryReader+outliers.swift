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
    /// Where raw points begin; nil where all are kept.
    package var rawSince: Timestamp?
    /// The point at that very time.
    package var point: Point?
}

extension Store {
    /// The newest `limit` outliers of a counter from `since` up to, and without, `until`, ascending.
    ///
    /// - Parameter then: runs on a reader thread.
    package func outliers(
        _ query: StatisticsQuery, limit: Int,
        then: @escaping @Sendable (Result<[CounterOutlier], Error>) -> Void
    ) {
        read(query.key, none: [], then) { reader in try reader.outliers(query, limit: limit) }
    }

    /// - Parameter then: runs on a reader thread.
    package func repairScene(
        of key: KeyID, at time: Timestamp, then: @escaping @Sendable (Result<RepairScene, Error>) -> Void
    ) {
        let end = time.microseconds.clampedSum(1)
        read(key, none: RepairScene(), then) { reader in
            var scene = RepairScene()
            if reader.horizon > .min { scene.rawSince = Timestamp(microseconds: reader.horizon) }
            guard time.microseconds >= reader.horizon else { return scene }
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
        let from = max(horizon, since < .min + Self.surroundings ? .min : since - Self.surroundings)
        var readings: [CounterReading] = []
        _ = try read(from: from, before: until.clampedSum(Self.surroundings), tier: nil) { piece in
            guard case .points(let columns, let range) = piece else { return }
            for index in range where columns.kind(at: index) == .number {
                readings.append(CounterReading(Double(bitPattern: columns.payloads[index]), at: columns.times[index]))
            }
            guard readings.count <= Self.most else {
                throw Store.Error(
                    subject: "the readings", message: "there are more than \(Self.most): ask for a shorter range")
            }
        }
        CounterReading.mark(&readings, isEnd: true)
        let outliers = Self.outliers(readings, query.rules).filter { since..<until ~= $0.time.microseconds }
        return Array(outliers.suffix(limit))
    }

    private static func outliers(_ readings: [CounterReading], _ rules: CounterRules) -> [CounterOutlier] {
        var outliers: [CounterOutlier] = []
        var last: CounterReading?
        for reading in readings {
            func add(_ kind: CounterOutlier.Kind, _ increase: Double) {
                let time = Timestamp(microseconds: reading.time ?? 0)
                outliers.append(
                    CounterOutlier(
                        time: time, value: reading.value, before: last?.value, kind: kind, increase: increase))
            }
            if reading.isWrong {
                add(.glitch, 0)
                continue
            }
            switch last.map({ rules.step(from: $0, to: reading) }) {
            case .correction: add(.correction, 0)
            case .cut(let tally) where tally.resets > 0: add(.reset, tally.increase)
            case .cut: add(reading.value >= last?.value ?? 0 ? .fast : .correction, 0)
            case .rise, nil: break
            }
            last = reading
        }
        return outliers
    }
}
