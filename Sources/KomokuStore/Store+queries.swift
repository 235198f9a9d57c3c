import KomokuSQLite
package import Komoku
import KomokuSystem

extension Store {
    /// Where the meter of a counter was replaced, ascending.
    package func replacements(of key: KeyID) -> [Timestamp] {
        monitor.withLock { $0.replacements.of(key) }.map(Timestamp.init(microseconds:))
    }

    /// The points of a key between two times, both left out: the first `limit` of them in the order asked for.
    ///
    /// Sees each point once, whatever is being sealed meanwhile.
    ///
    /// - Parameter then: runs on a reader thread.
    package func points(
        of key: KeyID, since: Timestamp? = nil, until: Timestamp? = nil, limit: Int = .max, newestFirst: Bool = false,
        then: @escaping @Sendable (Result<[Point], Error>) -> Void
    ) {
        let query = PointQuery(key: key, since: since, until: until, limit: limit, newestFirst: newestFirst)
        // The head first: what is sealed between the two is in both, and the watermark tells.
        let head = monitor.withLock { state in query.head(of: state) }
        let report = damages.report
        read(query.scope) { db in
            then(Result(reading: key) { try query.points(head: head, try db.get(), report) })
        }
    }

    package func points(
        of key: KeyID, since: Timestamp? = nil, until: Timestamp? = nil, limit: Int = .max, newestFirst: Bool = false
    ) async throws(Error) -> [Point] {
        let result = await withCheckedContinuation { continuation in
            points(of: key, since: since, until: until, limit: limit, newestFirst: newestFirst) {
                continuation.resume(returning: $0)
            }
        }
        return try result.get()
    }

    /// As `points`. Waits for the disk: for a start, and for what hardly ever happens.
    package func pointsWaiting(
        of key: KeyID, since: Timestamp? = nil, until: Timestamp? = nil, limit: Int = .max, newestFirst: Bool = false
    ) throws(Error) -> [Point] {
        let query = PointQuery(key: key, since: since, until: until, limit: limit, newestFirst: newestFirst)
        let head = monitor.withLock { state in query.head(of: state) }
        let report = damages.report
        return try read("blocks") { try query.points(head: head, $0, report) }
    }

    /// The newest point that holds another value than `value`; gaps are passed over.
    package func newestPoint(
        of key: KeyID, differingFrom value: Value, then: @escaping @Sendable (Result<Point?, Error>) -> Void
    ) {
        search(key, value, until: nil, limit: 16, then)
    }

    private func search(
        _ key: KeyID, _ value: Value, until: Timestamp?, limit: Int,
        _ then: @escaping @Sendable (Result<Point?, Error>) -> Void
    ) {
        points(of: key, until: until, limit: limit, newestFirst: true) { [self] result in
            switch result {
            case .failure(let error): then(.failure(error))
            case .success(let points):
                if let found = points.first(where: { $0.value != nil && $0.value != value }) {
                    then(.success(found))
                } else if points.count < limit {
                    then(.success(nil))
                } else {
                    search(key, value, until: points.last?.time, limit: Block.maximumCount, then)
                }
            }
        }
    }

    /// The messages that could not be used, newest first. Waits for the disk.
    package func deadLetters(limit: Int) throws(Error) -> [DeadLetter] {
        try read("dead_letters") { try DeadLetterTable.fetch(limit: limit, $0) }
    }

    /// The points that the hub dated by a clock that was ahead. Waits for the disk.
    package func misdated() throws(Error) -> [MisdatedPoint] {
        try read("misdated") { try MisdatedTable.fetch($0) }
    }

    /// The events that were not handled, in order. Waits for the disk.
    package func events() throws(Error) -> [QueuedEvent] {
        try read("queue") { try EventQueue.fetch($0) }
    }

    /// The living and the failed cells. Waits for the disk.
    package func cells() throws(Error) -> [CellWrite] {
        try read("cells") { try CellTable.fetch($0) }
    }

    /// Lines of the why log, newest first.
    ///
    /// - Parameter then: runs on a reader thread.
    package func runs(_ query: RunQuery, then: @escaping @Sendable (Result<[RunRow], Error>) -> Void) {
        database.asyncRead { db in
            then(Result(reading: "runs") { try RunTable.fetch(query, try db.get()) })
        }
    }

    /// The greatest id in the why log, 0 where it is empty. Waits for the disk.
    package func newestRun() throws(Error) -> Int64 {
        try read("runs") { try RunTable.newest($0) }
    }

    /// The devices, by id. Waits for the disk.
    ///
    /// - Parameter skipped: told of each row that is none, by its id.
    package func devices(skipped: (String) -> Void = { _ in }) throws(Error) -> [DeviceWrite] {
        try read("devices") { try DeviceTable.fetch($0, skipped: skipped) }
    }

    /// The discovery messages that are kept, by topic. Waits for the disk.
    package func discoveries() throws(Error) -> [DiscoveryWrite] {
        try read("discoveries") { try DiscoveryTable.fetch($0) }
    }

    private func read<Rows>(_ table: String, _ body: (Database) throws -> Rows) throws(Error) -> Rows {
        do { return try database.read(body) } catch { throw Error(reading: "the table \(table)", error) }
    }
}

extension Result where Failure == Store.Error {
    init(reading key: KeyID, _ body: () throws -> Success) {
        self.init(reading: "key \(key.rawValue)", body)
    }

    init(reading what: String, _ body: () throws -> Success) {
        do {
            self = .success(try body())
        } catch {
            self = .failure(Store.Error(reading: what, error))
        }
    }
}
