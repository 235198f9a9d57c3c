import Komoku
import KomokuExpression
import KomokuHub
import KomokuSystem
import KomokuYAML

/// `call: goodnight`: a script or rule, waited for or not.
struct Call: Operation {
    let name: String
    var arguments: [Content.Member] = []
    var isAwaited = true
    /// The local that has the answer.
    var into: String?

    init(_ name: String, _ arguments: [Content.Member] = [], waits: Bool = true, into: String? = nil) {
        self.into = into
        self.name = name
        self.arguments = arguments
        isAwaited = waits
    }

    var word: String { Self.word }
    var listing: String {
        let given = arguments.map { "\($0.name) = \($0.content)" }.joined(separator: ", ")
        return "call \(name)\(given.isEmpty ? "" : " with \(given)")\(isAwaited ? "" : " and go on")"
            + (into.map { " as \($0)" } ?? "")
    }
    var waits: Bool { isAwaited }
    var standing: Run.Standing? { isAwaited ? nil : .outside }
    var calledScript: String? { isAwaited ? name : nil }
    var mayEndLoop: Bool { true }
    var answerName: String? { into }

    func visit(_ visitor: inout some PartVisitor) {
        visitor.call(name, waits: isAwaited)
        for argument in arguments { visitor.content(argument.content) }
    }

    func work(
        _ run: Run, _ policy: Instruction.Policy, _ lookup: (Reference) -> Value?, _ nextKey: Run.NextKey
    ) throws(UnknownContent) -> Run.Work {
        var values: [String: Value] = [:]
        for argument in arguments { values[argument.name] = argument.content.local(lookup) }
        if isAwaited { return .call(name, values, into: into) }
        return .outside(CallErrand(name: name, arguments: values), RunEffect(verb: word, text: name))
    }
}

/// Begins a run that nobody waits for. The callee's condition is not looked at.
struct CallErrand: Errand {
    let name: String
    let arguments: [String: Value]

    func perform(_ run: Run, at rule: Int, by performer: any Performer, in hub: isolated Hub) -> Performance {
        guard performer.call(name, arguments, by: run, in: hub) else {
            return .refused(OutputFailure("there is no rule '\(name)'", isTransient: false))
        }
        return .done()
    }
}

extension Call: Action {
    static let word = "call"
    static let options = ActionOptions.outside
    static let elsewhere: [(names: [String], meaning: String)] = [(["script", "scene"], "write call: NAME")]
    static let ownOptions = ["as"]
    static let givers: Set = ["with"]

    static func read(_ written: WrittenAction, _ reader: RuleReader) -> Dead? {
        reader.call(written.setting, written.beside, written.place)
        return nil
    }
}

extension Vocabulary {
    fileprivate static let call = Vocabulary(
        ["name", "with", "wait", "as"],
        [
            (["into", "response_variable", "result"], "as"),
            (["script", "rule"], "name"), (["data", "variables", "arguments", "args", "parameters", "vars"], "with"),
        ])
}

extension RuleReader {
    fileprivate func call(_ setting: Setting, _ beside: SettingsReader, _ place: Place) {
        let outer = beside.hasOneEntry ? nil : beside.setting("as")
        guard setting.node.entries != nil else {
            if let name = callee(setting) { call(Call(name), as: outer, setting, place) }
            return
        }
        setting.read(.call) { settings in
            let name = settings.needed("name", .item, of: .call).flatMap { callee($0) }
            let entries = settings.value("with", .entries(.item, .item)) ?? []
            let waits = settings.value("wait", .bool, default: true)
            let into = settings.setting("as")
            if let into, outer != nil { into.error("'call' has two names for the answer", remedy: "keep one of them") }
            var arguments: [Content.Member] = []
            for entry in entries {
                let content = calculated(entry.value)
                guard let name, let argument = entry.key.value(.string), takes(argument, name, entry.key),
                    let content
                else { continue }
                arguments.append(Content.Member(name: argument, content: content.content))
            }
            if let name { call(Call(name, arguments, waits: waits), as: into ?? outer, setting, place) }
        }
    }

    private func call(_ call: Call, as into: Setting?, _ setting: Setting, _ place: Place) {
        let given = Set(call.arguments.map(\.name))
        let callee = reading.callees[call.name]
        let missing = (callee?.parameters ?? []).filter { !$0.hasDefault && !given.contains($0.name) }
        if !missing.isEmpty {
            let list = missing.map { "'\($0.name)'" }.joined(separator: ", ")
            setting.warning("'\(call.name)' is called without \(list)", remedy: "give it by 'with'")
        }
        var call = call
        if let into {
            call.into = into.value(.localName)
            if !call.isAwaited {
                into.error("nobody waits for the answer", remedy: "leave out 'wait: false', or 'as'")
            } else if callee?.parameters == nil {
                into.error("'\(call.name)' is a rule and does not answer", remedy: "only scripts do")
            } else if callee?.answers == false {
                into.warning("'\(call.name)' never answers", remedy: "it does by answer: EXPRESSION")
            }
        }
        add(call, place)
        guard let name = call.into else { return }
        var answer = Scope.Declaration(nil, mayBeUnknown: false)
        answer.isDocument = true
        scope.locals[name] = answer
    }

    private func callee(_ setting: Setting) -> String? {
        guard let written = setting.value(.nonEmptyString) else { return nil }
        let name = KeyPlace.text(written, item: scope.item)
        if reading.callees.keys.contains(name) { return name }
        setting.error(
            "there is no script or rule '\(name.prefix(80))'",
            remedy: reading.questionForCallee(name))
        return nil
    }

    private func takes(_ argument: String, _ name: String, _ setting: Setting) -> Bool {
        guard let callee = reading.callees[name] else { return false }
        guard let parameters = callee.parameters?.map(\.name) else {
            setting.error("'\(name)' is a rule and takes no values")
            return false
        }
        if parameters.contains(where: { $0.utf8.elementsEqual(argument.utf8) }) { return true }
        setting.error(
            "'\(name)' has no parameter '\(argument.prefix(80))'",
            remedy: Suggestion.question(for: argument, in: parameters))
        return false
    }
}
