public import Komoku

/// `rule_file`, `rule_versions` and `rule_version`: which file.
package struct RuleFileRequest: Shape, Hashable {
    package var file = ""

    package init() {}
    package init(_ file: String) { self.file = file }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("file", &file)
        try visit.checkRuleFile(file)
    }
}

package struct RuleVersionRequest: Shape, Hashable {
    package var file = ""
    package var version = 1

    package init() {}
    package init(_ file: String, _ version: Int) { (self.file, self.version) = (file, version) }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("file", &file)
        try visit.required("version", &version)
        try visit.checkRuleFile(file)
    }
}

/// `save_rule_file`: all of it or nothing.
package struct SaveRuleFileRequest: Shape, Hashable {
    package var file = ""
    /// Nil deletes the file.
    package var text: String?
    /// Of the file that it was made of; empty: there is none. Nil is any.
    package var revision: String?
    /// What is noted beside the version.
    package var note: String?
    /// It is only checked.
    package var isTrial = false

    package init() {}

    package init(_ file: String, _ text: String?, revision: String? = nil, note: String? = nil) {
        (self.file, self.text, self.revision, self.note) = (file, text, revision, note)
    }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("file", &file)
        var given: JSON = text.map { .string($0) } ?? .null
        try visit.given("text", &given)
        try visit.optional("revision", &revision)
        try visit.optional("note", &note)
        try visit.unless(false, "dry_run", &isTrial)
        try visit.checkRuleFile(file)
        guard visit.isReading else { return }
        text = given.string
        if text == nil, !given.isNull {
            try visit.refuse(.invalidQuery("'text' is a text, or null to delete the file"))
        }
        if let text, text.utf8.count > ProofRequest.mostBytes {
            try visit.refuse(.invalidQuery("a file of rules has at most \(ProofRequest.mostBytes) bytes"))
        }
        if let note, note.utf8.count > 1000 { try visit.refuse(.invalidQuery("a 'note' has at most 1000 bytes")) }
    }
}

extension MemberVisitor {
    fileprivate func checkRuleFile(_ file: String) throws(Fault) {
        guard isReading, !RuleFileName.isOne(file) else { return }
        try refuse(
            .invalidQuery("'\(file.prefix(100))' is no name of a file of rules: a-z, 0-9, _ and - before '.yaml'"))
    }
}

/// What a file of the folder may be called: nothing that leads out of it, and no `rules.test.yaml`.
package enum RuleFileName {
    package static let ending = ".yaml"

    package static func isOne(_ name: String) -> Bool {
        name.hasSuffix(ending) && DocumentName.isOne(String(name.dropLast(ending.count)))
    }
}

/// The answer to `rule_files`.
public struct RuleFilesList: Shape, Hashable {
    public var isEditable = false
    /// Why nothing can be saved, and what to do.
    public var reason: String?
    public var files: [RuleFileSummary] = []

    public init() {}

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("editable", &isEditable)
        try visit.optional("reason", &reason)
        try visit.list("files", &files)
    }
}

public struct RuleFileSummary: Shape, Hashable, WireValue {
    public var file = ""
    public var revision = ""
    /// Names of rules and scripts in it.
    public var rules: [String] = []
    /// When it was written.
    public var time = Timestamp(microseconds: 0)

    public init() {}

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("file", &file)
        try visit.required("revision", &revision)
        try visit.list("rules", &rules)
        try visit.always("time", &time)
    }
}

/// The answer to `rule_file`, and to `rule_version`, whose text has no revision.
public struct RuleFileText: Shape, Hashable {
    public var file = ""
    public var version: Int64?
    public var text = ""
    public var revision: String?

    public init() {}

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("file", &file)
        try visit.optional("version", &version)
        try visit.required("text", &text)
        try visit.optional("revision", &revision)
    }
}

/// The answer to `rule_text`: how a rule is written, wherever that is.
public struct RuleText: Shape, Hashable {
    public var rule = ""
    public var text = ""
    /// Of the folder its name there, else the path on the hub's machine.
    public var file = ""
    public var line = 1
    public var isEditable = false

    public init() {}

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("rule", &rule)
        try visit.required("text", &text)
        try visit.required("file", &file)
        try visit.always("line", &line)
        try visit.always("editable", &isEditable)
    }
}

/// The answer to `save_rule_file`.
public struct RuleFileSaved: Shape, Hashable {
    public var isSaved = false
    /// The new one; nil where nothing was written, or the file is gone.
    public var revision: String?
    /// What is wrong; without errors it was saved, unless it was only tried. Files of the folder are told by their names.
    public var findings: [Diagnostic] = []

    public init() {}

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("saved", &isSaved)
        try visit.optional("revision", &revision)
        try visit.list("findings", &findings)
    }
}

/// The answer to `rule_versions`, newest first.
public struct RuleVersionsList: Shape, Hashable {
    public var versions: [Version] = []

    public init() {}

    public struct Version: Shape, Hashable, WireValue {
        public var version: Int64 = 0
        public var time = Timestamp(microseconds: 0)
        /// Nil where nobody has a name.
        public var author: String?
        public var note: String?

        public init() {}

        public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
            try visit.required("version", &version)
            try visit.always("time", &time)
            try visit.nullable("by", &author)
            try visit.nullable("note", &note)
        }
    }

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.list("versions", &versions, .required)
    }
}

/// A file of rules was written or deleted, as `follow` tells of it.
public struct RuleFileNews: Shape, Hashable {
    public var file = ""
    /// Nil where it was deleted.
    public var revision: String?

    public init() {}
    package init(_ file: String, revision: String?) { (self.file, self.revision) = (file, revision) }

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("file", &file)
        try visit.nullable("revision", &revision)
    }
}

/// The answer to `rule_examples`: what to start a rule from.
public struct RuleExamplesList: Shape, Hashable {
    public var examples: [RuleExample] = []

    public init() {}
    package init(_ examples: [RuleExample]) { self.examples = examples }

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.list("examples", &examples, .required)
    }
}

public struct RuleExample: Shape, Hashable, WireValue {
    public var name = ""
    /// The first sentence of what its comment says.
    public var title = ""
    /// As a file of rules may have it: the sections `rules` and `scripts`.
    public var text = ""
    public var tests: String?
    /// What the example's house has beside them, for its tests: keys, a place.
    public var setup: String?
    /// Keys that are to be filled in by those of the house.
    public var slots: [Slot] = []

    public init() {}

    public struct Slot: Shape, Hashable, WireValue {
        /// As the text has it.
        public var key = ""
        /// Nil where the example does not say.
        public var type: String?
        public var unit: String?
        /// The rules put it.
        public var isWritten = false

        public init() {}

        public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
            try visit.required("key", &key)
            try visit.optional("type", &type)
            try visit.optional("unit", &unit)
            try visit.always("written", &isWritten)
        }
    }

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("name", &name)
        try visit.required("title", &title)
        try visit.required("text", &text)
        try visit.optional("tests", &tests)
        try visit.optional("setup", &setup)
        try visit.list("slots", &slots)
    }
}
