import Komoku
import KomokuExpression
import KomokuYAML

/// What a script can be given, and whether it answers.
struct Callee {
    /// Nil is a rule, which is given nothing.
    var parameters: [Parameter]?
    var answers = false

    struct Parameter {
        let name: String
        /// It need not be given.
        var hasDefault = false
    }

    init() {}

    /// - Parameter script: as it is written; what is wrong in it is told when it is read.
    init(script: YAMLNode) {
        parameters = script["parameters"].map(Self.parameters) ?? []
        answers = script["then"]?.holdsAnswer ?? false
    }

    private static func parameters(_ node: YAMLNode) -> [Parameter] {
        (node.sequence ?? [node]).flatMap { item -> [Parameter] in
            if let name = item.text { return [Parameter(name: name)] }
            return (item.entries ?? []).compactMap { entry in
                entry.key.text.map { Parameter(name: $0, hasDefault: !entry.value.isNull) }
            }
        }
    }
}

/// Gives a parameter its default where the caller did not give it.
struct SetDefault: Operation {
    let name: String
    let content: Content

    init(_ name: String, _ content: Content) {
        self.name = name
        self.content = content
    }

    var word: String { "parameters" }
    var listing: String { "default \(name) = \(content)" }

    func visit(_ visitor: inout some PartVisitor) { visitor.content(content) }

    func work(
        _ run: Run, _ policy: Instruction.Policy, _ lookup: (Reference) -> Value?, _ nextKey: Run.NextKey
    ) throws(UnknownContent) -> Run.Work {
        run.local(name) == nil ? .set(name, content.local(lookup)) : .goOn(at: nil)
    }
}

extension RuleReader {
    /// `[room, times]`, `{room: , times: 5}` or `[room, {times: 5}]`: each default becomes a first step of the procedure.
    func parameters(_ settings: SettingsReader) -> [String] {
        scope.locals["trigger"] = Scope.Declaration(.text, mayBeUnknown: false)
        guard let setting = settings.setting("parameters") else { return [] }
        var names: [String] = []
        for item in setting.items ?? [setting] {
            if item.node.entries != nil {
                for entry in item.value(.entries(.localName, .item)) ?? [] {
                    parameter(entry.key, entry.value.node.isNull ? nil : entry.value, setting, &names)
                }
            } else if let name = item.value(.localName) {
                parameter(name, nil, setting, &names)
            }
        }
        return names
    }

    private func parameter(_ name: String, _ value: Setting?, _ setting: Setting, _ names: inout [String]) {
        names.append(name)
        readsHidden = false
        let content = value.flatMap { calculated($0)?.content }
        if scope.locals.updateValue(.dynamic, forKey: name) != nil {
            setting.error("'parameters' names '\(name)' twice")
        }
        guard let value, let content else { return }
        // A caller may give something of another kind.
        scope.locals[name]?.mayBeUnknown = false
        procedure.add(
            Instruction(
                step: "parameters.\(name)", position: value.node.position, SetDefault(name, content),
                policy: Instruction.Policy(hidesContent: readsHidden || value.node.holdsSubstitution)))
        readsHidden = false
    }
}
