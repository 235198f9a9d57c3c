package import Komoku
package import KomokuYAML

/// Findings about files for a person at a terminal: each with its line and a mark under the place.
package struct FindingText {
    private let files: any SettingsFiles
    /// Files that were read, by name; none where that was not possible.
    private var lines: [String: [Substring]] = [:]

    /// The columns of a line that are shown.
    private static let width = 100
    /// Of these, before the place.
    private static let before = 60
    private static let maximumFile = 4 << 20
    /// A line with one of these may hold a secret.
    private static let secrets = ["password", "secret", "token", "authorization"]

    package init(files: any SettingsFiles = DiskFiles()) {
        self.files = files
    }

    /// `file:line:column: error: message; remedy`, then the line and a `^` below.
    package mutating func text(of finding: Diagnostic) -> String {
        let place = finding.position
        guard let line = line(place.line, of: place.file), !Self.mayHoldSecret(line) else { return "\(finding)\n" }
        let scalars = Array(line.unicodeScalars)
        guard 1...scalars.count + 1 ~= place.column else { return "\(finding)\n" }
        let start = max(0, place.column - 1 - Self.before)
        let end = min(scalars.count, start + Self.width)
        let (left, right) = (start > 0 ? "…" : "", end < scalars.count ? "…" : "")
        let shown = String(String.UnicodeScalarView(scalars[start..<end])).printableLines
        // A tab before the place is as wide in the margin.
        let margin = scalars[start..<place.column - 1].map { $0 == "\t" ? "\t" : " " }.joined()
        return "\(finding)\n  \(left)\(shown)\(right)\n  \(left.isEmpty ? "" : " ")\(margin)^\n"
    }

    private mutating func line(_ number: Int, of file: String) -> Substring? {
        let known = lines[file] ?? read(file)
        lines[file] = known
        return known.indices.contains(number - 1) ? known[number - 1] : nil
    }

    private func read(_ file: String) -> [Substring] {
        guard let bytes = try? files.read(file, limit: Self.maximumFile) else { return [] }
        // CR and LF are one Character.
        return String(decoding: bytes, as: UTF8.self).split(omittingEmptySubsequences: false) { $0.isNewline }
    }

    private static func mayHoldSecret(_ line: Substring) -> Bool {
        let line = line.lowercased()
        return secrets.contains { line.contains($0) }
    }
}

extension FindingText {
    /// `{"file","errors","warnings","findings":[{"severity","file","line","column","message","remedy"}]}`; `remedy` is null
    /// where there is none.
    package static func json(of findings: [Diagnostic], in file: String) -> JSON {
        let errors = findings.count { $0.severity == .error }
        return [
            "file": .string(file), "errors": .number(Double(errors)),
            "warnings": .number(Double(findings.count - errors)),
            "findings": .array(findings.map(json)),
        ]
    }

    package static func json(of finding: Diagnostic) -> JSON {
        [
            "severity": .string(finding.severity == .error ? "error" : "warning"),
            "file": .string(finding.position.file), "line": .number(Double(finding.position.line)),
            "column": .number(Double(finding.position.column)), "message": .string(finding.message),
            "remedy": finding.remedy.map { .string($0) } ?? .null,
        ]
    }
}
