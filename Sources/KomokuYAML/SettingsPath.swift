/// Paths as settings write them: relative to the file that holds them, with `*` and `?` within a segment.
package enum SettingsPath {
    /// `path` as seen from the folder of `file`.
    package static func resolve(_ path: String, besides file: String) -> String {
        guard !path.utf8.starts(with: "/".utf8), let slash = file.utf8.lastIndex(of: UInt8(ascii: "/")) else {
            return path
        }
        return String(file[...slash]) + path
    }

    /// The same text for the same file, as far as that can be told without looking at the disk.
    static func identity(_ path: String) -> [UInt8] {
        var segments: [Substring.UTF8View] = []
        for segment in path.utf8.split(separator: UInt8(ascii: "/")) where !segment.elementsEqual(".".utf8) {
            let isParent = segment.elementsEqual("..".utf8)
            if isParent, let last = segments.last, !last.elementsEqual("..".utf8) {
                segments.removeLast()
            } else {
                segments.append(segment)
            }
        }
        let root = path.utf8.first == UInt8(ascii: "/") ? [UInt8(ascii: "/")] : []
        return root + segments.joined(separator: [UInt8(ascii: "/")])
    }

    static func isPattern(_ path: String) -> Bool {
        path.utf8.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") }
    }

    /// The paths that match a pattern, in the order of their bytes; nil when it would have to look into more than
    /// `limit` folders. As in a shell, a wildcard does not match a leading dot.
    static func matches(of pattern: String, in files: any SettingsFiles, limit: Int = 1024) -> [String]? {
        var found = [pattern.utf8.first == UInt8(ascii: "/") ? "/" : ""]
        var visited = 0
        for part in pattern.utf8.split(separator: UInt8(ascii: "/")) {
            let segment = String(decoding: part, as: UTF8.self)
            var next: [String] = []
            for parent in found {
                visited += 1
                guard visited <= limit else { return nil }
                let names = files.names(in: parent.isEmpty ? "." : parent)
                let prefix = parent.isEmpty || parent == "/" ? parent : parent + "/"
                if segment == "." || segment == ".." { next.append(prefix + segment) }
                next += names.filter { matches(segment, $0) }.map { prefix + $0 }
            }
            found = next
        }
        return found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Only the last `*` is ever tried again, so the time is bounded by the product of lengths.
    static func matches(_ pattern: String, _ name: String) -> Bool {
        let (pattern, name) = (Array(pattern.unicodeScalars), Array(name.unicodeScalars))
        if name.first == ".", pattern.first != "." { return false }
        var (i, j) = (0, 0)
        var retry: (pattern: Int, name: Int)?
        while j < name.count {
            if i < pattern.count, pattern[i] == "*" {
                retry = (i, j)
                i += 1
            } else if i < pattern.count, pattern[i] == "?" || pattern[i] == name[j] {
                (i, j) = (i + 1, j + 1)
            } else if let last = retry {
                retry = (last.pattern, last.name + 1)
                (i, j) = (last.pattern + 1, last.name + 1)
            } else {
                return false
            }
        }
        return pattern[i...].allSatisfy { $0 == "*" }
    }
}
