internal import Glibc
package import Komoku
internal import KomokuSystem

/// Space and inodes of the file systems. A server that is gone may hold `statfs` for hours: it is asked on a thread of its own, one
/// file system after another, and nobody waits for it longer than he wants.
package final class FileSystems: Sendable {
    private struct State {
        /// Of the round that has ended; nil while one is under way.
        var readings: [HostReading]? = []
        /// Where it is waited for.
        var mount: String?
    }

    private let state = Monitor(State())

    package init() {}

    /// Not on a disk, or seen elsewhere (filesystems(5)).
    private static let unreal: Set<String> = [
        "autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs", "efivarfs",
        "fusectl", "hugetlbfs", "mqueue", "nsfs", "overlay", "proc", "pstore", "ramfs", "rpc_pipefs", "securityfs",
        "selinuxfs", "squashfs", "sysfs", "tmpfs", "tracefs",
    ]

    /// The mount points that are told of; of a device that is mounted several times the first.
    static func mounts(_ files: HostFiles, _ filter: NameFilter) -> [String]? {
        guard let lines = files.lines("proc/self/mounts") else { return nil }
        var seen: Set<Substring> = []
        return lines.compactMap { line in
            let words = line.words
            guard words.count >= 3, !unreal.contains(String(words[2])) else { return nil }
            let mount = unescaped(words[1])
            return filter.allows(mount) && seen.insert(words[0]).inserted ? mount : nil
        }
    }

    /// Blanks are written as `\040` (proc(5)).
    static func unescaped(_ word: Substring) -> String {
        var (bytes, rest): ([UInt8], Substring.UTF8View.SubSequence) = ([], word.utf8[...])
        while let byte = rest.first {
            let digits = rest.dropFirst().prefix(3)
            if byte == UInt8(ascii: "\\"), digits.count == 3,
                let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
            {
                bytes.append(code)
                rest = rest.dropFirst(4)
            } else {
                bytes.append(byte)
                rest = rest.dropFirst()
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Asks each, unless an earlier round still waits: figures are of now or not told.
    ///
    /// - Parameter limit: how long it is waited for the answers.
    /// - Returns: nil where the list of mounts cannot be read; empty where there is no answer in time.
    package func readings(_ files: HostFiles, _ filter: NameFilter, within limit: Duration) -> [HostReading]? {
        guard let mounts = Self.mounts(files, filter) else { return nil }
        let isFree = state.withLock { state in
            defer { state.readings = nil }
            return state.readings != nil
        }
        guard isFree else { return [] }
        ask(mounts, files)
        let end = Moment.now + limit
        return state.wait { state in
            if let readings = state.readings { return .result(readings) }
            return Moment.now < end ? .until(end) : .result([])
        }
    }

    /// The mount point that does not answer; nil where none is waited for.
    package var waitingFor: String? { state.withLock { $0.readings == nil ? $0.mount : nil } }

    private func ask(_ mounts: [String], _ files: HostFiles) {
        let thread = try? NamedThread("file systems") { [self] in
            var found: [HostReading] = []
            for mount in mounts {
                state.withLock { $0.mount = mount }
                found += Self.readings(of: mount, at: files.path(String(mount.drop { $0 == "/" })))
            }
            state.withLock { $0 = State(readings: found) }
            state.signal()
        }
        // Nobody waits for its end: it may hang in the call.
        if let thread { thread.detach() } else { state.withLock { $0.readings = [] } }
    }

    private static func readings(of mount: String, at path: String) -> [HostReading] {
        var status = statvfs()
        guard statvfs(path, &status) == 0, status.f_blocks > 0 else { return [] }
        let key = "filesystem.\(HostReading.segment(mount))"
        let unit = Double(status.f_frsize)
        let (total, free) = (Double(status.f_blocks) * unit, Double(status.f_bavail) * unit)
        // What only root may fill is taken for used, as df(1) does.
        let used = Double(status.f_blocks - min(status.f_blocks, status.f_bfree)) * unit
        var readings: [HostReading] = [
            .number("\(key).total", total, "B"), .number("\(key).used", used, "B"), .number("\(key).free", free, "B"),
        ]
        if status.f_files > 0 {
            readings += [
                .number("\(key).inodes", Double(status.f_files)),
                .number("\(key).inodes_free", Double(status.f_favail)),
            ]
        }
        return readings
    }
}
