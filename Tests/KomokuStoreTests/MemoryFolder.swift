import Glibc
import KomokuTesting

@testable import KomokuStore

/// A folder in memory where the system has such, so that a thousand databases cost no disk.
struct MemoryFolder: Sendable {
    let path: String

    init() throws {
        let root = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
        path = "\(root)/komoku-cut-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        guard mkdir(path, 0o700) == 0 else { throw PowerCuts.CannotWrite(name: path) }
    }

    var database: String { path + "/test.db" }

    /// The bytes of a file; empty where there is none.
    func bytes(_ name: String = "test.db") -> [UInt8] {
        guard let stream = fopen("\(path)/\(name)", "rb") else { return [] }
        defer { fclose(stream) }
        var bytes = [UInt8](repeating: 0, count: FileSize.of("\(path)/\(name)"))
        let count = fread(&bytes, 1, bytes.count, stream)
        return Array(bytes.prefix(count))
    }

    /// Where some bytes are in the database file.
    func place(of part: [UInt8]) -> Int? {
        let whole = bytes()
        return whole.withUnsafeBytes { whole in
            guard let start = whole.baseAddress, let first = part.first else { return nil }
            var place = 0
            while place + part.count <= whole.count {
                guard let found = memchr(start + place, CInt(first), whole.count - place) else { return nil }
                place = UnsafeRawPointer(found) - start
                if place + part.count <= whole.count, memcmp(start + place, part, part.count) == 0 { return place }
                place += 1
            }
            return nil
        }
    }

    /// Puts bytes into a file.
    func write(_ bytes: [UInt8], to name: String = "test.db") throws {
        try PowerCuts.write([name: bytes], to: path)
    }

    /// The names of what is in the folder.
    var names: [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    func move(_ name: String, _ other: String) { rename("\(path)/\(name)", "\(path)/\(other)") }

    func empty() {
        for name in names { Glibc.remove("\(path)/\(name)") }
    }

    func remove() {
        empty()
        rmdir(path)
    }
}
