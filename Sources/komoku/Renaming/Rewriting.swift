internal import Glibc
internal import Komoku
internal import KomokuClient
internal import KomokuWire
internal import KomokuSystem

/// Changes of the files that use an old name: worked out and shown first, then written whole, each file at once.
struct Rewriting {
    private var changes: [FileChange] = []
    /// Uses that are changed.
    private var covered: Set<KeyUse> = []
    /// What the hub made of the changed files.
    var reload: ReloadAnswer?

    /// - Parameter isHere: whether the hub's files are on this machine.
    init(_ uses: [KeyUse], isHere: Bool) {
        guard isHere else { return }
        let clear = uses.filter { $0.replacement != nil }
        for (path, uses) in Dictionary(grouping: clear, by: \.file).sorted(by: { $0.key < $1.key }) {
            guard let change = FileChange(path, uses) else { continue }
            changes.append(change)
            covered.formUnion(uses)
        }
    }

    var isEmpty: Bool { changes.isEmpty }
    var files: [String] { changes.map(\.path) }

    func covers(_ use: KeyUse) -> Bool { covered.contains(use) }

    /// `2 changes in 1 file`.
    var countText: String {
        "\(Numbers.counted(covered.count, "change")) in \(Numbers.counted(changes.count, "file"))"
    }

    /// As `diff -u` writes it, without the lines around.
    var diff: [String] { changes.flatMap(\.diff) }

    /// Writes the new files beside the old ones, so that what cannot be written is known before anything is changed.
    mutating func prepare() throws {
        for index in changes.indices { try changes[index].prepare() }
    }

    /// Puts the new files in the place of the old ones.
    mutating func publish() throws {
        for index in changes.indices { try changes[index].publish() }
    }
}

/// The changes of one file.
struct FileChange {
    /// As the hub calls it.
    let path: String
    /// Without symbolic links: those stay.
    private let target: String
    private let before: [UInt8]
    private let after: [UInt8]
    private let lines: [Int: (old: [UInt8], new: [UInt8])]
    private var part: PartFile?

    private static let maximumSize = 64 << 20

    /// - Returns: nil where the file is not there, or does not have the names where they should be.
    init?(_ path: String, _ uses: [KeyUse]) {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        self.path = path
        target = String(cString: real)
        guard let bytes = Self.read(target) else { return nil }
        before = bytes
        var lines: [Int: (old: [UInt8], new: [UInt8])] = [:]
        var all = Self.lines(of: bytes)
        // From the end on, so that the places before stay where they are.
        for use in uses.sorted(by: { ($0.line, $0.column) > ($1.line, $1.column) }) {
            guard let replacement = use.replacement, all.indices.contains(use.line - 1),
                let changed = all[use.line - 1].replacing(use.text, at: use.column, with: replacement)
            else { return nil }
            lines[use.line] = (lines[use.line]?.old ?? all[use.line - 1], changed)
            all[use.line - 1] = changed
        }
        self.lines = lines
        after = Array(all.joined())
    }

    var diff: [String] {
        func text(_ sign: String, _ line: [UInt8]) -> String {
            let bytes = line.filter { $0 != 0x0A && $0 != 0x0D }
            return sign + String(decoding: bytes, as: UTF8.self).printableTabs
        }
        return ["--- \(path.printable)", "+++ \(path.printable)"]
            + lines.sorted { $0.key < $1.key }.flatMap { number, line in
                ["@@ -\(number) +\(number) @@", text("-", line.old), text("+", line.new)]
            }
    }

    mutating func prepare() throws {
        do {
            let part = try PartFile(for: target)
            var status = stat()
            // Who could read it before can read it afterwards; only root can give files away.
            if stat(target, &status) == 0 {
                if fchown(part.descriptor, status.st_uid, status.st_gid) != 0 {
                    _ = fchown(part.descriptor, uid_t.max, status.st_gid)
                }
                fchmod(part.descriptor, status.st_mode & 0o7777)
            }
            try writeWhole(after, to: part.descriptor)
            self.part = part
        } catch let error as PartFile.Failure {
            throw failure(error.reason)
        } catch {
            throw failure("\(error)")
        }
    }

    mutating func publish() throws {
        guard let part else { return }
        guard Self.read(target) == before else { throw failure("somebody else has changed it meanwhile") }
        do throws(PartFile.Failure) { try part.publish(replacing: true) } catch { throw failure(error.reason) }
        self.part = nil
    }

    private func failure(_ reason: String) -> Failure {
        Failure(message: "\(path.printable) cannot be changed: \(reason)")
    }

    private static func read(_ path: String) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var (bytes, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 1 << 16))
        while true {
            let count = Glibc.read(file, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0, bytes.count <= maximumSize else { return nil }
            if count == 0 { return bytes }
            bytes += buffer.prefix(count)
        }
    }

    /// Each with its end; a carriage return alone ends one, too, as in YAML.
    private static func lines(of bytes: [UInt8]) -> [[UInt8]] {
        var (lines, line) = ([[UInt8]](), [UInt8]())
        for (index, byte) in bytes.enumerated() {
            line.append(byte)
            let isLoneReturn = byte == 0x0D && (index + 1 == bytes.count || bytes[index + 1] != 0x0A)
            guard byte == 0x0A || isLoneReturn else { continue }
            lines.append(line)
            line = []
        }
        return line.isEmpty ? lines : lines + [line]
    }
}

extension [UInt8] {
    /// Nil where the text is not there, or goes on as a longer name.
    fileprivate func replacing(_ text: String, at column: Int, with other: String) -> [UInt8]? {
        let text = Array(text.utf8)
        // A byte order mark is no column.
        let start = starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        var (index, left) = (start, column - 1)
        while left > 0, index < count {
            index += 1
            while index < count, self[index] & 0xC0 == 0x80 { index += 1 }
            left -= 1
        }
        guard left == 0, self[index...].starts(with: text) else { return nil }
        let end = index + text.count
        if index > start, self[index - 1].isPartOfName { return nil }
        if end < count,
            self[end].isPartOfName
                || (self[end] == UInt8(ascii: ".") && self[(end + 1)...].first?.isPartOfName ?? false)
        {
            return nil
        }
        return Array(self[..<index]) + Array(other.utf8) + Array(self[end...])
    }
}

extension UInt8 {
    fileprivate var isPartOfName: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
            true
        default: false
        }
    }
}

extension String {
    /// Printable, with tabs as they are.
    fileprivate var printableTabs: String {
        split(separator: "\t", omittingEmptySubsequences: false).map { String($0).printable }.joined(separator: "\t")
    }
}
