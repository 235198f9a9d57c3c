import Komoku
import KomokuExpression

extension Operation {
    /// As the configuration calls it.
    package var word: String {
        switch self {
        case .put: "put"
        case .toggle: "toggle"
        case .increment: "increment"
        case .publish: "publish"
        case .http: "http"
        case .run: "run"
        case .notify: "notify"
        case .log: "log"
        case .wait: "wait"
        case .waitUntil: "wait_until"
        case .waitFor: "wait_for"
        case .set: "set"
        case .call: "call"
        case .stop: "stop"
        case .branch: "if"
        case .loop, .next: "repeat"
        case .jump, .again: "jump"
        }
    }

    /// The key that it changes.
    var target: KeyTarget? {
        switch self {
        case .put(let target, _), .toggle(let target), .increment(let target, _): target
        default: nil
        }
    }

    /// Whether it says where the run goes on.
    var isControl: Bool {
        switch self {
        case .branch, .jump, .loop, .next, .again: true
        default: false
        }
    }

    /// The expressions that are evaluated for it.
    var expressions: [CompiledExpression] {
        switch self {
        case .put(_, let content), .set(_, let content): content.expressions
        case .increment(_, let step): step.map { [$0] } ?? []
        case .publish(let topic, let payload, _, _): topic.expressions + payload.expressions
        case .http(let action): action.expressions
        case .run(let action): action.expressions
        case .notify(let action): action.templates.flatMap(\.expressions)
        case .log(let template, _): template.expressions
        case .wait(let expression), .branch(let expression, _): [expression]
        case .waitUntil(let condition, let timeout, _): [condition] + (timeout.map { [$0] } ?? [])
        case .waitFor(_, let timeout, _): timeout.map { [$0] } ?? []
        case .call(_, let arguments, _): arguments.flatMap(\.content.expressions)
        case .stop(let reason, _): reason?.expressions ?? []
        case .loop(.count(let expression)): [expression]
        case .toggle, .jump, .loop, .next, .again: []
        }
    }
}

extension HTTPAction {
    var expressions: [CompiledExpression] {
        url.expressions + headers.flatMap(\.value.expressions) + (body?.expressions ?? [])
    }
}

extension ProgramAction {
    var expressions: [CompiledExpression] {
        words.flatMap(\.expressions) + (input?.expressions ?? []) + environment.flatMap(\.value.expressions)
    }
}

extension NotifyAction {
    var templates: [CompiledTemplate] { [title, message, topic].compactMap { $0 } }
}
