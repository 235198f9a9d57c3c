import KomokuSQLite
import Komoku
import KomokuSystem
import Logging

/// What a database holds when it is opened: the keys, and the journal as the head.
struct Restoration {
    private(set) var keys: [RestoredKey] = []
    private(set) var nextKeyID: Int32 = 0
    private(set) var state: StoreState
    private(set) var slots = JournalSlots(sequence: 1, slot: 0)
    private let logger: Logger
    private var isKnown: [Bool] = []

    init(
        _ database: DatabasePool, _ configuration: Store.Configuration, logger: Logger
    ) throws {
        self.logger = logger
        state = StoreState(generation: 1)
        try database.read { db in try read(db) }
        if !state.active.isEmpty { state.sealDeadline = .now + configuration.sealInterval }
    }

    private mutating func read(_ db: Database) throws {
        // After a seal that failed, slots are of a later generation than the next one of the file: it must not come again.
        let newest = max(try Meta.sealed.get(db) ?? 0, try JournalSlots.newestGeneration(db))
        state = StoreState(generation: newest + 1)
        let records = try KeyTable.fetch(db) { [logger] id, name in
            logger.error("a key cannot be read", metadata: ["key.id": "\(id)", "key": "\(name)"])
        }
        isKnown = [Bool](repeating: false, count: (records.last?.id.index ?? -1) + 1)
        for record in records { isKnown[record.id.index] = true }
        let isComplete = try readLasts(db)
        if !isComplete { try recoverLasts(records, db) }
        try replayJournal(db)
        try recoverInserted(db)
        if try Meta.undated.get(db) != nil { state.lasts.disown() }
        // A damaged row may have cost the newest put but not the point before it.
        for record in records { preferPoint(record.id.index) }
        state.committedEntries = state.active.count
        state.pendingStart = state.active.count
        state.blockPoints = try BlockTable.total(db)
        state.removals = try KeyTable.retired(db)
        state.damage = try SalvageReport.stored(db)
        state.outages = OutageBook(try OutageTable.fetch(db))
        state.replacements = ReplacementBook(try ReplacementTable.fetch(db))
        state.alive = try Meta.alive.get(db).map(Timestamp.init(microseconds:))
        state.statistics.deadLetters = try DeadLetterTable.count(db)
        let stored = try Meta.nextKey.get(db) ?? 0
        let bounded = min(max(0, stored), Int64(KeyID.limit))
        nextKeyID = max(Int32(bounded), (records.last?.id.rawValue ?? -1) + 1)
        keys = try records.map { record in
            let index = record.id.index
            return RestoredKey(
                record: record, last: state.lasts[index], lastValue: try lastValue(of: record.id, db),
                newestPoint: state.newestPoints[index], isOurs: state.lasts.isOurs(index),
                ahead: state.ahead[index].map(Timestamp.init(microseconds:)))
        }
    }

    /// - Returns: false where a row was damaged.
    private mutating func readLasts(_ db: Database) throws -> Bool {
        var isComplete = true
        try LastsTable.fetch(db) { id, row in
            switch row {
            case .success(let puts): for put in puts where knows(put.key) { state.remember(put) }
            case .failure(let corruption):
                isComplete = false
                logger.error("last values cannot be read", metadata: ["row": "\(id)", "error": "\(corruption)"])
            }
        }
        return isComplete
    }

    /// A gap is a point, and never a key's last value: an older version took one for it where an import ended in one.
    private func lastValue(of key: KeyID, _ db: Database) throws -> Point? {
        guard let last = state.lasts[key.index], last.value == nil else { return state.lasts[key.index] }
        let head = state.headPoints(of: key, after: nil, before: nil, newestLimit: .max)
        let damages = DamageLog(logger: logger)
        return try KeySnapshot(db, key, head: head, report: damages.report).newestValue()
    }

    /// Takes the newest point of the newest block for the keys that lost their last value.
    private mutating func recoverLasts(_ records: [KeyRecord], _ db: Database) throws {
        let damages = DamageLog(logger: logger)
        for record in records where state.lasts.time(at: record.id.index) == nil {
            let snapshot = try KeySnapshot(db, record.id, head: [], report: damages.report)
            guard let newest = try snapshot.point(before: .max) else { continue }
            state.rememberNewestPoint(of: record.id, newest)
            // A gap is no put: the last value from before it stays.
            guard let point = try snapshot.newestValue() else { continue }
            state.remember(
                Put(
                    key: record.id, time: point.time, value: point.value, provenance: point.provenance,
                    pointTime: point.time, isNewest: true))
        }
    }

    /// Takes what an import or a merge wrote before a crash, where it is newer than what the last seal knew.
    private mutating func recoverInserted(_ db: Database) throws {
        let keys = try LastsTable.insertions(db).filter(knows)
        guard !keys.isEmpty else { return }
        let damages = DamageLog(logger: logger)
        var misdated: [KeyID: Set<Int64>] = [:]
        for point in try MisdatedTable.fetch(db) { misdated[point.key, default: []].insert(point.time.microseconds) }
        for key in keys {
            let snapshot = try KeySnapshot(db, key, head: [], report: damages.report)
            let newest = try snapshot.newest(before: state.ahead[key.index], without: misdated[key] ?? [])
            if let point = newest.point { state.rememberNewestPoint(of: key, point) }
            guard let value = newest.value, state.lasts.time(at: key.index) ?? .min <= value.time.microseconds
            else { continue }
            state.lasts.set(key.index, time: value.time.microseconds, value.value, value.provenance)
        }
    }

    private mutating func replayJournal(_ db: Database) throws {
        let (entries, next) = try JournalSlots.replay(sealed: Meta.sealed.get(db) ?? 0, db)
        slots = next
        for entry in entries {
            state.statistics.journalRows += 1
            state.statistics.journalBytes += entry.bytes.count
            do {
                if let receipts = try ReceiptRow.decode(entry.bytes) {
                    state.receipts = ReceiptList(receipts)
                    continue
                }
                let puts = try JournalRow.decode(entry.bytes)
                _ = state.addToHead(puts.filter { knows($0.key) })
            } catch {
                state.statistics.corruptJournalRows += 1
                state.damagedRows.append(entry)
                logger.error(
                    "a journal row is damaged and left out",
                    metadata: ["row": "\(entry.sequence)", "error": "\(error)"])
            }
        }
    }

    private mutating func preferPoint(_ key: Int) {
        // A gap is no put: the last value from before it stays.
        // Nor is what a replayed message only confirmed.
        guard let point = state.newestPoints[key], point.value != nil,
            point.provenance != .retained || state.lasts.time(at: key) == nil,
            state.lasts.time(at: key) ?? .min < point.time.microseconds
        else {
            return
        }
        state.lasts.set(key, time: point.time.microseconds, point.value, point.provenance)
    }

    private func knows(_ key: KeyID) -> Bool { key.index < isKnown.count && isKnown[key.index] }
}
