import Komoku
import KomokuExpression

extension Run {
    /// Works an instruction out; performs nothing and changes nothing.
    func work(
        of instruction: Instruction, _ lookup: (Reference) -> Value?, _ nextKey: NextKey
    ) throws(UnknownContent) -> Work {
        let work = try openWork(of: instruction, lookup, nextKey)
        guard instruction.policy.hidesContent, case .outside(let demand, let effect) = work else { return work }
        // What is made of a secret may be the name itself.
        var key: KeyName?
        if case .key(let name)? = instruction.operation.target { key = name }
        return .outside(demand, RunEffect(verb: effect.verb, key: key, isHidden: true))
    }

    private func openWork(
        of instruction: Instruction, _ lookup: (Reference) -> Value?, _ nextKey: NextKey
    ) throws(UnknownContent) -> Work {
        switch instruction.operation {
        case .put(let target, let content):
            let (key, json) = (try key(target), try content.filledIn(lookup))
            return .outside(.put(key, json), RunEffect(verb: "put", key: key, value: json.excerpt))
        case .toggle(let target):
            let key = try key(target)
            return .outside(.toggle(key), RunEffect(verb: "toggle", key: key))
        case .increment(let target, let step):
            let (key, step) = (try key(target), try step?.number(lookup) ?? 1)
            return .outside(
                .increment(key, by: step), RunEffect(verb: "increment", key: key, value: .number(step)))
        case .publish(let topic, let payload, let qos, let retain):
            return try publish(topic.known(lookup), payload.filledIn(lookup), qos, retain)
        case .http(let action):
            let request = try action.request(timeout: instruction.policy.timeout, lookup)
            return .outside(.http(request), RunEffect(verb: "http", text: "\(request.method) \(request.host)"))
        case .run(let action):
            let call = try action.call(timeout: instruction.policy.timeout, lookup)
            return .outside(.launch(call), RunEffect(verb: "run", text: action.shownProgram(of: call)))
        case .notify(let action):
            let note = action.notification(rule: rule.name, lookup)
            return .outside(.notify(note), RunEffect(verb: "notify", text: "\(note.target): \(note.message)"))
        case .log(let template, let level):
            // A text for people is worth writing even if a part of it is unknown.
            // What is made of a value that nobody may see can look otherwise than it: only its own text is masked later.
            let isHidden = instruction.policy.hidesContent && !template.expressions.isEmpty
            let text = isHidden ? CompiledExpression.notShown : template.filledIn(lookup).text
            return .outside(.log(text, level), RunEffect(verb: "log", text: text))
        default:
            return try control(instruction, lookup, nextKey)
        }
    }

    private func control(
        _ instruction: Instruction, _ lookup: (Reference) -> Value?, _ nextKey: NextKey
    ) throws(UnknownContent) -> Work {
        switch instruction.operation {
        case .wait(let expression):
            let duration = try duration(expression, lookup)
            return .wait(duration, RunEffect(verb: "wait", text: "\(duration)"))
        case .waitUntil(let condition, let timeout, _):
            return try until(condition, timeout, instruction.policy.timeout, lookup)
        case .waitFor(let triggers, let timeout, _):
            return try wait(for: triggers, timeout, instruction.policy.timeout, lookup)
        case .set(let name, let content): return .set(name, content.local(lookup))
        case .call(let name, let members, let waits): return call(name, members, waits, lookup)
        case .stop(let reason, let fails): return .stop(reason?.filledIn(lookup).text, fails: fails)
        case .branch(let condition, let otherwise): return .goOn(at: condition.holds(lookup) ? nil : otherwise)
        case .jump(let position), .again(let position): return .goOn(at: position)
        case .loop(let loop): return .begin(try begin(loop, lookup))
        case .next(let exit): return .round(try round(lookup, nextKey), exit: exit)
        default: return .goOn(at: nil)
        }
    }

    private func key(_ target: KeyTarget) throws(UnknownContent) -> KeyName {
        switch target {
        case .key(let key): return key
        case .computed(let computed):
            guard let key = computed.key(local) else {
                throw UnknownContent(reason: "`\(computed)` makes no name of a key")
            }
            return key
        }
    }

    private func publish(
        _ topic: String, _ payload: JSON, _ qos: Int, _ retain: Bool
    ) throws(UnknownContent) -> Work {
        let isAllowed =
            !topic.isEmpty && topic.utf8.count <= 65_535
            && !topic.utf8.contains { [UInt8(ascii: "+"), UInt8(ascii: "#"), 0].contains($0) }
        guard isAllowed else { throw UnknownContent(reason: "'\(topic.cut(to: 80))' is no topic to publish to") }
        let message = RulePublication(topic: topic, payload: payload.payload, qos: qos, retain: retain)
        return .outside(
            .publish(message), RunEffect(verb: "publish", value: payload.excerpt, text: topic.cut(to: 60)))
    }

    private func duration(
        _ expression: CompiledExpression, _ lookup: (Reference) -> Value?
    ) throws(UnknownContent) -> Duration {
        let seconds = try expression.number(lookup)
        guard let duration = Duration(seconds: seconds), duration <= Expression.longestDuration else {
            throw UnknownContent(reason: "\(DecimalNumber.text(seconds)) seconds cannot be waited")
        }
        return max(duration, .zero)
    }

    private func until(
        _ condition: CompiledExpression, _ timeout: CompiledExpression?, _ policy: Duration?,
        _ lookup: (Reference) -> Value?
    ) throws(UnknownContent) -> Work {
        if condition.holds(lookup) { return .until(holds: true) }
        // Its timer runs: it is only looked at again.
        if standing == .waitingUntil { return .until(holds: false) }
        let longest = try longest(timeout, policy, lookup)
        return .until(
            holds: false, timeout: longest, RunEffect(verb: "wait_until", text: condition.shown))
    }

    private func wait(
        for triggers: [Trigger], _ timeout: CompiledExpression?, _ policy: Duration?, _ lookup: (Reference) -> Value?
    ) throws(UnknownContent) -> Work {
        if standing == .waitingUntil { return .until(holds: false) }
        let longest = try longest(timeout, policy, lookup)
        let shown = triggers.map(\.description).joined(separator: " or ")
        return .until(holds: false, timeout: longest, RunEffect(verb: "wait_for", text: shown))
    }

    private func longest(
        _ timeout: CompiledExpression?, _ policy: Duration?, _ lookup: (Reference) -> Value?
    ) throws(UnknownContent) -> Duration? {
        try timeout.map { expression throws(UnknownContent) in try duration(expression, lookup) } ?? policy
    }

    private func call(
        _ name: String, _ members: [Content.Member], _ waits: Bool, _ lookup: (Reference) -> Value?
    ) -> Work {
        var arguments: [String: Value] = [:]
        for member in members { arguments[member.name] = member.content.local(lookup) }
        if waits { return .call(name, arguments) }
        return .outside(.call(rule: name, arguments: arguments), RunEffect(verb: "call", text: name))
    }
}

extension JSON {
    /// As a message has it: a text as it is, everything else as JSON.
    var payload: [UInt8] { if case .string(let text) = self { Array(text.utf8) } else { bytes } }
}
