package import Komoku
package import KomokuYAML

/// The folder in which clients may write rules, and what rules from there may reach: `rules: {editable: …}`.
package struct EditableRules: Hashable, Sendable {
    /// A path as the configuration's own.
    package var folder: String
    /// What `run` may start, as the configuration writes it.
    package var programs: [String] = []
    /// Whom `http` may ask: `example.org`, or with a port `10.0.0.5:8080`.
    package var hosts: [String] = []
    /// Filters of the topics that `publish` may send to.
    package var topics: [String] = []
    /// Where the setting stands.
    package var position: SourcePosition

    package init(folder: String, position: SourcePosition) { (self.folder, self.position) = (folder, position) }
}

/// The section `rules`: a list, or a mapping with such a list and the folder of further ones.
package struct RulesSection {
    /// Those of the configuration, then those of the folder.
    package private(set) var rules: [Setting] = []
    package private(set) var scripts: [Setting] = []
    package private(set) var editable: EditableRules?
    /// The files of the folder.
    package private(set) var files: Set<String> = []

    /// What a file there is at most, in bytes.
    package static let mostBytes = 256 << 10
    /// The most files.
    package static let mostFiles = 256

    /// Reads the sections `rules` and `scripts`, and the files of the folder; what is wrong goes to the reader's report.
    package init(_ settings: SettingsReader) {
        scripts = settings.setting("scripts")?.value(.list(of: .item)) ?? []
        guard let section = settings.setting("rules") else { return }
        guard section.node.entries != nil else {
            rules = section.value(.list(of: .item)) ?? []
            return
        }
        guard let reader = settings.mapping("rules") else { return }
        rules = reader.setting("list")?.value(.list(of: .item)) ?? []
        editable = Self.editable(reader)
        if let editable { readFolder(editable, settings.report) }
    }

    private static func editable(_ reader: SettingsReader) -> EditableRules? {
        for word in ["programs", "hosts", "topics"] { reader.declare(word) }
        guard let path = reader.value("editable", .nonEmptyString) else {
            if !reader.has("editable"), let word = ["programs", "hosts", "topics"].first(where: reader.has) {
                reader.error(
                    at: word, "'\(word)' is for rules of a folder, and there is none",
                    remedy: "write 'editable: FOLDER' beside it")
            }
            return nil
        }
        let position = reader.position(of: "editable")
        let folder = SettingsPath.resolve(path, besides: position.file)
        var editable = EditableRules(
            folder: folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder, position: position)
        editable.programs = reader.list("programs", of: .nonEmptyString)
        editable.hosts = reader.list("hosts", of: .host)
        editable.topics = reader.list("topics", of: .topicFilter)
        return editable
    }

    // MARK: The folder

    private mutating func readFolder(_ editable: EditableRules, _ report: SettingsReport) {
        let names = report.source.files.names(in: editable.folder).filter(Self.isRuleFile)
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        if names.count > Self.mostFiles {
            report.error(at: editable.position, "there are more than \(Self.mostFiles) files in '\(editable.folder)'")
        }
        // What is in the hub's environment is not for whoever writes here.
        let source = YAMLSource(environment: [:], files: report.source.files, limits: report.source.limits)
        for name in names.prefix(Self.mostFiles) { read("\(editable.folder)/\(name)", source, editable, report) }
    }

    private mutating func read(
        _ path: String, _ source: YAMLSource, _ editable: EditableRules, _ report: SettingsReport
    ) {
        files.insert(path)
        let bytes: [UInt8]
        do throws(FileFailure) { bytes = try source.files.read(path, limit: Self.mostBytes) } catch {
            let start = SourcePosition(file: path, line: 1, column: 1)
            return report.error(at: start, "the file cannot be read: \(error.reason)")
        }
        let document = source.parse(bytes, file: path)
        report.append(contentsOf: document.diagnostics.all)
        guard let root = document.root else { return }
        if root.sequence != nil {
            rules += Setting(subject: "the file", node: root, report: report).value(.list(of: .item)) ?? []
            return
        }
        guard root.entries != nil else {
            return report.error(
                at: root.position, "a file of rules is a list of rules, or has the sections 'rules' and 'scripts'")
        }
        let reader = SettingsReader(root, report: report)
        scripts += reader.setting("scripts")?.value(.list(of: .item)) ?? []
        rules += reader.setting("rules")?.value(.list(of: .item)) ?? []
        reader.finish()
    }

    /// `[a-z0-9_-]+.yaml`; tests of rules stand beside them.
    package static func isRuleFile(_ name: String) -> Bool {
        let ending = ".yaml"
        guard name.hasSuffix(ending), (ending.utf8.count + 1...64 + ending.utf8.count).contains(name.utf8.count) else {
            return false
        }
        return name.dropLast(ending.count).utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
    }
}

extension SettingType where Value == String {
    /// Of servers that rules may ask.
    fileprivate static var host: SettingType {
        .text("the name or the address of a server, with a port or without") { text throws(Setting.Invalid) in
            let isOne =
                !text.isEmpty
                && text.utf8.allSatisfy { byte in
                    byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "/") && byte != UInt8(ascii: "@")
                        && byte != UInt8(ascii: "?") && byte != UInt8(ascii: "#")
                }
            guard isOne else {
                throw Setting.Invalid("it is more than that", remedy: "write example.org, or 10.0.0.5:8080")
            }
            return text.lowercased()
        }
    }

    fileprivate static var topicFilter: SettingType {
        .text("a topic, or a filter such as 'zigbee2mqtt/+/set'") { text throws(Setting.Invalid) in
            if let fault = Topic.filterFault(in: text) { throw Setting.Invalid(fault) }
            return text
        }
    }
}
