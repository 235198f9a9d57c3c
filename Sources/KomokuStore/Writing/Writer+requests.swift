import GRDB
import Komoku
import Logging

extension Writer {
    mutating func perform(_ request: Request) {
        do {
            switch request {
            case .insertion(let insertion): insertion.then(.success(try insert(insertion)))
            case .copy(let copy): copy.then(.success(try self.copy(copy)))
            case .compaction(let then): then(.success(try compact()))
            }
        } catch {
            request.fail(Store.Error(subject: "the store", message: Store.Error.reason(error)))
        }
    }

    private func insert(_ insertion: Request.Insertion) throws -> Int {
        let key = insertion.key
        let added = try database.write { db in
            guard let type = try KeyTable.type(of: key, db) else { throw Self.noKey(key) }
            var merge = KeyMerge(db, key, traits(of: key, type), report: damages.report)
            try merge.run(upTo: Meta.sealed.get(db) ?? 0, inserting: insertion.points)
            try BlockTable.setTotal(BlockTable.total(db) + merge.added, db)
            return merge.added
        }
        monitor.withLock { state in
            state.blockPoints += added
            state.rememberNewest(of: key, insertion.points)
        }
        return added
    }

    private func copy(_ copy: Request.Copy) throws -> Int {
        var from: Int64?
        var total = 0
        repeat {
            let start = from
            let (next, added) = try database.write { db in
                guard let type = try KeyTable.type(of: copy.target, db) else { throw Self.noKey(copy.target) }
                var slice = HistoryCopy(
                    db, from: copy.source, into: copy.target, traits(of: copy.target, type),
                    seal: try Meta.sealed.get(db) ?? 0, report: damages.report)
                let next = try slice.slice(from: start)
                try BlockTable.setTotal(BlockTable.total(db) + slice.added, db)
                return (next, slice.added)
            }
            monitor.withLock { $0.blockPoints += added }
            total += added
            from = next
        } while from != nil
        return total
    }

    private static func noKey(_ key: KeyID) -> Store.Error {
        Store.Error(subject: "key \(key.rawValue)", message: "there is no such key")
    }

    private func traits(of key: KeyID, _ type: KeyType) -> KeyTraits {
        let isLog = monitor.withLock { $0.logs[key] != nil }
        return KeyTraits(isCounter: type == .counter, isLog: isLog)
    }

    private mutating func compact() throws -> Compaction {
        var compaction = Compaction()
        compaction.before = try report()
        pass = try database.write { try MergePass(at: clock(), isThorough: true, $0) }
        while pass != nil { try advance() }
        if let pool = database as? DatabasePool {
            try pool.writeWithoutTransaction { _ = try $0.checkpoint(.passive) }
        }
        compaction.after = try report()
        return compaction
    }

    private func report() throws -> StoreReport {
        var report = try database.write { try StoreReport($0) }
        report.fileBytes = path.map { FileSize.of($0) + FileSize.of($0 + "-wal") } ?? 0
        return report
    }
}

extension Writer {
    /// A slice of the round over all keys; begins one where none is under way.
    mutating func maintain() {
        do {
            if pass == nil { pass = try database.write { try MergePass(at: clock(), isThorough: false, $0) } }
            try advance()
        } catch {
            noteCorruption(error)
            logger.error("merging failed, it is tried again later", metadata: ["error": "\(Store.Error.reason(error))"])
            pass = nil
            monitor.withLock { $0.endPass(retry: Self.passPatience) }
        }
    }

    private mutating func advance() throws {
        guard var current = pass else { return }
        let policy = monitor.withLock { $0.policy }
        let slice: MergePass.Slice
        do {
            slice = try database.write { db in try current.slice(policy, db, report: damages.report) }
        } catch let error as DatabaseError where [.SQLITE_CORRUPT, .SQLITE_IOERR].contains(error.resultCode) {
            // A page that cannot be read: the rest goes on without what is in it.
            guard let part = current.skip() else { throw error }
            pass = current
            noteCorruption(error)
            return logger.error(
                "a damaged page stops a part of the merging; restart the hub to have the database looked through",
                metadata: ["store.part": "\(part)", "error": "\(Store.Error.reason(error))"])
        }
        pass = slice.isDone ? nil : current
        if slice.isTooLarge {
            logger.warning("the file is larger than 'max_size', and there is no raw history left to drop")
        }
        monitor.withLock { state in
            state.blockPoints = slice.total ?? state.blockPoints + slice.added
            state.statistics.mergedPoints += slice.merged
            state.statistics.expiredPoints += slice.expired
            state.statistics.cappedPoints += slice.capped
            if slice.isDone { state.endPass(retry: StoreState.passInterval) }
        }
    }

    /// The next start looks through the whole file.
    func noteCorruption(_ error: any Error) {
        if let path, Salvage.isCorruption(error) { Salvage.mark(path) }
    }

    private static let passPatience = Duration.seconds(600)
}

extension StoreState {
    /// A round is due once a day at the latest, and after so many seals.
    static let passInterval = Duration.seconds(86_400)
    static let sealsPerPass = 12
    /// What is left to others first after a start.
    static let passDelay = Duration.seconds(900)

    var policy: MergePass.Policy { MergePass.Policy(rules: rules, logs: logs, maximumSize: maximumSize) }

    mutating func endPass(retry: Duration) {
        passIsRunning = false
        sealsSincePass = 0
        passDue = .now + retry
    }

    /// Keeps what was inserted where it is the newest of its key.
    mutating func rememberNewest(of key: KeyID, _ points: PointColumns) {
        guard 0..<Self.keyLimit ~= key.index, !deleted.contains(key.index), let time = points.times.last else { return }
        let point = points[points.count - 1]
        if newestPoints.time(at: key.index).map({ time >= $0 }) ?? true {
            newestPoints.set(key.index, time: time, point.value, point.provenance)
        }
        if lasts.time(at: key.index).map({ time >= $0 }) ?? true {
            lasts.set(key.index, time: time, point.value, point.provenance)
        }
    }
}

extension StoreReport {
    init(_ db: Database) throws {
        self.init()
        for row in try Row.fetchAll(db, sql: "SELECT tier, blocks, count, bytes FROM totals ORDER BY tier") {
            guard let tier = KomokuStore.Tier(rawValue: Int(row.integer(0))) else { continue }
            tiers.append(
                StoreReport.Tier(
                    name: tier.name, count: Int(row.integer(2)), blocks: Int(row.integer(1)), bytes: Int(row.integer(3))
                ))
        }
        let fresh = try FreshTable.totals(db)
        (freshPoints, freshBytes) = (fresh.points, fresh.bytes)
        keys = try Int.fetchOne(db, sql: "SELECT count(*) FROM keys") ?? 0
        let live = "(SELECT total(length(data)) FROM slots WHERE generation > \(try Meta.sealed.get(db) ?? 0))"
        journalBytes = Int(counting: try Double.fetchOne(db, sql: "SELECT total(length(data)) + \(live) FROM journal"))
        let pageSize = try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 4096
        freeBytes = (try Int.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0) * pageSize
        fileBytes = (try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0) * pageSize
        lastMerge = try Meta.merged.get(db).map(Timestamp.init(microseconds:))
        expiredPoints = Int(try Meta.expired.get(db) ?? 0)
        cappedPoints = Int(try Meta.capped.get(db) ?? 0)
    }
}
