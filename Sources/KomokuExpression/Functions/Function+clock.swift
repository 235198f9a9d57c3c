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
            }
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

    fileprivate mutating func timeOfDay(_ syntax: Syntax) -> ClockCall.TimeOfDay? {
        if case .literal(.string(let text)) = syntax.form, let time = ClockCall.TimeOfDay(text) { return time }
        let isMidnight = syntax.form == .literal(.string("24:00"))
        fault(
            at: syntax, "\(syntax) is not a time of day",
            remedy: isMidnight ? "write '00:00'" : "write it like '22:00'")
        return nil
    }
}
