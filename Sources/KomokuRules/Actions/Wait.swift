import Komoku
import KomokuExpression
import KomokuYAML

/// `wait: 5m`: goes on later.
struct Wait: Operation {
    /// Of seconds.
    let duration: CompiledExpression

    init(_ duration: CompiledExpression) {
        self.duration = duration
    }

    var word: String { Self.word }
    var listing: String { "wait \(duration.shown)" }
    var waits: Bool { true }
    var standing: Run.Standing? { .waiting }

    func visit(_ visitor: inout some PartVisitor) { visitor.expression(duration) }

    func work(
        _ run: Run, _ policy: Instruction.Policy, _ lookup: (Reference) -> Value?, _ nextKey: Run.NextKey
    ) throws(UnknownContent) -> Run.Work {
        let duration = try duration.duration(lookup)
        return .wait(duration, RunEffect(verb: word, text: "\(duration)"))
    }
}

extension Wait: Action {
    static let word = "wait"
    static let options = ActionOptions.onError
    static let elsewhere: [(names: [String], meaning: String)] = [(["delay", "sleep", "pause"], "write wait: 5m")]

    static func read(_ written: WrittenAction, _ reader: RuleReader) -> Dead? {
        if let duration = reader.duration(written.setting) { reader.add(Wait(duration), written.place) }
        return nil
    }
}

extension CompiledExpression {
    /// What an expression of seconds comes to.
    func duration(_ lookup: (Reference) -> Value?) throws(UnknownContent) -> Duration {
        let seconds = try number(lookup)
        guard let duration = Duration(seconds: seconds), duration <= Expression.longestDuration else {
            throw UnknownContent(reason: "\(DecimalNumber.text(seconds)) seconds cannot be waited")
        }
        return max(duration, .zero)
    }
}

extension RuleReader {
    /// An expression of seconds; a bare number is none, its unit is missing.
    func duration(_ setting: Setting) -> CompiledExpression? {
        let meant = SpokenDuration.meant(by: setting.node)
        if setting.node.number != nil || meant != nil {
            setting.mismatch(
                expecting: "a duration such as 5m", remedy: meant.map { "write \($0)" } ?? "add a unit: s, m, h or d")
            return nil
        }
        guard let compiled = expression(setting, expecting: .number, unit: "s") else { return nil }
        if compiled.references.isEmpty, compiled.reads == .none,
            let seconds = compiled.evaluate({ _ in nil })?.number
        {
            if seconds < 0 { setting.error("a duration is not less than 0") }
            if seconds > Expression.longestDuration.seconds { setting.error("a duration is at most 100 years") }
        }
        return compiled
    }
}
