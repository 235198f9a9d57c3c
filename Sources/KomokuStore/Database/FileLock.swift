import Glibc

/// The mark that a database is open: an exclusive `flock` on a file beside it, which ends with the process at the latest.
struct FileLock: ~Copyable {
    private let descriptor: CInt

    /// - Parameter path: that of the database.
    /// - Throws: where another store, of this process or another one, has it open.
    init(for path: String) throws(Store.Error) {
        let lockPath = path + ".lock"
        let descriptor = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, FileRights.mode)
        guard descriptor >= 0 else {
            throw Store.Error(
                subject: lockPath, message: "cannot be written: \(String(cString: strerror(errno)))",
                remedy: "let the user of this process write to the directory of the database")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let owner = Self.owner(descriptor)
            Glibc.close(descriptor)
            throw Store.Error(
                subject: path, message: "the database is open in another process\(owner.map { " (\($0))" } ?? "")",
                remedy: "stop that one first, or give this one a database of its own")
        }
        self.descriptor = descriptor
        write()
    }

    private func write() {
        let text = "\(getpid())\n"
        _ = ftruncate(descriptor, 0)
        _ = text.utf8CString.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count - 1, 0) }
    }

    /// The process id that the owner wrote, for the message only.
    private static func owner(_ descriptor: CInt) -> Int? {
        var buffer = [UInt8](repeating: 0, count: 20)
        let length = pread(descriptor, &buffer, buffer.count, 0)
        guard length > 0 else { return nil }
        return Int(String(decoding: buffer.prefix(length).prefix { $0 > 0x20 }, as: UTF8.self))
    }

    deinit {
        // A program that is just being started may have a copy of the descriptor for a moment: closing alone would wait for it.
        flock(descriptor, LOCK_UN)
        Glibc.close(descriptor)
    }
}
