import KomokuSQLite
import Komoku
import KomokuSystem
import Logging

extension Writer {
    /// The first slice of a request.
    mutating func begin(_ request: Request) {
        do {
            switch request {
            case .insertion(let insertion):
                running = .insertion(RunningRequest.Insertion(request: insertion, seal: try sealed()))
            case .addition(let addition): running = .addition(RunningRequest.Addition(request: addition))
            case .copy(let copy):
                let history = HistoryCopy(from: copy.source, into: copy.target, seal: try sealed())
                running = .copy(RunningRequest.Copy(request: copy, copy: history))
            case .compaction(let then):
                let before = try report()
                pass = try newPass(isThorough: true)
                running = .compaction(before: before, then: then)
            }
        } catch {
            return request.fail(Store.Error(subject: "the store", message: Store.Error.reason(error)))
        }
        monitor.withLock { $0.requestIsRunning = true }
        proceed()
    }

    /// The next slice of the request that is under way.
    mutating func proceed() {
        guard let running else { return }
        do {
            switch running {
            case .insertion(let insertion): try proceed(insertion)
            case .addition(let addition): try proceed(addition)
            case .copy(let copy): try proceed(copy)
            case .compaction(let before, let then): try compact(before, then)
            }
        } catch {
            noteCorruption(error)
            end(running, Store.Error(subject: "the store", message: Store.Error.reason(error)))
        }
    }

    /// - Parameter error: why it ends early.
    mutating func end(_ request: RunningRequest, _ error: Store.Error) {
        if case .compaction = request {
            pass = nil
            monitor.withLock { $0.endPass(retry: Self.passPatience) }
        }
        finish()
        request.fail(error)
    }

    private mutating func finish() {
        running = nil
        monitor.withLock { $0.requestIsRunning = false }
    }

    private mutating func proceed(_ insertion: RunningRequest.Insertion) throws {
        var insertion = insertion
        let (key, points) = (insertion.request.key, insertion.request.points)
        let next = insertion.next
        let now = clock()
        let limit = insertion.request.limit
        let (added, inserted, end, newest, filled) = try transact(.lock) { db in
            var merge = KeyMerge(db, key, try traits(of: key, db), report: damages.report)
            let isMerged = try merge.run(upTo: insertion.seal)
            let before = merge
            let end = isMerged ? try merge.insert(points, from: next, at: now) : next
            try BlockTable.setTotal(BlockTable.total(db) + merge.added, db)
            let newest = monitor.withLock { $0.newest(of: key, points.part(next..<end), until: limit) }
            let filled = end > next ? try note(newest, of: key, db) : slots
            return (merge.added, merge.inserted(since: before), end, newest, filled)
        }
        slots = filled
        insertion.inserted += inserted
        insertion.next = end
        monitor.withLock { state in
            state.blockPoints += added
            state.statistics.leftOutPoints += inserted.leftOut
            for put in newest { state.remember(put) }
        }
        // Where fresh rows took this slice, the points have not begun yet.
        let isDone = end == points.count && (end > next || points.isEmpty)
        guard isDone else { return running = .insertion(insertion) }
        finish()
        insertion.request.then(.success(insertion.inserted))
    }

    /// What is newest with a slice must be so after a crash behind it, too: the points are found in the file then. From when on some
    /// wait for their time goes to the journal.
    ///
    /// - Returns: the slots with it.
    private func note(_ newest: [Put], of key: KeyID, _ db: Database) throws -> JournalSlots {
        var slots = slots
        try LastsTable.noteInsertion(into: key, db)
        let ahead = newest.filter { $0.dating == .future }
        guard !ahead.isEmpty else { return slots }
        let rows = JournalColumns.rows(ahead, size: JournalSlots.rowSize)
        try slots.append(rows, generation: monitor.withLock { $0.active.number }, db)
        return slots
    }

