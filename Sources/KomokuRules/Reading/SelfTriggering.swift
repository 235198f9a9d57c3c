import Komoku
import KomokuExpression
import KomokuYAML

/// Finds rules that start themselves again and again. What they put is played through: told of are those whose own puts,
/// after a run that one of them started, make a change that their trigger takes and their condition does not rule out.
struct SelfTriggering {
    private let rule: Rule
    private let keys: KnownKeys
    private let report: SettingsReport

    /// What a step does to a key; the value is nil where it is known only when the rule runs.
    fileprivate enum Step {
        case constant(Value)
        case toggle
        /// Moves on with each run.
        case moving
        /// May end up at the same value.
        case settling
    }

    init(_ rule: Rule, _ keys: KnownKeys, _ report: SettingsReport) {
        (self.rule, self.keys, self.report) = (rule, keys, report)
    }

    func run() {
        guard !rule.triggers.isEmpty else { return }
        for trigger in rule.triggers {
            guard case .purpose(let form) = trigger.form else {
                look(at: trigger)
                continue
            }
            for match in keys.matches(of: form, trigger).prefix(Self.maximumKeys) where look(at: match.trigger) {
                break
            }
        }
    }

    /// The most keys of a pattern that are looked at.
    private static let maximumKeys = 50

    /// - Returns: whether it was told of.
    @discardableResult private func look(at trigger: Trigger) -> Bool {
        let order = order(in: trigger)
        var steps: [KeyName: [Step]] = [:]
        for (key, step) in order { steps[key, default: []].append(step) }
        let names = steps.keys.sorted()
        switch trigger.form {
        case .change(let pattern, let to, let from, _):
            // A hold or a step is met only by some changes; which ones the values tell.
            guard
                let key = names.first(where: {
                    pattern.matches($0) && loops(steps[$0] ?? [], $0, to, from, trigger)
                })
            else { return false }
            tell(trigger, "puts '\(key)', and each change of '\(pattern)' starts it")
        case .becomes(let expression):
            let found = names.first { turns(expression, steps[$0] ?? [], $0) } ?? turned(expression, order)
            guard let key = found else { return false }
            tell(trigger, "puts '\(key)' so that '\(expression.text)' becomes true again")
        case .event(let pattern, let values):
            guard let key = names.first(where: { pattern.matches($0) && emits(steps[$0] ?? [], values) })
            else { return false }
            tell(trigger, "puts '\(key)', and each message of '\(pattern)' starts it")
        case .mqtt(let filter, let payloads):
            guard let topic = publishes(filter, payloads) else { return false }
            tell(trigger, "publishes to '\(topic)', and each message on '\(filter)' starts it")
        default: return false
        }
        return true
    }

    private func tell(_ trigger: Trigger, _ reason: String) {
        report.warning(
            at: trigger.position, "the rule '\(rule.name)' starts itself: it \(reason)",
            remedy: "narrow the trigger, or give the rule an 'if' that ends it")
    }

    // MARK: Keys

    /// What is put, in the order of the procedure. A name that a loop over a pattern or the trigger fills in is one of the keys
    /// that both mean.
    private func order(in trigger: Trigger) -> [(key: KeyName, step: Step)] {
        var patterns: [String: KeyPattern] = [:]
        for case .keys(let pattern, let name)? in rule.procedure.instructions.map(\.operation.loop) {
            patterns[name] = pattern
        }
        var found = TargetsFound()
        rule.procedure.visit(&found)
        return found.all.compactMap { target, change in
            guard let key = key(target, trigger, patterns) else { return nil }
            return (key, Self.step(change, key))
        }
    }

    private func key(_ target: KeyTarget, _ trigger: Trigger, _ patterns: [String: KeyPattern]) -> KeyName? {
        let computed: ComputedKey
        switch target {
        case .key(let key): return key
        case .computed(let some): computed = some
        }
        guard computed.parts.count == 1, let local = computed.locals.first else { return nil }
        if local == "key" { return trigger.keys.first.flatMap { $0.name ?? keys.matching($0).first } }
        guard let pattern = patterns[local] else { return nil }
        let meant = trigger.keys
        return keys.matching(pattern).prefix(Self.maximumKeys).first { key in meant.contains { $0.matches(key) } }
    }

    private static func step(_ change: KeyChange, _ key: KeyName) -> Step {
        switch change {
        case .value(.constant(let json)): Value(constant: json).map { .constant($0) } ?? .settling
        case .value(.expression(let expression)): moves(expression, key) ? .moving : .settling
        case .value: .settling
        case .toggle: .toggle
        case .step: .moving
        }
    }

    /// Whether an expression makes another value of the key's own each time: `count + 1`, not `clamp(count, 0, 9)`.
    private static func moves(_ expression: CompiledExpression, _ key: KeyName) -> Bool {
        guard let root = try? Expression.parse(expression.text).root else { return false }
        let reads = root.names.contains { $0.name == key || $0.name.text.utf8.elementsEqual("value".utf8) }
        guard reads else { return false }
        switch root.form {
        case .infix(.plus, _, _), .infix(.minus, _, _), .infix(.times, _, _), .infix(.divided, _, _): return true
        case .prefix(.not, _), .prefix(.minus, _): return true
        default: return false
        }
    }

