import FoundationEssentials
import GRDB
import Komoku

/// Writes what the writer took, as one transaction.
struct Transaction {
    let db: Database
    let report: (DamagedBlock) -> Void

    /// - Parameter rows: the puts of the work as rows of the journal; left out where a seal holds their points.
    func write(_ work: Work, rows: [[UInt8]]) throws -> CommitResult {
        var result = CommitResult()
        var letters: [DeadLetter] = []
        for pending in work.batches {
            try KeyTable.apply(pending.batch, db)
            try EventQueue.apply(pending.batch, db)
            try CellTable.apply(pending.batch.cells, db)
            letters += pending.batch.deadLetters
        }
        if !letters.isEmpty {
            try DeadLetterTable.add(letters, db)
            result.deadLetters = try DeadLetterTable.count(db)
        }
        if let seal = work.seal {
            result.sealed = try write(seal)
        } else {
            try JournalTable.append(rows, db)
            result.journalRows = rows.count
            result.journalBytes = rows.reduce(0) { $0 + $1.count }
        }
        return result
    }

    private func write(_ seal: Work.Seal) throws -> BlockTable.Written {
        var written = BlockTable.Written()
        let total = try BlockTable.total(db)
        for index in 0..<seal.generation.keyEnd where seal.generation.hasPoints(of: index) {
            let points = seal.generation.points(of: index, after: nil, before: nil)
            try BlockTable(db: db, key: KeyID(rawValue: Int32(index)), report: report).merge(points, &written)
        }
        try BlockTable.setTotal(total + written.added, db)
        try JournalTable.clear(db)
        try LastsTable.replace(seal.lasts, seal.newestPoints, db)
        try Meta.sealed.set(seal.generation.number, db)
        return written
    }
}
