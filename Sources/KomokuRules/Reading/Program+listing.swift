import Komoku
import KomokuExpression

extension Program {
    /// A line for each instruction: its number, its step, what it does, and what is done around it.
    package var listing: [String] {
        instructions.enumerated().map { index, instruction in
            let isHidden = instruction.policy.hidesContent
            let operation =
                isHidden ? instruction.operation.word + " \(CompiledExpression.notShown)" : "\(instruction.operation)"
            return "\(index) [\(instruction.step)] \(operation)\(instruction.policy)"
        }
    }
}

extension Operation: CustomStringConvertible {
    package var description: String {
        switch self {
        case .put(let target, let content): "put \(target.text) = \(content)"
        case .toggle(let target): "toggle \(target.text)"
        case .increment(let target, let by): "increment \(target.text) by \(by?.shown ?? "1")"
        case .publish(let topic, let payload, let qos, let retain):
            "publish '\(topic.written)' \(payload)\(qos > 0 ? " qos \(qos)" : "")\(retain ? " retained" : "")"
        case .http(let action): "http \(action)"
        case .run(let action): "run \(action)"
        case .notify(let action): "notify \(action)"
        case .log(let text, let level): "log \(level.rawValue) '\(text.written)'"
        case .wait(let duration): "wait \(duration.shown)"
        case .waitUntil(let condition, let timeout, let onTimeout):
            "wait until \(condition.shown)" + (timeout.map { " for \($0.shown) else \(onTimeout.rawValue)" } ?? "")
        case .waitFor(let triggers, let timeout, let onTimeout):
            "wait for \(triggers.map(\.description).joined(separator: " or "))"
                + (timeout.map { " for \($0.shown) else \(onTimeout.rawValue)" } ?? "")
        case .set(let name, let content): "set \(name) = \(content)"
        case .call(let name, let arguments, let waits): "call \(name)\(arguments.written)\(waits ? "" : " and go on")"
        case .stop(let reason, let fails): (fails ? "fail" : "stop") + (reason.map { " '\($0.written)'" } ?? "")
        case .branch(let condition, let otherwise): "if not \(condition.shown) go to \(otherwise)"
        case .jump(let place): "go to \(place)"
        case .loop(let loop): "loop \(loop)"
        case .next(let exit): "next round or go to \(exit)"
        case .again(let next): "again at \(next)"
        }
    }
}

extension Operation.Loop: CustomStringConvertible {
    package var description: String {
        switch self {
        case .count(let count): "\(count.shown) times"
        case .whileHolds(let condition): "while \(condition.shown)"
        case .until(let condition): "until \(condition.shown)"
        case .keys(let pattern, let name): "over keys \(pattern) as \(name)"
        case .items(let items, let name): "over \(Content.array(items)) as \(name)"
        }
    }
}

extension Instruction.Policy: CustomStringConvertible {
    package var description: String {
        var text = timeout.map { ", timeout \($0)" } ?? ""
        if let retry {
            text += ", retry \(retry.times) after \(retry.delay) times \(DecimalNumber.text(retry.factor))"
            text += " up to \(retry.longest)"
        }
        if waitsForReport { text += ", waits for the device's report" }
        return text + (continuesOnError ? ", continues after an error" : "")
    }
}

extension Content: CustomStringConvertible {
    package var description: String {
        switch self {
        case .constant(let json): json.text
        case .text(let template): "'\(template.written)'"
        case .expression(let expression): "(\(expression.shown))"
        case .array(let items): "[\(items.map(\.description).joined(separator: ", "))]"
        case .object(let members): "{" + members.map { "\($0.name): \($0.content)" }.joined(separator: ", ") + "}"
        }
    }
}

extension CompiledTemplate {
    /// As it was written.
    var written: String {
        parts.map { part in
            switch part {
            case .text(let text):
                String(decoding: text.utf8.flatMap { $0 == 0x7B || $0 == 0x7D ? [$0, $0] : [$0] }, as: UTF8.self)
            case .expression(let expression): "{\(expression.shown)}"
            }
        }.joined()
    }
}

extension [Content.Member] {
    fileprivate var written: String {
        isEmpty ? "" : " with " + map { "\($0.name) = \($0.content)" }.joined(separator: ", ")
    }
}

