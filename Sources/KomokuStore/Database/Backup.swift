import Glibc
import Komoku
import KomokuSQLite
import KomokuSystem
import Synchronization

/// Copies a database that is in use, through a connection of its own that only reads. The copy gets its name when it is whole.
struct Backup {
    let source: String
    let target: String

    /// Copies that are being written, by target.
    private static let running = Mutex<Set<ByteText>>([])

    /// - Returns: the bytes of the copy.
    func run() -> Result<Int, Store.Error> {
        guard Self.running.withLock({ $0.insert(ByteText(target)).inserted }) else {
            return .failure(failure("it is being written already", "wait for it"))
        }
        defer { Self.running.withLock { _ = $0.remove(ByteText(target)) } }
        guard access(target, F_OK) != 0 else {
            return .failure(failure("it exists already", "name a file that does not exist"))
        }
        do {
            let part = try PartFile(for: target)
            // What SQLite leaves where the disk was full.
            defer { unlink(part.path + "-journal") }
            let database = try Database(path: source, isReadOnly: true, patience: .seconds(5))
            // One snapshot, without free pages; outside of a transaction.
            try database.execute(sql: "VACUUM INTO ?", arguments: [part.path])
            try database.close()
            try part.publish(replacing: false)
            return .success(FileSize.of(target))
        } catch {
            let reason = (error as? PartFile.Failure)?.reason ?? Store.Error.reason(error)
            return .failure(failure(reason, "see whether the directory exists and has room"))
        }
    }

    private func failure(_ message: String, _ remedy: String) -> Store.Error {
        Store.Error(subject: target, message: "the backup failed: \(message)", remedy: remedy)
    }
}
