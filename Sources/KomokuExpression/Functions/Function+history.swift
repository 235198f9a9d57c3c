import Komoku

/// What the answer of a function on recorded values is.
struct HistoryTraits: Sendable {
    enum AnswerMeasure: Sendable { case ofKey, perSecond, duration, any }

    /// Nil is the kind of the key.
    var kind: ValueKind? = .number
    var measure = AnswerMeasure.any
    /// Only keys that are numbers.
    var takesNumbers = false
    /// Nothing in the window is no point and no change.
    var mayBeUnknown = true
    var range: ClosedRange<Double>?

    func measure(of declaration: TypeEnvironment.Declaration) -> Measure {
        switch measure {
        case .ofKey: Measure(unit: declaration.unit)
        case .perSecond: Measure(unit: declaration.unit.map { "\($0)/s" })
        case .duration: .duration
        case .any: .any
        }
    }
}

/// These take a key first. How the store is asked for each is said where rules run.
extension Function {
    static let history: [Function] = [
        .ofWindowOrKeys(
            "avg", .avg, .avg, "the mean, weighted by time", .init(measure: .ofKey, takesNumbers: true),
            keys: "'*.temperature'", "the mean of what they are now, each with the same weight"),
        .ofWindowOrKeys(
            "sum", .sum, .sum, "the sum of the points", .init(measure: .ofKey, takesNumbers: true),
            keys: "'*.power'", "the sum of what they are now"),
        .ofWindow(
            "delta", .delta, "the change; for a counter, its increase", .init(measure: .ofKey, takesNumbers: true)),
        .ofWindow("rate", .rate, "the same per second", .init(measure: .perSecond, takesNumbers: true)),
        .ofWindowOrKeys(
            "count", .count, .count, "the number of points", .init(mayBeUnknown: false), keys: "'*.lock'",
            "how many of them have a value"),
        .ofWindow(
            "changed", .changed, "whether its value changed", .init(kind: .boolean, mayBeUnknown: false)),
        .ofKey("last", .last, "the newest value", .init(kind: nil, measure: .ofKey)),
        .ofKey("previous", .previous, "the value before the newest one", .init(kind: nil, measure: .ofKey)),
        age,
        since,
        Function(
            "at", [.key, .special("1h")], needs: .history, forms: ["at(key, 1h)", "at(key, time)"], gives: "as the key",
            "the value that long ago, or at a given time: `at(meter, now - 1d)`"
        ) { checker, call in
            let found = checker.subject(call.arguments[0], of: call.function)
            let moment = checker.moment(call.arguments[1])
            guard let (subject, declaration) = found, let moment else { return nil }
            return checker.call(.at, subject, moment, declaration, HistoryTraits(kind: nil, measure: .ofKey))
        },
        fraction,
        .span("duration", .duration, "the same as a duration", .init(measure: .duration)),
    ]

    static let age = ofKey("age", .age, "since its last update", .init(measure: .duration))
    static let since = ofKey(
        "since", .since, "since its value became what it is; updates with an equal value do not count",
        .init(measure: .duration))
    static let fraction = span(
        "fraction", .fraction,
        "the part of the known time for which a boolean key was true, or a comparison of the key with a value: `fraction(freezer.temp > -15, 12h)`",
        .init(range: 0...1))

    private static func ofKey(
        _ name: String, _ function: HistoryCall.Function, _ about: String, _ traits: HistoryTraits
    ) -> Function {
        Function(name, [.key], needs: .history, gives: gives(traits), about) { checker, call in
            guard let (subject, declaration) = checker.subject(call, traits) else { return nil }
            return checker.call(function, subject, .none, declaration, traits)
        }
    }

    static func ofWindow(
        _ name: String, _ function: HistoryCall.Function, _ about: String, _ traits: HistoryTraits
    ) -> Function {
        Function(name, [.key, .special("10m")], needs: .history, gives: gives(traits), about) { checker, call in
            guard checker.environment.offers.contains(.history) else {
                checker.refuse(name, .history, at: call.syntax)
                return nil
            }
            let found = checker.subject(call, traits)
            let window = checker.window(call.arguments[1], of: name)
            guard let (subject, declaration) = found, let window else { return nil }
            return checker.call(function, subject, .window(window), declaration, traits)
        }
    }

    /// Of a boolean key, or of a key compared to a value.
    private static func span(
        _ name: String, _ function: HistoryCall.Function, _ about: String, _ traits: HistoryTraits
    ) -> Function {
        Function(
            name, [.key, .special("1d")], needs: .history, forms: ["\(name)(key, 1d)", "\(name)(key = value, 1d)"],
            gives: gives(traits), about
        ) { checker, call in
            var checked = checker.span(function, call, traits)
            checked?.range = traits.range
            return checked
        }
    }

    private static func gives(_ traits: HistoryTraits) -> String {
        if traits.range != nil { return "0 to 1" }
        switch (traits.kind, traits.measure) {
        case (nil, _): return "as the key"
        case (_, .duration): return "seconds"
        case (.boolean, _): return "boolean"
        default: return "number"
        }
    }
}
