import Glibc
import Komoku

/// The directory of zones, as the file system has it.
enum ZoneDirectory {
    /// All of a file; nil where it is none, cannot be read or is longer than a zone may be.
    static func bytes(at path: String) -> [UInt8]? {
        // Without O_NONBLOCK a pipe would never open.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            (0...Zone.maximumFileSize).contains(Int(status.st_size))
        else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes {
                read(file, $0.baseAddress?.advanced(by: filled), $0.count - filled)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return nil }
            filled += count
        }
        return bytes
    }

    /// The path without links.
    static func resolved(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(validatingCString: resolved)
    }

    /// The names of all zones, in order. Some 600; a directory that is something else is not walked to its end.
    static func names(in directory: String) -> [String] {
        var names = ["UTC"]
        var waiting = [""]
        while let folder = waiting.popLast(), names.count < 4096 {
            for entry in entries(of: directory + "/" + folder).prefix(4096) {
                let name = folder.isEmpty ? entry.name : folder + "/" + entry.name
                if !entry.isFolder {
                    names.append(name)
                } else if name.utf8.count < 64, name != "posix", name != "right" {
                    // Two more copies of all zones, the latter with leap seconds.
                    waiting.append(name)
                }
            }
        }
        return names.count == 1 ? [] : names.sorted()
    }

    private static func entries(of folder: String) -> [(name: String, isFolder: Bool)] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var entries: [(name: String, isFolder: Bool)] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            // Zones have no dots: `tzdata.zi`, `zone.tab`, `..`.
            if name.utf8.contains(UInt8(ascii: ".")) { continue }
            entries.append((name, entry.pointee.d_type == UInt8(DT_DIR)))
        }
        return entries
    }
}