    /// Whether the steps, in a run that a value of theirs started, make a change that the trigger takes.
    private func loops(_ steps: [Step], _ key: KeyName, _ to: [Value]?, _ from: [Value]?, _ trigger: Trigger) -> Bool {
        if to == nil, from == nil, trigger.notTo.isEmpty, trigger.notFrom.isEmpty, rule.condition == nil,
            steps.contains(where: { $0.isMoving })
        {
            return true
        }
        let starts = steps.compactMap { step -> Value? in
            if case .constant(let value) = step { return value }
            return nil
        }
        let flipped = steps.contains { $0.isToggle } ? [Value.boolean(true), .boolean(false)] : []
        return (starts + flipped).filter { takes($0, key, to) }.contains { start in
            var present: Value? = start
            for step in steps {
                let next = step.result(of: present)
                let changes = next != nil && present != nil && next != present
                if changes, let next, let old = present, takes(next, key, to), from?.contains(old) ?? true,
                    !trigger.notTo.contains(next), !trigger.notFrom.contains(old)
                {
                    return true
                }
                present = next
            }
            return false
        }
    }

    /// Whether a change to a value starts the rule, as far as this value tells.
    private func takes(_ value: Value, _ key: KeyName, _ to: [Value]?) -> Bool {
        guard to?.contains(value) ?? true else { return false }
        guard let condition = rule.condition else { return true }
        let outcome = condition.evaluate { reference in
            switch reference {
            case .key(key), .local("value"): value
            default: nil
            }
        }
        return outcome != .boolean(false)
    }

    /// Whether the steps lead the expression from not true to true, all else being as it was.
    private func turns(_ expression: CompiledExpression, _ steps: [Step], _ key: KeyName) -> Bool {
        guard steps.count > 1, expression.keys.count == 1 else { return false }
        var (held, turned): (Bool?, Bool) = (true, false)
        var present: Value?
        // Twice: what the end of a run leads to may start the next one.
        for step in steps + steps {
            present = step.result(of: present)
            guard let value = present else {
                held = nil
                continue
            }
            let outcome = expression.evaluate { if case .key(key) = $0 { value } else { nil } }
            let holds = outcome == .boolean(true)
            if holds, held == false, takes(value, key, nil) { turned = true }
            held = holds
        }
        return turned
    }

    /// The key whose puts lead an expression over patterns from not true to true, other keys having no value.
    private func turned(_ expression: CompiledExpression, _ order: [(key: KeyName, step: Step)]) -> KeyName? {
        let patterns = expression.reads.patterns
        let steps = order.filter { step in patterns.contains { $0.matches(step.key) } }
        guard steps.count > 1 else { return nil }
        var held: Bool? = true
        var state: [KeyName: Value] = [:]
        for (key, step) in steps + steps {
            state[key] = step.result(of: state[key])
            guard let value = state[key] else {
                held = nil
                continue
            }
            let outcome = expression.evaluate { reference in
                switch reference {
                case .keys(let call): call.answer(of: state)
                case .key(let name): state[name]
                default: nil
                }
            }
            let holds = outcome == .boolean(true)
            if holds, held == false, takes(value, key, nil) { return key }
            held = holds
        }
        return nil
    }

    private func emits(_ steps: [Step], _ values: [Value]?) -> Bool {
        rule.condition == nil
            && steps.contains { step in
                guard case .constant(let value) = step else { return values == nil }
                return values?.contains(value) ?? true
            }
    }

    // MARK: Messages

    /// The topic of a publish that the filter takes.
    private func publishes(_ filter: String, _ payloads: [String]?) -> String? {
        var found = PublicationsFound()
        rule.procedure.visit(&found)
        for (topic, payload) in found.all {
            guard let text = topic.constant, Topic.matches(text, filter: filter) else { continue }
            guard let payloads, let sent = payload.constantText else { return text }
            if payloads.contains(where: { $0.utf8.elementsEqual(sent.utf8) }) { return text }
        }
        return nil
    }
}

/// The keys that are changed, and how, in the order of the procedure.
private struct TargetsFound: PartVisitor {
    private(set) var all: [(target: KeyTarget, change: KeyChange)] = []

    mutating func change(_ target: KeyTarget, _ change: KeyChange) { all.append((target, change)) }
}

extension KeysCall {
    /// What it is where only these keys have values.
    fileprivate func answer(of values: [KeyName: Value]) -> Value? {
        var tally = Tally(function)
        for (key, value) in values.sorted(by: { $0.key < $1.key }) {
            guard let subject = subjects.first(where: { $0.pattern.matches(key) }) else { continue }
            tally.add(value, subject.condition, key)
        }
        return tally.answer
    }
}

/// The messages that are published.
private struct PublicationsFound: PartVisitor {
    private(set) var all: [(topic: CompiledTemplate, payload: Content)] = []

    mutating func publication(_ topic: CompiledTemplate, _ payload: Content) { all.append((topic, payload)) }
}

extension SelfTriggering.Step {
    fileprivate var isMoving: Bool { if case .moving = self { true } else { false } }
    fileprivate var isToggle: Bool { if case .toggle = self { true } else { false } }

    /// Nil where it is not known.
    fileprivate func result(of value: Value?) -> Value? {
        switch self {
        case .constant(let value): value
        case .toggle: value?.boolean.map { .boolean(!$0) }
        case .moving, .settling: nil
        }
    }
}

extension Content {
    /// What is sent, where it is always the same text.
    fileprivate var constantText: String? {
        switch self {
        case .constant(.string(let text)): text
        case .constant(let json): json.text
        case .text(let template): template.constant
        default: nil
        }
    }
}
