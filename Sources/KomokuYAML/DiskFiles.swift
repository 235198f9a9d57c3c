import Glibc

/// The files of the disk.
package struct DiskFiles: SettingsFiles {
    package init() {}

    package func read(_ path: String, limit: Int) throws(FileFailure) -> [UInt8] {
        // A pipe that nobody writes to, and the kernel's log, would keep whoever reads them for ever.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { throw Self.problem() }
        defer { _ = close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.problem() }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw FileFailure(String(cString: strerror(EISDIR)))
        default: throw FileFailure("it is no ordinary file")
        }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            // Qualified, because this method has the name of the call.
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.problem() }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
            guard bytes.count <= limit else { throw FileFailure("it has more than \(limit) bytes") }
        }
    }

    package func names(in directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            // The name is an array of fixed length in C, a tuple here; it ends with a zero.
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    private static func problem() -> FileFailure {
        FileFailure(String(cString: strerror(errno)))
    }
}
