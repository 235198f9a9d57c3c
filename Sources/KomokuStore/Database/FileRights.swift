import Glibc

/// Who may read the files of a database: the user of this process, nobody else. They hold how people live, and secrets of rules.
enum FileRights {
    static let mode: mode_t = 0o600

    /// Makes the file of a new database, before SQLite does it for whomever the umask lets.
    ///
    /// SQLite gives its log and its shared memory the rights of the file.
    static func make(_ path: String) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        if descriptor >= 0 { close(descriptor) }
    }

    /// Takes away what others may do with a file of an earlier version.
    ///
    /// - Returns: whether they could do anything.
    @discardableResult
    static func tighten(_ path: String) -> Bool {
        var isOpen = false
        for suffix in ["", "-wal", "-shm", "-journal"] {
            var status = stat()
            guard stat(path + suffix, &status) == 0, status.st_mode & 0o077 != 0 else { continue }
            isOpen = chmod(path + suffix, status.st_mode & 0o700) == 0 || isOpen
        }
        return isOpen
    }
}
