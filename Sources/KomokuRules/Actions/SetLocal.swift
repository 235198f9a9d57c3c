import Komoku
import KomokuExpression
import KomokuYAML

/// `set: {count: "count + 1"}`: gives values to names of the run.
struct SetLocal: Operation {
    let name: String
    let content: Content

    init(_ name: String, _ content: Content) {
        self.name = name
        self.content = content
    }

    var word: String { Self.word }
    var listing: String { "set \(name) = \(content)" }
    var mayEndLoop: Bool { true }

    func visit(_ visitor: inout some PartVisitor) { visitor.content(content) }

    func work(
        _ run: Run, _ policy: Instruction.Policy, _ lookup: (Reference) -> Value?, _ nextKey: Run.NextKey
    ) throws(UnknownContent) -> Run.Work { .set(name, content.local(lookup)) }
}

extension SetLocal: Action {
    static let word = "set"
    static let options = ActionOptions.onError
    static let elsewhere: [(names: [String], meaning: String)] = [(["variables", "vars", "let", "var"], "set")]
    static let givers: Set = ["set"]

    static func read(_ written: WrittenAction, _ reader: RuleReader) -> Dead? {
        reader.set(written.setting, written.place)
        return nil
    }
}

extension RuleReader {
    fileprivate func set(_ setting: Setting, _ place: Place) {
        if let key = setting.node.entries?.compactMap(\.key.text).first(where: { $0.utf8.contains(UInt8(ascii: ".")) })
        {
            setting.error(
                "'set' gives values to names of this run, '\(key.prefix(80))' is a key",
                remedy: "write put: {\(key.prefix(80)): …}")
            return
        }
        guard let entries = setting.value(.entries(.localName, .item)) else { return }
        if setting.node.entries?.isEmpty ?? true {
            setting.error("'set' names nothing", remedy: "write set: {count: \"count + 1\"}")
        }
        for entry in entries {
            guard let calculated = calculated(entry.value) else {
                scope.locals[entry.key] = .dynamic
                continue
            }
            add(SetLocal(entry.key, calculated.content), place)
            scope.locals[entry.key] = calculated.declaration
        }
    }
}
