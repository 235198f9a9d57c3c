package import Komoku

extension Expression {
    /// What is wrong or doubtful in an expression, and where.
    package struct Fault: Error, Hashable, Sendable {
        /// Bytes of UTF-8 before the faulty part.
        package var offset: Int
        /// Bytes of UTF-8 of the faulty part; 0 where something is missing.
        package var length: Int
        /// One clause without a full stop.
        package var message: String
        package var remedy: String?
        package var severity: Diagnostic.Severity

        init(
            _ severity: Diagnostic.Severity = .error, at span: Range<Int>, _ message: String, remedy: String? = nil
        ) {
            self.severity = severity
            offset = span.lowerBound
            length = span.count
            self.message = message
            self.remedy = remedy
        }

        package func diagnostic(at position: (_ offset: Int) -> SourcePosition) -> Diagnostic {
            Diagnostic(severity, at: position(offset), message, remedy: remedy)
        }
    }

    /// Everything that is wrong with one expression, in the order of its text; at least one.
    package struct Faults: Error, Hashable, Sendable {
        package let all: [Fault]
        /// What is doubtful beside them.
        package let warnings: [Fault]

        init(_ all: [Fault], warnings: [Fault] = []) {
            self.all = all.sorted { $0.offset < $1.offset }
            self.warnings = warnings.sorted { $0.offset < $1.offset }
        }

        /// - Parameter position: where the byte of UTF-8 at an offset of the expression stands in its file.
        package func diagnostics(at position: (_ offset: Int) -> SourcePosition) -> [Diagnostic] {
            all.map { $0.diagnostic(at: position) }
        }
    }
}

extension Expression.Fault {
    /// The line of `text` that holds the fault, and a line of carets under it.
    package func excerpt(of text: String) -> String {
        let bytes = Array(text.utf8)
        let start = min(max(offset, 0), bytes.count)
        let lineStart = bytes[..<start].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let lineEnd = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
        // A tab stays a tab, so that the caret stands below what it means whatever the terminal's tab width.
        let margin = Self.scalars(bytes[lineStart..<start]).map { $0 == "\t" ? "\t" : " " }.joined()
        let width = Self.scalars(bytes[start..<min(start + max(length, 0), lineEnd)]).count
        let line = String(decoding: bytes[lineStart..<lineEnd], as: UTF8.self)
        return "\(line)\n\(margin)\(String(repeating: "^", count: max(width, 1)))"
    }

    /// All that a person needs: `file:line:column: error: message; remedy`, the line, and the carets.
    ///
    /// - Parameter position: where the byte of UTF-8 at an offset of the expression stands in its file.
    package func report(on text: String, at position: (_ offset: Int) -> SourcePosition) -> String {
        "\(diagnostic(at: position))\n\(excerpt(of: text))"
    }

    private static func scalars(_ bytes: ArraySlice<UInt8>) -> String.UnicodeScalarView {
        String(decoding: bytes, as: UTF8.self).unicodeScalars
    }
}

extension Expression.Fault: CustomStringConvertible {
    /// `offset: message; remedy`.
    package var description: String { "\(offset): \(message)" + (remedy.map { "; \($0)" } ?? "") }
}

extension Expression.Faults: CustomStringConvertible {
    package var description: String { all.map(\.description).joined(separator: "\n") }
}
