public import Komoku

/// What became of a reload of the configuration.
public struct ReloadAnswer: Shape, Hashable {
    /// False: the old configuration goes on.
    public var isDone = false
    /// Errors and warnings of the new configuration, or what else stood in the way.
    public var findings: [Diagnostic] = []
    /// What was under way of rules that have changed, and has ended.
    public var endings: [Ending] = []

    public struct Ending: Shape, Hashable, WireValue {
        public var rule = ""
        /// One clause for a person.
        public var reason = ""
        /// The numbers of its runs that waited.
        public var runs: [Int64] = []
        /// Occasions that waited for a run to end.
        public var queued = 0
        /// Triggers whose `for:` had begun.
        public var holds = 0

        public init() {}

        package init(rule: String, reason: String, runs: [Int64], queued: Int, holds: Int) {
            (self.rule, self.reason, self.runs, self.queued, self.holds) = (rule, reason, runs, queued, holds)
        }

        public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
            try visit.required("rule", &rule)
            try visit.always("reason", &reason)
            try visit.list("runs", &runs)
            try visit.unless(0, "queued", &queued)
            try visit.unless(0, "holds", &holds)
        }
    }

    public init() {}

    package init(isDone: Bool, findings: [Diagnostic] = [], endings: [Ending] = []) {
        (self.isDone, self.findings, self.endings) = (isDone, findings, endings)
    }

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("reloaded", &isDone)
        try visit.list("findings", &findings)
        try visit.list("ended", &endings, .unlessEmpty)
    }
}

/// `{"severity","file","line","column","message","remedy"}`.
extension Diagnostic: WireValue {
    public init(wire json: JSON, of name: StaticString) throws(Refusal) {
        guard let message = json["message"]?.string else { throw .invalidQuery("'\(name)' has no 'message'") }
        func count(_ name: String) -> Int { json[name]?.number.flatMap { Int(exactly: $0) } ?? 0 }
        let position = SourcePosition(file: json["file"]?.string ?? "", line: count("line"), column: count("column"))
        let severity = json["severity"]?.string.flatMap(Diagnostic.Severity.init) ?? .error
        self.init(severity, at: position, message, remedy: json["remedy"]?.string)
    }

    public var wire: JSON {
        let members = [
            JSON.Member("severity", .string(severity.rawValue)), JSON.Member("file", .string(position.file)),
            JSON.Member("line", .number(Double(position.line))),
            JSON.Member("column", .number(Double(position.column))), JSON.Member("message", .string(message)),
        ]
        return .object(members + (remedy.map { [JSON.Member("remedy", .string($0))] } ?? []))
    }
}
