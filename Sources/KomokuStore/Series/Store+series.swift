import Komoku
import KomokuSQLite
import KomokuSystem

extension Store {
    /// The points of a key from one time through another, as numbers. Where raw points are gone, each bucket has its first and its
    /// last. Waits for the disk.
    ///
    /// - Returns: nil where there are more than `limit`.
    package func numberedPoints(
        of key: KeyID, as reading: SampleReading, from: Int64, through: Int64, limit: Int
    ) throws(Error) -> NumberedPoints? {
        try readWaiting(key, none: NumberedPoints()) { reader in
            var points = NumberedPoints()
            points.before = try reader.point(before: from).map { point in
                NumberedPoint(time: point.time, value: reading.number(point.value))
            }
            do {
                _ = try reader.read(from: from, before: through.clampedSum(1), tier: nil) { piece in
                    guard points.add(piece, reading, limit: limit) else { throw TooMany() }
                }
            } catch is TooMany {
                return nil
            }
            return points
        }
    }

    /// Ends the reading.
    private struct TooMany: Swift.Error {}

    /// The same of windows, from buckets. Of a boolean or a text only the first and the last point are told.
    ///
    /// - Parameters:
    ///   - from: where the first window begins: a multiple of five minutes, as their length is.
    ///   - width: microseconds.
    /// - Returns: nil where the key has no buckets yet.
    package func numberedWindows(
        of key: KeyID, as reading: SampleReading, from: Int64, width: Int64, count: Int
    ) throws(Error) -> NumberedWindows? {
        try readWaiting(key, none: nil) { reader in
            let bounds = Self.firstBounds(from: from, width: width, count: count)
            guard let end = bounds.last, let tier = try reader.tier(for: bounds) else { return nil }
            let before = try reader.point(before: from)
            var windows = NumberedWindows(windows: Array(repeating: .init(), count: count))
            windows.before = before.map { NumberedPoint(time: $0.time, value: reading.number($0.value)) }
            _ = try reader.read(from: from, before: end, tier: tier) { piece in
                windows.add(piece, reading, from: from, width: width)
            }
            return windows
        }
    }

    /// The first two bounds between windows, which tell of what all of them are multiples, between the outermost.
    private static func firstBounds(from: Int64, width: Int64, count: Int) -> [Int64] {
        var bounds = [from]
        for index in [1, 2, count] where index <= count {
            let (length, overflow) = width.multipliedReportingOverflow(by: Int64(index))
            let bound = overflow ? .max : from.clampedSum(length)
            if bounds.last != bound { bounds.append(bound) }
        }
        return bounds
    }

    private func readWaiting<Answer>(
        _ key: KeyID, none: Answer, _ body: (HistoryReader) throws -> Answer
    ) throws(Error) -> Answer {
        // The head first: what is sealed between the two is in both, and the watermark tells.
        let head = monitor.withLock { state in
            PointQuery(key: key, since: nil, until: nil, limit: .max, newestFirst: false).head(of: state)
        }
        // It was deleted meanwhile.
        guard let head else { return none }
        do {
            return try database.read { db in
                try body(try HistoryReader(db, key, head: head, report: damages.report))
            }
        } catch {
            throw Error(reading: "key \(key.rawValue)", error)
        }
    }
}

extension NumberedPoints {
    /// - Returns: whether all of it had room.
    fileprivate mutating func add(_ piece: HistoryPiece, _ reading: SampleReading, limit: Int) -> Bool {
        switch piece {
        case .points(let columns, let range):
            guard times.count + range.count <= limit else { return false }
            times += columns.times[range]
            values.reserveCapacity(times.count)
            for index in range {
                // Most are numbers: they are not unpacked.
                let isNumber = reading == .number && columns.kind(at: index) == .number
                values.append(
                    isNumber
                        ? Double(bitPattern: columns.payloads[index])
                        : reading.number(columns.value(at: index)) ?? .nan)
            }
        case .summary(let summary): return add(summary, reading, limit: limit)
        case .buckets(let columns, let range):
            for index in range where !add(columns.summary(of: index..<(index + 1)), reading, limit: limit) {
                return false
            }
        case .replacement: break
        }
        return true
    }

    private mutating func add(_ summary: Summary, _ reading: SampleReading, limit: Int) -> Bool {
        guard summary.count > 0 else { return true }
        guard times.count + 2 <= limit else { return false }
        times.append(summary.firstTime)
        values.append(reading.number(summary.first) ?? .nan)
        if summary.lastTime > summary.firstTime {
            times.append(summary.lastTime)
            values.append(reading.number(summary.last) ?? .nan)
        }
        return true
    }
}

extension NumberedWindows {
    fileprivate mutating func add(_ piece: HistoryPiece, _ reading: SampleReading, from: Int64, width: Int64) {
        switch piece {
        case .points(let columns, let range):
            for index in range {
                let window = Int((columns.times[index] - from) / width)
                guard windows.indices.contains(window) else { continue }
                windows[window].add(
                    NumberedPoint(time: columns.times[index], value: reading.number(columns.value(at: index))))
            }
        case .summary(let summary):
            let window = Int((summary.firstTime - from) / width)
            if windows.indices.contains(window) { windows[window].add(summary, reading) }
        case .buckets(let columns, let range):
            var lower = range.lowerBound
            while lower < range.upperBound {
                let window = Int((columns.counts.firstTimes[lower] - from) / width)
                let end = from + Int64(window + 1) * width
                let upper = max(lower + 1, columns.index(from: end, in: lower..<range.upperBound))
                if windows.indices.contains(window) { windows[window].add(columns.summary(of: lower..<upper), reading) }
                lower = upper
            }
        case .replacement: break
        }
    }
}

extension NumberedWindows.Window {
    fileprivate mutating func add(_ point: NumberedPoint) {
        if count == 0 { first = point }
        last = point
        count += 1
        guard let number = point.value else { return }
        var one = Summary()
        (one.numbers, one.minimum, one.maximum) = (1, number, number)
        (one.sum, one.mean) = (number, number)
        join(one)
    }

    fileprivate mutating func add(_ summary: Summary, _ reading: SampleReading) {
        guard summary.count > 0 else { return }
        if count == 0 { first = NumberedPoint(time: summary.firstTime, value: reading.number(summary.first)) }
        last = NumberedPoint(time: summary.lastTime, value: reading.number(summary.last))
        count += summary.count
        if summary.numbers > 0 { join(summary) }
    }

    private mutating func join(_ summary: Summary) {
        var sum = Summary()
        (sum.numbers, sum.minimum, sum.maximum) = (numbers, minimum, maximum)
        (sum.sum, sum.mean, sum.moment) = (self.sum, mean, moment)
        sum.addNumbers(summary)
        (numbers, minimum, maximum) = (sum.numbers, sum.minimum, sum.maximum)
        (self.sum, mean, moment) = (sum.sum, sum.mean, sum.moment)
    }
}
