import BenchFigures
import Dispatch
import Glibc
import KomokuSQLite
import Komoku
import KomokuStore
import Logging
import Synchronization

/// The store's calls, waited for.
extension Store {
    static func open(_ path: String, _ change: (inout Configuration) -> Void = { _ in }) throws -> Store {
        var configuration = Configuration(location: .file(path))
        // Commits and seals come when they are asked for.
        configuration.commitInterval = .seconds(1_000_000)
        configuration.sealInterval = .seconds(1_000_000)
        change(&configuration)
        return try Store(configuration, logger: Logger(label: "bench") { StreamLogHandler.standardError(label: $0) })
    }

    func waiting<Answer: Sendable>(
        _ ask: (@escaping @Sendable (Result<Answer, Error>) -> Void) -> Void
    ) throws -> Answer {
        let answer = Mutex<Result<Answer, Error>?>(nil)
        let semaphore = DispatchSemaphore(value: 0)
        withoutActuallyEscaping(ask) { ask in
            ask { result in
                answer.withLock { $0 = result }
                semaphore.signal()
            }
        }
        semaphore.wait()
        guard let result = answer.withLock({ $0 }) else { throw BenchError("there is no answer") }
        return try result.get()
    }

    private func outcome(_ ask: (@escaping @Sendable (CommitOutcome) -> Void) -> Void) throws {
        let outcome: CommitOutcome = try waiting { then in ask { then(.success($0)) } }
        guard case .durable = outcome else { throw BenchError("storing failed: \(outcome)") }
    }

    func commitAndWait() throws { try outcome { commit($0) } }

    func sealAndWait() throws { try outcome { seal($0) } }

    func compactAndWait() throws -> Compaction { try waiting { compact(then: $0) } }

    func insertAndWait(_ points: [Point], into key: KeyID) throws {
        _ = try waiting { insert(points, into: key, then: $0) } as Inserted
    }

    func statisticsAndWait(_ query: StatisticsQuery) throws -> StatisticsReport {
        try waiting { statistics(query, then: $0) }
    }

    func reportAndWait() throws -> StoreReport { try waiting { report(then: $0) } }

    /// Makes keys, by ids from 0 on.
    func define(_ keys: [(name: String, type: KeyType)], at time: Timestamp) throws {
        var batch = Batch()
        for (index, key) in keys.enumerated() {
            guard let name = KeyName(key.name) else { throw BenchError("'\(key.name)' is no key name") }
            batch.keys.append(
                KeyRecord(id: KeyID(rawValue: Int32(index)), name: name, type: key.type, options: [], created: time))
        }
        append(batch)
        try commitAndWait()
    }

    /// Makes points the newest values of their keys too.
    func settle(_ points: [(key: KeyID, point: Point)]) throws {
        var batch = Batch()
        for (key, point) in points {
            batch.puts.append(
                Put(
                    key: key, time: point.time, value: point.value, provenance: point.provenance,
                    pointTime: point.time, isNewest: true))
        }
        append(batch)
        try sealAndWait()
    }
}

extension StoreReport {
    func bytes(of tier: String) -> Double { Double(tiers.filter { $0.name == tier }.reduce(0) { $0 + $1.bytes }) }

    func count(of tier: String) -> Double { Double(tiers.filter { $0.name == tier }.reduce(0) { $0 + $1.count }) }
}

/// The bytes of a closed database's copy without the tiers.
func bytesWithoutTiers(_ path: String) throws -> Int {
    let copy = path + "-raw"
    let database = try DatabasePool(path: path)
    try database.writeWithoutTransaction { db in try db.execute(sql: "VACUUM INTO ?", arguments: [copy]) }
    try database.close()
    let rest = try DatabasePool(path: copy)
    try rest.writeWithoutTransaction { db in
        try db.execute(sql: "DELETE FROM blocks WHERE tier IN (1, 2); DELETE FROM tails WHERE id & 3 IN (1, 2); VACUUM")
    }
    try rest.close()
    defer { unlink(copy) }
    return ProcessFigures.fileBytes(copy)
}
