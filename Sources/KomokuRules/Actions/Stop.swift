import Komoku
import KomokuExpression
import KomokuYAML

/// `stop: "nobody is there"`, `stop: {fail: "…"}`: ends the run; in a script it ends the script only.
struct Stop: Operation {
    let reason: CompiledTemplate?
    let fails: Bool

    init(_ reason: CompiledTemplate?, fails: Bool) {
        self.reason = reason
        self.fails = fails
    }

    var word: String { Self.word }
    var listing: String { (fails ? "fail" : "stop") + (reason.map { " '\($0.written)'" } ?? "") }
    var ends: Bool { true }
    var mayEndLoop: Bool { true }

    func visit(_ visitor: inout some PartVisitor) { visitor.template(reason) }

    func work(
        _ run: Run, _ policy: Instruction.Policy, _ lookup: (Reference) -> Value?, _ nextKey: Run.NextKey
    ) throws(UnknownContent) -> Run.Work { .stop(reason?.filledIn(lookup).text, fails: fails) }
}

extension Stop: Action {
    static let word = "stop"
    static let options: ActionOptions = []
    static let elsewhere: [(names: [String], meaning: String)] = [(["return", "exit", "end", "fail"], "stop")]

    static func read(_ written: WrittenAction, _ reader: RuleReader) -> Dead? {
        reader.stop(written.setting, written.place)
        return .run
    }
}

extension RuleReader {
    fileprivate func stop(_ setting: Setting, _ place: Place) {
        if let fail = setting.node["fail"], setting.node.entries?.count == 1 {
            let reason = notice(Setting(subject: "'fail'", node: fail, report: report))
            if let reason { add(Stop(reason, fails: true), place) }
        } else if let stops = setting.node.bool {
            if !stops { setting.error("'stop' is true, or the reason as text") }
            add(Stop(nil, fails: false), place)
        } else if let reason = notice(setting) {
            add(Stop(reason, fails: false), place)
        }
    }
}
