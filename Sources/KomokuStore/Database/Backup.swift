import GRDB
import Glibc

/// Copies a database that is in use, through a connection of its own that only reads.
struct Backup {
    let source: String
    let target: String

    /// - Returns: the bytes of the copy.
    func run() -> Result<Int, Store.Error> {
        guard access(target, F_OK) != 0 else {
            return .failure(failure("it exists already", "name a file that does not exist"))
        }
        let part = target + ".part"
        unlink(part)
        do {
            var configuration = GRDB.Configuration()
            configuration.readonly = true
            configuration.busyMode = .timeout(5)
            let queue = try DatabaseQueue(path: source, configuration: configuration)
            // One snapshot, without free pages; outside of a transaction.
            try queue.inDatabase { try $0.execute(sql: "VACUUM INTO ?", arguments: [part]) }
            try queue.close()
            try publish(part)
            return .success(FileSize.of(target))
        } catch {
            unlink(part)
            return .failure(failure(Store.Error.reason(error), "see whether the directory exists and has room"))
        }
    }

    /// What is under its name is whole and on the disk.
    private func publish(_ part: String) throws {
        let descriptor = open(part, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0, fsync(descriptor) == 0, close(descriptor) == 0, link(part, target) == 0 else {
            throw failure(String(cString: strerror(errno)), "")
        }
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
