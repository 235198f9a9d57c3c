import Komoku
import KomokuExpression

extension Procedure {
    /// A line for each instruction: its number, its step, what it does, and what is done around it.
    package var listing: [String] {
        instructions.enumerated().map { index, instruction in
            let isHidden = instruction.policy.hidesContent
            let operation = instruction.operation
            let shown = isHidden ? "\(operation.word) \(CompiledExpression.notShown)" : operation.listing
            return "\(index) [\(instruction.step)] \(shown)\(instruction.policy)"
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

extension Trigger: CustomStringConvertible {
    package var description: String {
        "\(word) \(isHidden ? CompiledExpression.notShown : formText)".trimmedEnd + (hold.map { " for \($0)" } ?? "")
            + (firesOnRetained ? " retained" : "")
    }

    private var formText: String {
        switch form {
        case .change(let pattern, let to, let from, let by):
            pattern.text + (from.map { " from \($0.written)" } ?? "") + (to.map { " to \($0.written)" } ?? "")
                + (notFrom.isEmpty ? "" : " not from \(notFrom.written)")
                + (notTo.isEmpty ? "" : " not to \(notTo.written)")
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
        case .purpose(let purpose): purpose.written
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
        case .cron(let cron): return "'\(cron.text)'\(holidays.written)\(change)"
        case .daily(let moment, let days): return "\(moment.written)\(days.written)\(holidays.written)\(change)"
        case .calendar(let trigger): return trigger.written
        }
    }
}

extension Schedule.Moment {
    fileprivate var written: String {
        switch self {
        case .key(let key, let offset):
            return key.text + (offset == .zero ? "" : offset < .zero ? " \(offset)" : " +\(offset)")
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
        let days = [weekdays.flatMap(Self.written), holidays ? "holidays" : nil].compactMap(\.self)
            .filter { !$0.isEmpty }
        return (days.isEmpty ? "" : " on " + days.joined(separator: ","))
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
