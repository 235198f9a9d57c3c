import Komoku
import KomokuExpression
import KomokuYAML

/// Holds rules of the folder that clients write to what the configuration lets these reach.
struct RuleConfinement {
    let editable: EditableRules
    /// The files of the folder.
    let files: Set<String>

    /// What is wrong with an action, and what to do.
    struct Fault: Hashable {
        let message: String
        let remedy: String
    }

    /// Reports each action of a rule that reaches further.
    func check(_ procedure: Procedure, at position: SourcePosition, _ report: SettingsReport) {
        guard files.contains(position.file) else { return }
        for instruction in procedure.instructions {
            guard let fault = fault(in: instruction.operation) else { continue }
            report.error(at: instruction.position, fault.message, remedy: fault.remedy)
        }
    }

    /// The same instructions, which ask no server that another one sends them to.
    func confined(_ instructions: [Instruction], at position: SourcePosition) -> [Instruction] {
        guard files.contains(position.file) else { return instructions }
        return instructions.map { instruction in
            guard var http = instruction.operation as? HTTP else { return instruction }
            http.followsRedirects = false
            return Instruction(
                step: instruction.step, position: instruction.position, http, policy: instruction.policy)
        }
    }

    private func fault(in operation: any Operation) -> Fault? {
        switch operation {
        case let run as RunProgram: fault(in: run)
        case let http as HTTP: fault(in: http)
        case let publish as Publish: fault(in: publish)
        default: nil
        }
    }

    private var place: String { "\(editable.position)" }

    // MARK: Programs

    private func fault(in run: RunProgram) -> Fault? {
        if run.usesShell {
            return Fault(
                message: "rules from '\(editable.folder)' cannot run a shell",
                remedy: "write run: [program, argument] with one of 'programs' at \(place)")
        }
        if !run.environment.isEmpty || run.directory != nil {
            return Fault(
                message: "rules from '\(editable.folder)' cannot choose a program's environment or folder",
                remedy: "leave 'environment' and 'directory' out, or write the rule into the configuration")
        }
        guard let program = run.words.first?.literal else {
            return Fault(
                message: "rules from '\(editable.folder)' name the program that they run as a plain text",
                remedy: "write one of 'programs' at \(place)")
        }
        if editable.programs.contains(where: { $0.utf8.elementsEqual(program.utf8) }) { return nil }
        return Fault(
            message: "rules from '\(editable.folder)' cannot run '\(program)'",
            remedy: "\(known(editable.programs)); others are added to 'programs' at \(place)")
    }

    // MARK: Servers

    private func fault(in http: HTTP) -> Fault? {
        guard let host = Self.host(of: http.url) else {
            return Fault(
                message: "rules from '\(editable.folder)' name the server that they ask as a plain text",
                remedy: "write it before the first '/' behind '://', one of 'hosts' at \(place)")
        }
        if editable.hosts.contains(where: { Self.allows($0, host) }) { return nil }
        return Fault(
            message: "rules from '\(editable.folder)' cannot ask '\(host)'",
            remedy: "\(known(editable.hosts)); others are added to 'hosts' at \(place)")
    }

    /// What stands between `://` and the path, without a login; nil where some of it is only known when the rule runs.
    private static func host(of url: CompiledTemplate) -> String? {
        guard let start = url.beginning, let scheme = start.text.firstRange(of: "://") else { return nil }
        let rest = start.text[scheme.upperBound...]
        let end = rest.utf8.firstIndex { [UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#")].contains($0) }
        // A backslash is a slash to some, and a part of the name to others.
        guard end != nil || start.isWhole, !rest[..<(end ?? rest.endIndex)].contains("\\") else { return nil }
        let authority = rest[..<(end ?? rest.endIndex)]
        let host = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
        return host.isEmpty ? nil : host.lowercased()
    }

    /// One without a port stands for all of them.
    private static func allows(_ known: String, _ host: String) -> Bool {
        if known.utf8.elementsEqual(host.utf8) { return true }
        guard !known.hasSuffix("]"), known.contains(":") else {
            let port = host.dropFirst(known.utf8.count)
            return host.hasPrefix(known) && port.first == ":" && port.dropFirst().allSatisfy(\.isNumber)
        }
        return false
    }

    // MARK: Topics

    private func fault(in publish: Publish) -> Fault? {
        let topic = publish.topic
        let isAllowed =
            topic.literal.map { text in editable.topics.contains { Topic.matches(text, filter: $0) } }
            ?? editable.topics.contains { Self.covers($0, beginning: topic.beginning?.text ?? "") }
        if isAllowed { return nil }
        let name = topic.literal ?? topic.written
        let why = topic.literal == nil ? ", whatever its values are" : ""
        return Fault(
            message: "rules from '\(editable.folder)' cannot publish to '\(name)'\(why)",
            remedy: "\(known(editable.topics)); others are added to 'topics' at \(place)")
    }

    /// Whether every topic that begins so is one of the filter's: what follows may hold slashes.
    private static func covers(_ filter: String, beginning: String) -> Bool {
        guard filter.hasSuffix("#") else { return false }
        let fixed = filter.dropLast()
        if fixed.isEmpty { return !beginning.isEmpty && beginning.utf8.first != UInt8(ascii: "$") }
        return !fixed.contains("+") && beginning.utf8.starts(with: fixed.utf8)
    }

    private func known(_ names: [String]) -> String {
        names.isEmpty ? "there is none that they may" : "they may: \(names.prefix(16).joined(separator: ", "))"
    }
}

extension CompiledTemplate {
    /// The whole text, where it is always the same.
    fileprivate var literal: String? {
        guard let beginning, beginning.isWhole else { return nil }
        return beginning.text
    }

    /// The text before the first value; nil where there is none.
    fileprivate var beginning: (text: String, isWhole: Bool)? {
        var text = ""
        for part in parts {
            guard case .text(let more) = part else { return text.isEmpty ? nil : (text, false) }
            text += more
        }
        return (text, true)
    }
}
