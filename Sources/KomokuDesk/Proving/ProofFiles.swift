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

    /// A list alone becomes the section `rules`.
    static func section(_ text: String) -> String {
        let first = text.split(separator: "\n").first { line in
            let start = line.drop { $0 == " " }
            return !start.isEmpty && !start.hasPrefix("#") && !start.hasPrefix("---")
        }
        guard let first, first.drop(while: { $0 == " " }).hasPrefix("-") else { return text }
        return "rules:\n" + text
    }

    /// A test file that says nothing of its rules is of these.
    static func tests(_ text: String) -> String {
        let others = text.split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.hasPrefix("rules:") }
        return (["rules: rules.yaml"] + others).joined(separator: "\n")
    }
}