    private mutating func proceed(_ running: RunningRequest.Copy) throws {
        var next = running
        let (source, target) = (running.request.source, running.request.target)
        let (now, limit) = (clock(), running.request.limit)
        let (copy, added, newest, filled) = try transact(.lock) { db in
            var copy = running.copy
            let scene = HistoryCopy.Scene(
                db: db, source: try traits(of: source, db), target: try traits(of: target, db), time: now,
                report: damages.report)
            let added = try copy.slice(scene)
            try BlockTable.setTotal(BlockTable.total(db) + added, db)
            let newest = monitor.withLock { $0.newest(of: target, copy.copied, until: limit) }
            return (copy, added, newest, try note(newest, of: target, db))
        }
        slots = filled
        next.copy = copy
        next.added += added
        monitor.withLock { state in
            state.blockPoints += added
            for put in newest { state.remember(put) }
        }
        guard copy.isDone else { return self.running = .copy(next) }
        finish()
        running.request.then(.success(next.added))
    }

    /// What was sealed last.
    private func sealed() throws -> Int64 { try transact(.lock) { try Meta.sealed.get($0) ?? 0 } }

    func traits(of key: KeyID, _ db: Database) throws -> KeyTraits {
        guard let type = try KeyTable.type(of: key, db) else {
            throw Store.Error(subject: "key \(key.rawValue)", message: "there is no such key")
        }
        return monitor.withLock {
            KeyTraits(
                type: type, rules: $0.counters[key], isLog: $0.logs[key] != nil, outages: $0.outages.of(key))
        }
    }

    private mutating func compact(
        _ before: StoreReport, _ then: @Sendable (Result<Compaction, Store.Error>) -> Void
    ) throws {
        if pass != nil { try advance() }
        guard pass == nil else { return }
        // The log shrinks too, unless a reader is at work: what is shown afterwards is what there is.
        if path != nil { try? database.writeWithoutTransaction { try $0.execute(sql: Self.checkpoint) } }
        var compaction = Compaction()
        (compaction.before, compaction.after) = (before, try report())
        finish()
        then(.success(compaction))
    }

    private func report() throws -> StoreReport {
        var report = try transact(.lock) { try StoreReport($0) }
        report.fileBytes = path.map { FileSize.of($0) + FileSize.of($0 + "-wal") } ?? 0
        return report
    }
}

extension Writer {
    /// A slice of the round over all keys; begins one where none is under way.
    mutating func maintain() {
        do {
            if pass == nil { pass = try newPass(isThorough: false) }
            try advance()
        } catch {
            noteCorruption(error)
            logger.error("merging failed, it is tried again later", metadata: ["error": "\(Store.Error.reason(error))"])
            pass = nil
            monitor.withLock { $0.endPass(retry: Self.passPatience) }
        }
    }

    func newPass(isThorough: Bool) throws -> MergePass {
        let now = clock()
        let newest = monitor.withLock { $0.newest(upTo: now) }
        return try transact(.lock) { try MergePass(at: now, newest: newest, isThorough: isThorough, $0) }
    }

    private mutating func advance() throws {
        guard var current = pass else { return }
        let policy = monitor.withLock { $0.policy }
        let slice: MergePass.Slice
        do {
            let start = current
            slice = try transact(.lock) { db in
                current = start
                return try current.slice(policy, db, report: damages.report)
            }
        } catch let error as DatabaseError where [.corrupt, .ioError].contains(error.resultCode) {
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
            state.statistics.leftOutPoints += slice.leftOut
            state.statistics.expiredPoints += slice.expired
            state.statistics.cappedPoints += slice.capped
            if slice.isDone { state.endPass(retry: StoreState.passInterval) }
        }
    }

    /// The next start looks through the whole file.
    func noteCorruption(_ error: any Error) {
        if let path, Salvage.isCorruption(error) { Salvage.mark(path) }
    }

    static let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)"
    private static let passPatience = Duration.seconds(600)
}

extension StoreState {
    /// A round is due once a day at the latest, and after so many seals.
    static let passInterval = Duration.seconds(86_400)
    static let sealsPerPass = 12
    /// What is left to others first after a start.
    static let passDelay = Duration.seconds(900)

