import Dispatch
import KomokuSQLite
import Glibc
package import Komoku
import KomokuSystem

extension Store {
    /// Stores points as they are, durable when `then` is called; of equal times these count. The same again changes nothing.
    ///
    /// - Parameters:
    ///   - points: strictly ascending, or else they are put in order; of equal times the later counts.
    ///   - limit: later ones wait for their time, and are not the key's newest before.
    ///   - then: runs on the writer thread.
    package func insert(
        _ points: [Point], into key: KeyID, limit: Timestamp = .distantFuture,
        then: @escaping @Sendable (Result<Inserted, Error>) -> Void
    ) {
        let points = PointColumns(sorting: points)
        request(.insertion(Request.Insertion(key: key, points: points, limit: limit, then: then)))
    }

    /// Does so with few points of maybe many keys, in a commit with what else is put.
    ///
    /// - Parameters:
    ///   - limit: later ones wait for their time, and are not the key's newest before.
    ///   - then: runs on the writer thread.
    package func insert(
        _ points: [KeyID: [Point]], limit: Timestamp = .distantFuture,
        then: @escaping @Sendable (Result<Inserted, Error>) -> Void
    ) {
        let series = points.sorted { $0.key.rawValue < $1.key.rawValue }.map { key, points in
            Request.Addition.Series(key: key, points: PointColumns(sorting: points))
        }
        request(.addition(Request.Addition(series: series, limit: limit, then: then)))
    }

    /// Copies all history of `source` into `target`; of equal times that of `target` counts. `source` is left as it is.
    ///
    /// - Parameters:
    ///   - limit: later points wait for their time, and are not the key's newest before.
    ///   - then: gets how many points were copied; runs on the writer thread.
    package func copyHistory(
        of source: KeyID, into target: KeyID, limit: Timestamp = .distantFuture,
        then: @escaping @Sendable (Result<Int, Error>) -> Void
    ) {
        request(.copy(Request.Copy(source: source, target: target, limit: limit, then: then)))
    }

    /// Seals, merges, applies the retention and gives free pages back to the file system, now.
    package func compact(then: @escaping @Sendable (Result<Compaction, Error>) -> Void) {
        request(.compaction(then))
    }

    /// Says that a string key is a log, or is none: a log has no tiers and is kept by count or age.
    package func setLog(_ keeping: LogKeeping?, of key: KeyID) {
        monitor.withLock { $0.logs[key] = keeping }
    }

    /// Says how the readings of a counter are to be understood; nil is as those of most.
    package func setCounter(_ rules: CounterRules?, of key: KeyID) {
        monitor.withLock { $0.counters[key] = rules }
    }

    /// How much the file holds. Cheap.
    ///
    /// - Parameter then: runs on a reader thread.
    package func report(then: @escaping @Sendable (Result<StoreReport, Error>) -> Void) {
        let path = path
        database.asyncRead(isShort: true) { db in
            do {
                var report = try StoreReport(db.get())
                if let path { report.fileBytes = FileSize.of(path) + FileSize.of(path + "-wal") }
                then(.success(report))
            } catch {
                then(.failure(Error(reading: "the store", error)))
            }
        }
    }

    /// Writes a consistent copy while the writer goes on: all that was committed before.
    ///
    /// - Parameters:
    ///   - target: of a file that must not exist.
    ///   - then: gets the bytes of the copy; runs on a thread of its own.
    package func backup(to target: String, then: @escaping @Sendable (Result<Int, Error>) -> Void) {
        commit { [path] outcome in
            DispatchQueue.global().async {
                guard let path else {
                    return then(.failure(Error(subject: target, message: "a store in memory has no backup")))
                }
                guard case .durable = outcome else {
                    return then(.failure(Error(subject: path, message: "storing is impossible at the moment")))
                }
                then(Backup(source: path, target: target).run())
            }
        }
    }
}
