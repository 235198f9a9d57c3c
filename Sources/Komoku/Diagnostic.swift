/// A place in a text that a person wrote: a configuration file, a rule, a test script.
public struct SourcePosition: Hashable, Sendable {
    /// The file as the user named it.
    public var file: String
    /// Counted from 1.
    public var line: Int
    /// Counted from 1, in Unicode scalars.
    public var column: Int

    public init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }
}

extension SourcePosition: CustomStringConvertible {
    /// `file:line:column`.
    public var description: String { "\(file):\(line):\(column)" }
}

/// One finding about a text that a person wrote, with its place and, where there is one, the remedy.
public struct Diagnostic: Hashable, Sendable {
    public enum Severity: String, Sendable {
        /// The text is refused.
        case error
        /// The text is taken, but probably not what was meant.
        case warning
    }

    public var severity: Severity
    public var position: SourcePosition
    /// What is wrong, in one clause without a full stop.
    public var message: String
    /// What to do about it: `did you mean 'topic'?`.
    public var remedy: String?

    public init(_ severity: Severity, at position: SourcePosition, _ message: String, remedy: String? = nil) {
        self.severity = severity
        self.position = position
        self.message = message
        self.remedy = remedy
    }
}

extension Diagnostic: CustomStringConvertible {
    /// `file:line:column: error: message; remedy`.
    public var description: String {
        let sentence = "\(position): \(severity.rawValue): \(message)"
        guard let remedy else { return sentence }
        return "\(sentence); \(remedy)"
    }
}

/// Gathers every finding of one reading, so that a user sees all of them at once.
public struct Diagnostics: Sendable {
    public private(set) var all: [Diagnostic] = []

    public init() {}

    public var hasErrors: Bool { all.contains { $0.severity == .error } }

    /// In the order of files as they were first named, then of lines and columns.
    public var sorted: [Diagnostic] {
        var order: [String: Int] = [:]
        for diagnostic in all where order[diagnostic.position.file] == nil {
            order[diagnostic.position.file] = order.count
        }
        return all.sorted { left, right in
            let (a, b) = (left.position, right.position)
            return (order[a.file] ?? 0, a.line, a.column) < (order[b.file] ?? 0, b.line, b.column)
        }
    }

    public mutating func error(at position: SourcePosition, _ message: String, remedy: String? = nil) {
        all.append(Diagnostic(.error, at: position, message, remedy: remedy))
    }

    public mutating func warning(at position: SourcePosition, _ message: String, remedy: String? = nil) {
        all.append(Diagnostic(.warning, at: position, message, remedy: remedy))
    }

    public mutating func append(contentsOf other: some Sequence<Diagnostic>) {
        all.append(contentsOf: other)
    }
}
