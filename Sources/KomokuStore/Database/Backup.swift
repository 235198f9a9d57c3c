import KomokuSQLite
import Glibc
import Synchronization

/// Copies a database that is in use, through a connection of its own that only reads.
struct Backup {
    let source: String
    let target: String

    /// Copies that are being written, by target.
    private static let running = Mutex<Set<String>>([])

    /// - Returns: the bytes of the copy.
    func run() -> Result<Int, Store.Error> {
        guard Self.running.withLock({ $0.insert(target).inserted }) else {
            return .failure(failure("it is being written already", "wait for it"))
        }
        defer { Self.running.withLock { _ = $0.remove(target) } }
        guard access(target, F_OK) != 0 else {
            return .failure(failure("it exists already", "name a file that does not exist"))
        }
        let part = target + ".part"
        unlink(part)
        do {
            try create(part)
            let database = try Database(path: source, isReadOnly: true, patience: .seconds(5))
            // One snapshot, without free pages; outside of a transaction.
            try database.execute(sql: "VACUUM INTO ?", arguments: [part])
            try database.close()
            try publish(part)
            return .success(FileSize.of(target))
        } catch {
            unlink(part)
            // What SQLite leaves where the disk was full.
            unlink(part + "-journal")
            let remedy = "see whether the directory exists and has room"
            return .failure(error as? Store.Error ?? failure(Store.Error.reason(error), remedy))
        }
    }

    /// Makes the file empty, for those who may read the source.
    private func create(_ part: String) throws {
        var status = stat()
        let mode = stat(source, &status) == 0 ? status.st_mode & 0o666 : 0o600
        let descriptor = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode & 0o600)
        guard descriptor >= 0 else {
            throw failure(String(cString: strerror(errno)), "see whether the directory exists and has room")
        }
        defer { close(descriptor) }
        fchmod(descriptor, mode)
    }

    /// What is under its name is whole and on the disk.
    private func publish(_ part: String) throws {
        let descriptor = open(part, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(String(cString: strerror(errno)), "") }
        let isSynced = fsync(descriptor) == 0
        let reason = String(cString: strerror(errno))
        close(descriptor)
        guard isSynced else { throw failure(reason, "") }
        guard link(part, target) == 0 else { throw failure(String(cString: strerror(errno)), "") }
        unlink(part)
        let directory = open(DatabaseOpening.directory(of: target), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { return }
        fsync(directory)
        close(directory)
    }

    private func failure(_ message: String, _ remedy: String) -> Store.Error {
        Store.Error(subject: target, message: "the backup failed: \(message)", remedy: remedy)
    }
}
