import KomokuSQLite
import Komoku

/// Writes what the writer took, as one transaction.
struct Transaction {
    let db: Database
    /// What time it is.
    let time: Timestamp

    /// - Parameter rows: the puts of the work as rows of the journal; where a seal holds their points, only its receipts.
    func write(_ work: Work, rows: [[UInt8]], _ slots: inout JournalSlots) throws -> CommitResult {
        var result = CommitResult()
        var letters: [DeadLetter] = []
        var clearsLetters = false
        for pending in work.batches {
            try KeyTable.apply(pending.batch, db)
            try EventQueue.apply(pending.batch, db)
            try CellTable.apply(pending.batch.cells, db)
            try DeviceTable.apply(pending.batch.devices, db)
            try DiscoveryTable.apply(pending.batch.discoveries, db)
            try MisdatedTable.apply(pending.batch, db)
            try ReplacementTable.apply(pending.batch, db)
            try RunTable.apply(pending.batch.runs, db)
            try OutageTable.apply(pending.batch.outages, db)
            try AccountTable.apply(pending.batch.accounts, db)
            try SessionTable.apply(pending.batch.sessions, db)
            try DocumentTable.apply(pending.batch.documents, db)
            try RuleVersionTable.apply(pending.batch.ruleVersions, db)
            if let alive = pending.batch.alive { try Meta.alive.set(alive.microseconds, db) }
            if let retention = pending.batch.runRetention { try RunTable.prune(retention, at: time, db) }
            if pending.batch.clearsDeadLetters { (letters, clearsLetters) = ([], true) }
            letters += pending.batch.deadLetters
        }
        if clearsLetters { try DeadLetterTable.clear(db) }
        if clearsLetters || !letters.isEmpty {
            try DeadLetterTable.add(letters, db)
            result.deadLetters = try DeadLetterTable.count(db)
        }
        if let seal = work.seal {
            result.sealed = try write(seal, &slots)
            // What the sealed journal said besides its points stays true.
            try slots.append(rows, generation: work.generation + 1, db)
        } else {
            try slots.append(rows, generation: work.generation, db)
            result.journalRows = rows.count
            result.journalBytes = rows.reduce(0) { $0 + $1.count }
        }
        return result
    }

    /// Points of all keys, in the order of their ids: pages that follow each other, whatever is in the file already.
    private func write(_ seal: Work.Seal, _ slots: inout JournalSlots) throws -> SealResult {
        var written = SealResult()
        let total = try BlockTable.total(db)
        let number = seal.generation.number
        for index in 0..<seal.generation.keyEnd where seal.generation.hasPoints(of: index) {
            let points = seal.generation.points(of: index)
            try FreshTable(db, KeyID(rawValue: Int32(index))).append(points, seal: number, &written)
        }
        if written.points > 0 { try FreshTable.list(number, at: time, written, db) }
        try BlockTable.setTotal(total + written.points, db)
        for (index, row) in seal.damagedRows.enumerated() where !row.bytes.isEmpty {
            // Of no key; what its number was says where among the others it stood.
            try BlockTable(db, KeyID(rawValue: -1), .damaged)
                .setAside(start: row.sequence.clampedSum(Int64(index)), data: row.bytes)
        }
        try slots.clear(db)
        try LastsTable.replace(seal.lasts, seal.newestPoints, seal.ahead, db)
        try Meta.sealed.set(number, db)
        try db.execute(sql: "DELETE FROM meta WHERE name = ?", arguments: [Meta.undated.rawValue])
        return written
    }
}
