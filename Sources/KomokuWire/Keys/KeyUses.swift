internal import Komoku

/// A place of the hub's configuration that names a key.
public struct KeyUse: Shape, Hashable, WireValue {
    /// How the key is meant.
    public enum Form: String, Hashable, Sendable, CaseIterable, OpenWord {
        /// By its name.
        case key
        /// By a pattern that matches it.
        case pattern
        /// By a name that is put together when it is needed.
        case computed
        /// A newer hub knows more.
        case other
    }

    /// An absolute path on the hub's machine.
    public var file = ""
    /// From 1.
    public var line = 0
    /// From 1, in characters.
    public var column = 0
    /// The section: `rules`, `map`.
    public var section = ""
    /// Of the rule or the script.
    public var name: String?
    public var form = Form.key
    /// As it is written there.
    public var text = ""
    /// What to write there for the new name; nil where a person has to decide.
    public var replacement: String?
    /// Why; a clause.
    public var reason: String?

    public init() {}

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("file", &file)
        try visit.required("line", &line)
        try visit.required("column", &column)
        try visit.always("section", &section)
        try visit.optional("name", &name)
        try visit.always("as", &form)
        try visit.required("text", &text)
        try visit.optional("write", &replacement)
        try visit.optional("reason", &reason)
    }
}

/// Where the configuration names a key: the answer to `uses`.
public struct KeyUses: Shape, Hashable {
    public var key = ""
    /// In the order of the files and lines.
    public var uses: [KeyUse] = []
    /// Of the configuration as the files are now; with some, uses may be missing.
    public var errors = 0

    public init() {}

    public init(of key: String = "", _ uses: [KeyUse] = [], errors: Int = 0) {
        (self.key, self.uses, self.errors) = (key, uses, errors)
    }

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.always("key", &key)
        try visit.list("uses", &uses, .required)
        try visit.always("errors", &errors)
    }
}
