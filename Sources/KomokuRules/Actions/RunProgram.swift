import Komoku
import KomokuExpression
import KomokuHub
import KomokuSystem
import KomokuYAML

/// `run: [program, argument]`, `run: {shell: "…"}`: starts a program. Locals `into` and `into_status` have what it printed and its
/// exit code.
struct RunProgram: Operation {
    /// The program and its arguments; with `shell` one text for `/bin/sh -c`.
    var words: [CompiledTemplate]
    var usesShell = false
    var input: CompiledTemplate?
    var directory: String?
    var environment: [(name: String, value: CompiledTemplate)] = []
    var into: String?

    var word: String { Self.word }
    var listing: String {
        "run " + (usesShell ? "shell " : "") + words.map { "'\($0.written)'" }.joined(separator: " ")
            + (input.map { " input '\($0.written)'" } ?? "") + (directory.map { " in \($0)" } ?? "")
            + environment.names + (into.map { " into \($0)" } ?? "")
    }
    var waits: Bool { true }
    var standing: Run.Standing? { .outside }

    func visit(_ visitor: inout some PartVisitor) {
        for word in words { visitor.template(word) }
        visitor.template(input)
        for variable in environment { visitor.template(variable.value) }
    }

    func work(
        _ run: Run, _ policy: Instruction.Policy, _ lookup: (Reference) -> Value?, _ nextKey: Run.NextKey
    ) throws(UnknownContent) -> Run.Work {
        let call = try call(timeout: policy.timeout, lookup)
        // Without arguments: they may be secret.
        return .outside(
            ProgramErrand(program: call), RunEffect(verb: word, text: usesShell ? "shell" : call.words.first ?? ""))
    }

    private func call(timeout: Duration?, _ lookup: (Reference) -> Value?) throws(UnknownContent) -> ProgramCall {
        var filled: [String] = []
        for word in words { filled.append(try word.known(lookup)) }
        if usesShell { filled = ["/bin/sh", "-c"] + filled }
        var call = ProgramCall(words: filled, input: try input?.known(lookup), directory: directory)
        for variable in environment { call.environment[variable.name] = try variable.value.known(lookup) }
        if let timeout { call.timeout = timeout }
        return call
    }

    func judge(_ answer: OutputAnswer, _ policy: Instruction.Policy) -> Judgement {
        let status = answer.status
        if status == 0 { return Judgement(into: into) }
        let end = status > 128 ? "ended by signal \(status - 128)" : "ended with exit code \(status)"
        let lines = policy.hidesContent ? "" : answer.lastLines
        return Judgement(into: into, fault: OutputFailure(lines.isEmpty ? end : "\(end): \(lines)"))
    }
}

struct ProgramErrand: Errand {
    let program: ProgramCall

    func perform(_ run: Run, at rule: Int, by performer: any Performer, in hub: isolated Hub) -> Performance {
        performer.ask(run, at: rule, program.timeout, in: hub) { performer.outputs.launch(program, then: $0) }
    }
}

extension RunProgram: Action {
    static let word = "run"
    static let options = ActionOptions.outside
    static let elsewhere: [(names: [String], meaning: String)] = [
        (["shell", "exec", "system"], "write run: {shell: …}, or run: [program, argument]"),
        (["program", "command"], "write run: [program, argument]"),
    ]

    static func read(_ written: WrittenAction, _ reader: RuleReader) -> Dead? {
        reader.run(written.setting, written.place)
        return nil
    }
}

extension Vocabulary {
    fileprivate static let run = Vocabulary(
        ["program", "shell", "arguments", "input", "directory", "environment", "into"],
        [
            (["command", "cmd", "exec", "words"], "program"), (["args", "parameters"], "arguments"),
            (["stdin"], "input"), (["cwd", "workdir", "folder"], "directory"), (["env", "variables"], "environment"),
            (["save", "store", "output"], "into"),
            (["timeout", "retry", "on_error"], "it belongs beside 'run', not into it"),
        ])
}

extension RuleReader {
    fileprivate func run(_ setting: Setting, _ place: Place) {
        if let items = setting.items {
            if let words = words(items, setting) { add(RunProgram(words: words), place) }
            return
        }
        guard setting.node.entries != nil else {
            setting.mismatch(
                expecting: "a list of words, or a mapping",
                remedy: "write run: [program, argument], or run: {shell: …} for a line that the shell reads")
            return
        }
        setting.read(.run) { settings in
            var action = program(settings)
            action?.input = settings.setting("input").flatMap { template($0) }
            action?.directory = settings.value("directory", .nonEmptyString)
            action?.environment = named("environment", settings) { $0.value(.variableName) }
            action?.into = into(settings, place)
            if let action { add(action, place) }
        }
    }

    private func program(_ settings: SettingsReader) -> RunProgram? {
        if !settings.has("shell"), !settings.has("program") {
            _ = settings.needed("program", .item, of: .run, remedy: "or 'shell', for a line that the shell reads")
            return nil
        }
        guard let (word, setting) = settings.exactlyOne(of: "program", "shell") else { return nil }
        let arguments = settings.setting("arguments")
        if word == "shell" {
            arguments?.error("'arguments' belongs to 'program'", remedy: "write them into the line")
            return template(setting).map { line in
                warnOfShell(line, setting)
                return RunProgram(words: [line], usesShell: true)
            }
        }
        let words = words(setting.items ?? [setting], setting) ?? []
        let more = (arguments?.value(.list(of: .item)) ?? []).compactMap { template($0) }
        return words.isEmpty ? nil : RunProgram(words: words + more)
    }

    private func words(_ items: [Setting], _ setting: Setting) -> [CompiledTemplate]? {
        let words = items.compactMap { template($0) }
        guard words.count == items.count else { return nil }
        guard let first = words.first, first.constant != "" else {
            setting.error("\(setting.subject) names no program")
            return nil
        }
        return words
    }

    /// Texts that come from elsewhere would be read by the shell.
    private func warnOfShell(_ line: CompiledTemplate, _ setting: Setting) {
        for case .expression(let expression) in line.parts where expression.kind == nil || expression.kind == .text {
            setting.warning(
                "the shell reads what '\(expression.text.prefix(60))' holds as part of the line",
                remedy: "give it by 'environment' and write \"$NAME\"")
            return
        }
    }
}

extension SettingType where Value == String {
    fileprivate static var variableName: SettingType {
        .text("the name of a variable") { text throws(Setting.Invalid) in
            guard !text.isEmpty, !text.utf8.contains(UInt8(ascii: "=")), !text.utf8.contains(0) else {
                throw Setting.Invalid("it is empty, or holds '=' or a zero byte")
            }
            return text
        }
    }
}