    var policy: MergePass.Policy {
        MergePass.Policy(
            rules: rules, logs: logs, counters: counters, outages: outages, replacements: replacements,
            maximumSize: maximumSize)
    }

    mutating func endPass(retry: Duration) {
        passIsRunning = false
        sealsSincePass = 0
        passDue = .now + retry
    }

    /// The newest time that anything was put or stored for, without what is ahead of the clock.
    func newest(upTo now: Timestamp) -> Timestamp? {
        let newest = [lasts, newestPoints].compactMap { $0.newestTime(upTo: now.microseconds) }.max()
        return newest.map(Timestamp.init(microseconds:))
    }

    /// Keeps a stored point where it is the newest of its key.
    mutating func rememberNewestPoint(of key: KeyID, _ point: Point) {
        guard 0..<KeyID.limit ~= key.index, !deleted.contains(key.index) else { return }
        let time = point.time.microseconds
        if newestPoints.time(at: key.index).map({ time >= $0 }) ?? true {
            newestPoints.set(key.index, time: time, point.value, point.provenance)
        }
    }

    /// The puts that make the newest of some points the newest of their key, where they are: the newest point, and the newest that
    /// is a value. A gap is a point, and never a key's last value; what is behind the limit waits for its time.
    func newest(of key: KeyID, _ points: PointColumns, until limit: Timestamp) -> [Put] {
        guard 0..<KeyID.limit ~= key.index, !deleted.contains(key.index) else { return [] }
        let count = points.firstIndex(after: limit.microseconds)
        var puts: [Put] = []
        if count < points.count {
            var ahead = Put(key, points[count], isNewest: false, dating: .future)
            ahead.pointTime = nil
            puts.append(ahead)
        }
        let value = (0..<count).last { points.kind(at: $0) != .gap }
        if let value, lasts.time(at: key.index).map({ points.times[value] >= $0 }) ?? true {
            puts.append(Put(key, points[value], isNewest: true, dating: .given))
        }
        // Also where a put that was no point is newer.
        let isTold = puts.contains { $0.time.microseconds == (count > 0 ? points.times[count - 1] : .min) }
        if count > 0, !isTold, newestPoints.time(at: key.index).map({ points.times[count - 1] >= $0 }) ?? true {
            puts.append(Put(key, points[count - 1], isNewest: false, dating: .given))
        }
        return puts
    }
}

extension Put {
    /// A point.
    init(_ key: KeyID, _ point: Point, isNewest: Bool, dating: Dating) {
        self.init(
            key: key, time: point.time, value: point.value, provenance: point.provenance, pointTime: point.time,
            isNewest: isNewest, dating: dating)
    }
}

extension StoreReport {
    init(_ db: Database) throws {
        self.init()
        for row in try Row.fetchAll(db, sql: "SELECT tier, blocks, count, bytes FROM totals ORDER BY tier") {
            guard let tier = KomokuStore.Tier(rawValue: row.count(0)) else { continue }
            tiers.append(
                StoreReport.Tier(
                    name: tier.name, count: row.count(2), blocks: row.count(1), bytes: row.count(3)))
        }
        let fresh = try FreshTable.totals(db)
        (freshPoints, freshBytes) = (fresh.points, fresh.bytes)
        keys = try Int.fetchOne(db, sql: "SELECT count(*) FROM keys") ?? 0
        let live = "(SELECT total(length(data)) FROM slots WHERE generation > \(try Meta.sealed.get(db) ?? 0))"
        journalBytes = try Row.fetchOne(db, sql: "SELECT total(length(data)) + \(live) FROM journal")?.count(0) ?? 0
        let pageSize = try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 4096
        freeBytes = (try Int.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0) * pageSize
        fileBytes = (try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0) * pageSize
        lastMerge = try Meta.merged.get(db).map(Timestamp.init(microseconds:))
        expiredPoints = Int(try Meta.expired.get(db) ?? 0)
        cappedPoints = Int(try Meta.capped.get(db) ?? 0)
        leftOutPoints = Int(try Meta.leftOut.get(db) ?? 0)
    }
}
