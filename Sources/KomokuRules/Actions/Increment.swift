import Komoku
import KomokuExpression
import KomokuHub
import KomokuYAML

/// `increment: {count: 2}`: adds to numbers.
struct Increment: Operation {
    let target: KeyTarget
    /// Nil is one.
    let step: CompiledExpression?

    init(_ target: KeyTarget, by step: CompiledExpression?) {
        self.target = target
        self.step = step
    }

    var word: String { Self.word }
    var listing: String { "increment \(target.text) by \(step?.shown ?? "1")" }
    var standing: Run.Standing? { .outside }

    func visit(_ visitor: inout some PartVisitor) {
        visitor.change(target, .step(step))
        if let step { visitor.expression(step) }
    }

    func work(
        _ run: Run, _ policy: Instruction.Policy, _ lookup: (Reference) -> Value?, _ nextKey: Run.NextKey
    ) throws(UnknownContent) -> Run.Work {
        let (key, step) = (try target.key(run), try step?.number(lookup) ?? 1)
        return .outside(
            IncrementErrand(key: key, step: step), target.effect(word, key, .number(step), hidden: policy.hidesContent))
    }
}

struct IncrementErrand: Errand {
    let key: KeyName
    let step: Double

    func perform(_ run: Run, at rule: Int, by performer: any Performer, in hub: isolated Hub) -> Performance {
        performer.command(key, .number(step), run, isEchoed: false, in: hub) { cause throws(CommandError) in
            try hub.increment(key, by: step, cause: cause)
        }
    }
}

extension Increment: Action {
    static let word = "increment"
    static let options = ActionOptions.command
    static let isImmediate = true
    static let elsewhere: [(names: [String], meaning: String)] = [(["decrement"], "write increment: {count: -1}")]

    static func read(_ written: WrittenAction, _ reader: RuleReader) -> Dead? {
        reader.increment(written.setting, written.place)
        return nil
    }

    static func scan(_ node: YAMLNode, _ scan: inout RuleScan, _ place: RuleScan.Place) {
        for key in node.entries?.map(\.key) ?? [node] { scan.make(key, place, .number) }
    }
}

extension RuleReader {
    fileprivate func increment(_ setting: Setting, _ place: Place) {
        guard setting.node.entries != nil else {
            if let target = number(setting) { add(Increment(target, by: nil), place) }
            return
        }
        guard let entries = setting.value(.entries(.item, .item)) else { return }
        if setting.node.entries?.isEmpty ?? true {
            setting.error("'increment' names no key", remedy: "write increment: {count: 2}")
        }
        for entry in entries {
            guard let target = number(entry.key), let amount = expressionValue(entry.value),
                let step = expression(amount, expecting: .number)
            else { continue }
            add(Increment(target, by: step), place)
        }
    }

    private func number(_ setting: Setting) -> KeyTarget? {
        guard let (target, declaration) = target(setting) else { return nil }
        if let kind = declaration.kind, kind != .number {
            setting.error("'increment' needs a number, '\(target.text)' is \(kind.phrase)")
        }
        return target
    }
}
