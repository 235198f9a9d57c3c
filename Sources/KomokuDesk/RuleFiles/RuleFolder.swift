internal import Glibc
package import Komoku
internal import KomokuSystem
package import KomokuWire
internal import KomokuYAML

/// A folder in which clients may write rules. Names that lead out of it are refused, and so are links; a file is written as a whole
/// or not at all.
package struct RuleFolder: Sendable {
    package let path: String

    package init(_ path: String) { self.path = path }

    package struct File: Sendable {
        package let name: String
        package let text: String
        package let time: Timestamp

        package var revision: String { RuleFolder.revision(of: text) }
    }

    /// What tells one text of a file from another, also where it was written by hand.
    package static func revision(of text: String) -> String { String(SHA256(of: text.utf8).hexadecimal.prefix(16)) }

    /// The files of rules in it, by name; those that cannot be read are left out.
    package func files() throws(Refusal) -> [File] {
        let folder = try opened()
        defer { close(folder) }
        let names = DiskFiles().names(in: path).filter(RulesFile.isOne).sorted {
            $0.utf8.lexicographicallyPrecedes($1.utf8)
        }
        return names.compactMap { try? file($0, in: folder) }
    }

    /// Nil where there is none.
    package func file(_ name: String) throws(Refusal) -> File? {
        let folder = try opened()
        defer { close(folder) }
        return try file(name, in: folder)
    }

    private func opened() throws(Refusal) -> Int32 {
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw Self.failed("the folder '\(path)' cannot be opened") }
        return folder
    }

    private static func failed(_ what: String) -> Refusal { .store("\(what): \(String(cString: strerror(errno)))") }

    private func file(_ name: String, in folder: Int32) throws(Refusal) -> File? {
        guard RulesFile.isOne(name) else { throw .invalidQuery("'\(name.prefix(100))' is no name of a file of rules") }
        let file = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            if errno == ELOOP { throw .notAllowed("'\(path)/\(name)' is a link, which is not followed") }
            throw Self.failed("'\(path)/\(name)' cannot be read")
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size <= Self.mostBytes else {
            throw .notAllowed("'\(path)/\(name)' is no file of at most \(Self.mostBytes) bytes")
        }
        guard let bytes = Self.content(of: file) else { throw Self.failed("'\(path)/\(name)' cannot be read") }
        let time = Timestamp(seconds: Double(status.st_mtim.tv_sec)) ?? Timestamp(microseconds: 0)
        return File(name: name, text: String(decoding: bytes, as: UTF8.self), time: time)
    }

    private static let mostBytes = 256 << 10

    private static func content(of file: Int32) -> [UInt8]? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count <= mostBytes {
            let count = read(file, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            if count < 0 { return nil }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
        }
        return nil
    }

    // MARK: Writing

    /// A text that lies beside the file, and takes its place at once or not at all.
    package struct Pending {
        fileprivate let folder: Int32
        fileprivate let temporary: String?
        fileprivate let name: String
        fileprivate let path: String

        /// A kill or a power cut leaves the old text or the new one.
        package func commit() throws(Refusal) {
            defer { close(folder) }
            let isDone = temporary.map { renameat(folder, $0, folder, name) } ?? unlinkat(folder, name, 0)
            guard isDone == 0 else {
                let refusal = RuleFolder.failed("'\(path)/\(name)' cannot be written")
                if let temporary { unlinkat(folder, temporary, 0) }
                throw refusal
            }
            _ = fsync(folder)
        }

        package func withdraw() {
            if let temporary { unlinkat(folder, temporary, 0) }
            close(folder)
        }
    }

    /// Writes a text to the disk, where it is not yet the file's.
    ///
    /// - Parameter text: nil is to delete the file.
    package func prepare(_ text: String?, as name: String) throws(Refusal) -> Pending {
        guard RulesFile.isOne(name) else { throw .invalidQuery("'\(name.prefix(100))' is no name of a file of rules") }
        let folder = try opened()
        guard let text else { return Pending(folder: folder, temporary: nil, name: name, path: path) }
        // What a kill leaves has the same name the next time; it begins with a dot, and is no file of rules.
        let temporary = ".\(name).new"
        unlinkat(folder, temporary, 0)
        let file = openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard file >= 0 else {
            let refusal = Self.failed("'\(path)/\(name)' cannot be written")
            close(folder)
            throw refusal
        }
        defer { close(file) }
        do {
            try writeWhole(Array(text.utf8), to: file)
            guard fsync(file) == 0 else { throw Self.failed("'\(path)/\(name)' cannot be written") }
        } catch {
            unlinkat(folder, temporary, 0)
            close(folder)
            throw .store("'\(path)/\(name)' cannot be written: \(error)")
        }
        return Pending(folder: folder, temporary: temporary, name: name, path: path)
    }
}

private enum RulesFile {
    static func isOne(_ name: String) -> Bool { RuleFileName.isOne(name) }
}
