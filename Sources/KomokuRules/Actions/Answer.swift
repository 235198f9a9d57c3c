import Komoku
import KomokuExpression
import KomokuYAML

/// `answer: "hall.lux > 20"`: ends the script and gives a value to whoever called it with `as`.
struct Answer: Operation {
    let content: Content

    init(_ content: Content) {
        self.content = content
    }

    var word: String { Self.word }
    var listing: String { "answer \(content)" }
    var ends: Bool { true }
    var mayEndLoop: Bool { true }

    func visit(_ visitor: inout some PartVisitor) { visitor.content(content) }

    func work(
        _ run: Run, _ policy: Instruction.Policy, _ lookup: (Reference) -> Value?, _ nextKey: Run.NextKey
    ) throws(UnknownContent) -> Run.Work {
        let value = content.local(lookup)
        let shown = policy.hidesContent ? nil : value?.json.excerpt
        return .answer(value, RunEffect(verb: word, value: shown, isHidden: policy.hidesContent))
    }
}

extension Answer: Action {
    static let word = "answer"
    static let options = ActionOptions.onError
    static let elsewhere: [(names: [String], meaning: String)] = [
        (["response", "respond", "result", "response_variable"], "write answer: EXPRESSION, in a script")
    ]

    static func read(_ written: WrittenAction, _ reader: RuleReader) -> Dead? {
        let setting = written.setting
        guard reader.isScript else {
            setting.error("'answer' belongs to scripts", remedy: "stop: true ends the run of a rule")
            return .run
        }
        if let content = reader.answer(setting) { reader.add(Answer(content), written.place) }
        return .run
    }
}

extension RuleReader {
    /// An expression, or a mapping or list that becomes JSON.
    fileprivate func answer(_ setting: Setting) -> Content? {
        if setting.node.scalar != nil || expr(in: setting) != nil || only("text", in: setting) != nil {
            return calculated(setting)?.content
        }
        return payload(setting)
    }
}

extension YAMLNode {
    /// Whether a script of these actions may answer.
    var holdsAnswer: Bool {
        if let items = sequence { return items.contains(where: \.holdsAnswer) }
        return (entries ?? []).contains { entry in
            entry.key.text == Answer.word || entry.value.scalar == nil && entry.value.holdsAnswer
        }
    }
}