extension [(name: String, value: CompiledTemplate)] {
    /// The names alone: the values may be secrets.
    fileprivate var names: String { isEmpty ? "" : " with " + map(\.name).joined(separator: ", ") }
}

extension HTTPAction: CustomStringConvertible {
    package var description: String {
        let statuses = accepted.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
        return "\(method) '\(url.written)'\(headers.names)" + (body.map { " body \($0)" } ?? "")
            + " accept \(statuses.joined(separator: ","))" + (into.map { " into \($0)" } ?? "")
    }
}

extension ProgramAction: CustomStringConvertible {
    package var description: String {
        (usesShell ? "shell " : "") + words.map { "'\($0.written)'" }.joined(separator: " ")
            + (input.map { " input '\($0.written)'" } ?? "") + (directory.map { " in \($0)" } ?? "")
            + environment.names + (into.map { " into \($0)" } ?? "")
    }
}

extension NotifyAction: CustomStringConvertible {
    package var description: String {
        target + (title.map { " title '\($0.written)'" } ?? "") + " '\(message.written)'"
            + (topic.map { " topic '\($0.written)'" } ?? "") + (quietFor.map { " quiet for \($0)" } ?? "")
            + (isUrgent ? " urgent" : "") + (escalation.map { " then \($0.to) after \($0.after)" } ?? "")
    }
}

extension Trigger: CustomStringConvertible {
    package var description: String {
        "\(word) \(isHidden ? CompiledExpression.notShown : formText)".trimmedEnd + (hold.map { " for \($0)" } ?? "")
            + (firesOnRetained ? " retained" : "")
    }

    private var formText: String {
        switch form {
        case .change(let pattern, let to, let from, let by):
            pattern.text + (from.map { " from \($0.written)" } ?? "") + (to.map { " to \($0.written)" } ?? "")
                + (by.map { " by \(DecimalNumber.text($0))" } ?? "")
        case .becomes(let expression): "(\(expression.shown))"
        case .schedule(let schedule): schedule.written
        case .mqtt(let filter, let payloads):
            filter + (payloads.map { " " + $0.map { "'\($0)'" }.joined(separator: "|") } ?? "")
        case .event(let pattern, let values): pattern.text + (values.map { " is \($0.written)" } ?? "")
        case .freshness(let pattern, _): pattern.text
        case .start: ""
        case .webhook(let name), .emit(let name): name
        case .command(let pattern): "'\(pattern)'"
        }
    }
}

extension [Value] {
    fileprivate var written: String { map(\.json.text).joined(separator: "|") }
}

extension Schedule {
    fileprivate var written: String {
        let change = clockChange == .once ? "" : " clock change \(clockChange.rawValue)"
        switch form {
        case .every(let period): return "\(period)"
        case .cron(let cron): return "'\(cron.text)'\(change)"
        case .daily(let moment, let days): return "\(moment.written)\(days.written)\(change)"
        }
    }
}

extension Schedule.Moment {
    fileprivate var written: String {
        switch self {
        case .clock(let second):
            return [second / 3600, second / 60 % 60, second % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
                .joined(separator: ":")
        case .sun(let event, let offset):
            return event.rawValue + (offset == .zero ? "" : offset < .zero ? " \(offset)" : " +\(offset)")
        }
    }
}

extension Schedule.Days {
    fileprivate var written: String {
        let once = (dates ?? []).sorted().map(\.description)
        let each = (yearly ?? []).map { "every \($0.month)-\($0.day)" }.sorted()
        return (weekdays.flatMap(Self.written).map { " on \($0)" } ?? "")
            + (once.isEmpty && each.isEmpty ? "" : " on " + (once + each).joined(separator: ", "))
    }

    /// `mon-fri,sun`; nil for all days.
    private static func written(_ weekdays: Set<Int>) -> String? {
        guard weekdays.count < 7 else { return nil }
        let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
        var parts: [String] = []
        var day = 1
        while day <= 7 {
            let first = day
            while day <= 7, weekdays.contains(day) { day += 1 }
            switch day - first {
            case 0: day += 1
            case 1, 2: parts += names[first - 1..<day - 1]
            default: parts.append("\(names[first - 1])-\(names[day - 2])")
            }
        }
        return parts.joined(separator: ",")
    }
}

extension String {
    fileprivate var trimmedEnd: String { hasSuffix(" ") ? String(dropLast()) : self }
}
