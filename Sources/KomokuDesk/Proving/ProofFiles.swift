internal import Glibc
internal import Komoku
internal import KomokuSystem
internal import KomokuWire

/// A folder of a trial's own, which is removed with it.
final class ProofFiles: Sendable {
    let path: String

    /// - Throws: where none can be made.
    init() throws(Refusal) {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/komoku-proof-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw .store("no folder for a trial can be made in \(base): \(String(cString: strerror(errno)))")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        for name in Self.names { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    private static let names = ["rules.yaml", "compare.yaml", "rules.test.yaml", "keys.json"]

    /// - Returns: the whole path.
    func write(_ bytes: [UInt8], to name: String) throws(Refusal) -> String {
        let target = "\(path)/\(name)"
        let file = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .store("\(target) cannot be written: \(String(cString: strerror(errno)))") }
        defer { close(file) }
        do { try writeWhole(bytes, to: file) } catch { throw .store("\(target) cannot be written: \(error)") }
        return target
    }

    /// A list alone becomes the section `rules`. Its lines then are one further down; see `asWritten`.
    static func section(_ text: String) -> String { isList(text) ? "rules:\n" + text : text }

    /// Findings with the lines of a list as they were given.
    static func asWritten(_ said: String, of rules: String) -> String {
        guard isList(rules) else { return said }
        let moved = shifted(said, behind: #""file":"rules.yaml","line":"#)
        return shifted(moved, behind: "rules.yaml:")
    }

    /// With the numbers behind a text one less.
    private static func shifted(_ said: String, behind mark: String) -> String {
        var parts = said.split(separator: mark, omittingEmptySubsequences: false).map(String.init)
        for index in parts.indices.dropFirst() {
            let digits = parts[index].prefix { ("0"..."9").contains($0) }
            guard let line = Int(digits), line > 1 else { continue }
            parts[index] = "\(line - 1)" + parts[index].dropFirst(digits.count)
        }
        return parts.joined(separator: mark)
    }

    private static func isList(_ text: String) -> Bool {
        let first = text.split(separator: "\n").first { line in
            let start = line.drop { $0 == " " }
            return !start.isEmpty && !start.hasPrefix("#") && !start.hasPrefix("---")
        }
        return first?.drop { $0 == " " }.hasPrefix("-") ?? false
    }

    /// A test file that says nothing of its rules is of these.
    static func tests(_ text: String) -> String {
        // Behind the others, so that lines are as they were given.
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let others = lines.map { $0.hasPrefix("rules:") ? "" : $0 }
        return (others + ["rules: rules.yaml", ""]).joined(separator: "\n")
    }
}
