/// How an effect is told to people. Nobody takes it apart again.
extension RunEffect: CustomStringConvertible {
    /// `2 put hall.light true`, `3 > goodnight 2 put …`.
    public var description: String {
        let stepPath = stepPath
        return stepPath.isEmpty ? phrase : "\(stepPath) \(phrase)"
    }

    /// The step, with those in scripts: `3 > goodnight 2`.
    public var stepPath: String { scripts.reduce(step) { "\($0) > \($1.name) \($1.step)" } }

    /// Without the step: `put hall.light true`.
    public var phrase: String {
        var words = verb
        func add(_ word: String) { words += words.isEmpty ? word : " \(word)" }
        if let key { add(key.text) }
        if let text { add(text) }
        if let value { add(verb == "increment" ? "by \(Self.text(of: value))" : Self.text(of: value)) }
        if isHidden { add(Self.notShown) }
        switch outcome {
        case .failed: add("failed: \(reason ?? "")")
        case .failedLater: add("failed later: \(reason ?? "")")
        case .reported, nil: break
        }
        return words
    }

    /// What is told of effects that are not.
    ///
    /// - Returns: nil for none.
    public static func phrase(omitted: Int) -> String? { omitted > 0 ? "and \(omitted) more" : nil }

    /// A text as it is, everything else as JSON.
    public static func text(of value: JSON) -> String { value.string ?? value.text }

    public static let notShown = "(not shown: it holds a value of the environment)"
}
