internal import Glibc
internal import KomokuSystem

/// The lines that were typed, the oldest first, in a file that nobody else can read. Lines with a secret in them are not kept.
struct ShellHistory {
    private(set) var lines: [String] = []
    /// Nil where there is no place for it.
    private let path: String?

    private static let most = 1000
    private static let largest = 1 << 20

    /// `$XDG_STATE_HOME/komoku/history`, by default in `~/.local/state`.
    static var usualPath: String? {
        func folder(_ name: String) -> String? { HubProgram.environment(name).flatMap { $0.hasPrefix("/") ? $0 : nil } }
        return (folder("XDG_STATE_HOME") ?? folder("HOME").map { $0 + "/.local/state" }).map { $0 + "/komoku/history" }
    }

    init(path: String? = usualPath) {
        self.path = path
        guard let path, let file = try? InputFile(path) else { return }
        var bytes: [UInt8] = []
        while bytes.count < Self.largest, let more = try? file.read(), !more.isEmpty { bytes += more }
        lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").suffix(Self.most).map(String.init)
    }

    /// Takes a line, and writes it behind the others.
    mutating func add(_ line: String) {
        guard !line.isEmpty, !line.hasPrefix(" "), line != lines.last, !Self.isSecret(line) else { return }
        lines.append(line)
        if lines.count > Self.most { lines.removeFirst() }
        write()
    }

    /// Whether words of the line tell of a password or a token, which a file must not have.
    static func isSecret(_ line: String) -> Bool {
        let line = line.lowercased()
        let isAboutThem = ["token", "password", "passwd", "secret", "pin"].contains { name in
            line.split { !$0.isLetter && !$0.isNumber }.contains { $0 == name || $0.hasSuffix(name) && name != "pin" }
        }
        // A login in an address: mqtt://user:password@host.
        return isAboutThem || line.contains("://") && line.contains("@")
    }

    /// Anew each time: the file stays short, and a hub's shell is typed at by hand.
    private func write() {
        guard let path else { return }
        var folder = ""
        for part in path.split(separator: "/").dropLast() {
            folder += "/" + part
            mkdir(folder, 0o700)
        }
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        // A history that cannot be kept is no reason to stop.
        guard file >= 0 else { return }
        defer { close(file) }
        fchmod(file, 0o600)
        try? writeWhole(lines.map { $0 + "\n" }.joined().utf8, to: file)
    }
}
