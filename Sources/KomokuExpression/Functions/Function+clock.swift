import Komoku

extension Function {
    /// The words of the clock, which may also be written with `()`, and what takes arguments.
    static let clock: [Function] =
        ClockWord.all.map { word(of: $0) } + [
            Function(
                "time_between", [.special("'22:00'"), .special("'06:00'")], needs: .clock, gives: "boolean",
                "from the first time until just before the second, also across midnight; seconds are allowed: `'22:00:30'`"
            ) { checker, call in
                let times = call.arguments.map { checker.timeOfDay($0) }
                guard let from = times[0], let to = times[1] else { return nil }
                if from == to { checker.warn(at: call.syntax, "the two times are the same: this is always false") }
                return checker.read(.clock(.timeBetween(from: from, to: to)), .init(.boolean, mayBeUnknown: false))
            },
            Function(
                "strftime", [.number("time"), .special("'%H:%M'")], needs: .clock, gives: "text",
                "a time in the hub's zone, as the format says: `strftime(now, '%A, %-d %B')`"
            ) { checker, call in
                let time = checker.check(call.arguments[0], as: .number, "strftime takes a time")
                guard let format = checker.timeFormat(call.arguments[1]), let time else { return nil }
                if time.measure == .duration {
                    checker.warn(
                        at: call.arguments[0], "\(call.arguments[0]) is a duration, strftime takes a time",
                        remedy: "write now + \(call.arguments[0])")
                }
                return checker.computed(.written(time.code, format), .text, mayBeUnknown: true)
            },
        ]

    private static func word(of word: ClockWord) -> Function {
        Function(word.name, [], needs: word.needs, forms: [word.name], gives: word.gives, word.about) { checker, _ in
            checker.read(word)
        }
    }
}

extension Checker {
    mutating func read(_ word: ClockWord) -> Checked {
        var checked = read(.clock(.word(word)), .init(word.kind, mayBeUnknown: word.mayBeUnknown))
        checked.measure = word.measure
        checked.range = word.range
        return checked
    }

    fileprivate mutating func timeFormat(_ syntax: Syntax) -> TimeFormat? {
        guard let text = check(syntax)?.constant?.string else {
            fault(at: syntax, "the format of strftime is a text in quotes: '%H:%M'")
            return nil
        }
        do throws(TimeFormat.Invalid) {
            return try TimeFormat(parsing: text)
        } catch {
            fault(inside: syntax, at: error.offset, length: error.length, error.reason)
            return nil
        }
    }

    fileprivate mutating func timeOfDay(_ syntax: Syntax) -> ClockCall.TimeOfDay? {
        if case .literal(.string(let text)) = syntax.form, let time = ClockCall.TimeOfDay(text) { return time }
        let isMidnight = syntax.form == .literal(.string("24:00"))
        fault(
            at: syntax, "\(syntax) is not a time of day",
            remedy: isMidnight ? "write '00:00'" : "write it like '22:00'")
        return nil
    }
}
