internal import Glibc

/// A folder for one database, in memory where the system has such a place. It is removed with its files when it is let go.
final class TestFolder: Sendable {
    let path: String

    /// - Returns: nil where none can be made.
    init?() {
        let temporary = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        for parent in ["/dev/shm", temporary] {
            var template = Array("\(parent)/komoku-test.XXXXXX".utf8CString)
            if mkdtemp(&template) != nil {
                path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
                return
            }
        }
        return nil
    }

    deinit {
        for name in names { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    private var names: [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Copies what a killed process leaves of a database: the file and its log.
    ///
    /// - Returns: whether all of it was copied.
    func copyDatabase(_ old: String, to new: String) -> Bool {
        ["", "-wal"].allSatisfy { suffix in
            access(file(old) + suffix, F_OK) != 0 || Self.copy(file(old) + suffix, to: file(new) + suffix)
        }
    }

    private static func copy(_ source: String, to target: String) -> Bool {
        let input = open(source, O_RDONLY)
        guard input >= 0 else { return false }
        defer { close(input) }
        let output = open(target, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        guard output >= 0 else { return false }
        defer { close(output) }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(input, &buffer, buffer.count)
            if count == 0 { return true }
            guard count > 0, write(output, buffer, count) == count else { return false }
        }
    }
}
