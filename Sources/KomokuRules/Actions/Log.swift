import Komoku
import KomokuExpression
import KomokuHub
import KomokuYAML

/// `log: "{room} is {value}"`: writes a line to the hub's log.
package struct Log: Operation {
    let text: CompiledTemplate
    let level: LogLevel

    init(_ text: CompiledTemplate, level: LogLevel) {
        self.text = text
        self.level = level
    }

    var word: String { Self.word }
    var listing: String { "log \(level.rawValue) '\(text.written)'" }
    var standing: Run.Standing? { .outside }

    func visit(_ visitor: inout some PartVisitor) { visitor.template(text) }

    func work(
        _ run: Run, _ policy: Instruction.Policy, _ lookup: (Reference) -> Value?, _ nextKey: Run.NextKey
    ) throws(UnknownContent) -> Run.Work {
        // A text for people is worth writing even if a part of it is unknown.
        // What is made of a value that nobody may see can look otherwise than it: only its own text is masked later.
        let isHidden = policy.hidesContent && !text.expressions.isEmpty
        let text = isHidden ? CompiledExpression.notShown : text.filledIn(lookup).text
        return .outside(LogErrand(text: text, level: level), RunEffect(verb: word, text: text))
    }
}

struct LogErrand: Errand {
    let text: String
    let level: LogLevel

    func perform(_ run: Run, at rule: Int, by performer: any Performer, in hub: isolated Hub) -> Performance {
        performer.log(text, level, by: run, in: hub)
        return .done()
    }
}

extension Log: Action {
    static let word = "log"
    static let options = ActionOptions.onError
    static let elsewhere: [(names: [String], meaning: String)] = [(["print", "echo", "logger", "debug"], "log")]

    static func read(_ written: WrittenAction, _ reader: RuleReader) -> Dead? {
        reader.log(written.setting, written.place)
        return nil
    }
}

extension Vocabulary {
    fileprivate static let log = Vocabulary(
        ["text", "level"], [(["message", "msg"], "text"), (["severity"], "level")])
}

extension RuleReader {
    fileprivate func log(_ setting: Setting, _ place: Place) {
        guard setting.node.entries != nil, setting.node["text"] != nil || setting.node["level"] != nil else {
            if let text = notice(setting) { add(Log(text, level: .info), place) }
            return
        }
        setting.read(.log) { settings in
            let text = settings.needed("text", .item, of: .log).flatMap { notice($0) }
            let level = settings.given("level", SettingType<LogLevel>.word) ?? .info
            if let text { add(Log(text, level: level), place) }
        }
    }
}
