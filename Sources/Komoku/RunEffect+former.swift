/// Reads the sentences that the why log and the cells of runs held before effects were data: `2 put hall.light true`,
/// `3 > goodnight 2 put …`, `4 http GET https://x failed: …`.
extension RunEffect {
    /// What is made of a sentence reads as that did.
    init(formerly sentence: String) {
        self.init(verb: "")
        take(sentence)
        if !description.utf8.elementsEqual(sentence.utf8) { self = RunEffect(verb: "", text: sentence) }
    }

    private mutating func take(_ sentence: String) {
        guard let rest = takeStepPath(sentence[...]) else { return takeNote(sentence) }
        var words = rest
        verb = words.takeWord()
        // A text for the log may speak of failures.
        if verb != "log" { takeFailure(&words) }
        if words.elementsEqual(Self.notShown) {
            isHidden = true
        } else if !words.isEmpty {
            takeContent(words)
        }
    }

    /// `and 5 more`, the last of the sentences.
    static func formerlyOmitted(_ text: String) -> Int? {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, words[0] == "and", words[2] == "more" else { return nil }
        return Int(words[1])
    }

    /// - Returns: what follows; nil where it does not begin with a step.
    private mutating func takeStepPath(_ text: Substring) -> Substring? {
        var rest = text
        let first = rest.takeWord()
        guard first.isStep else { return nil }
        var scripts: [Script] = []
        while rest.hasPrefix("> ") {
            var behind = rest.dropFirst(2)
            var name = behind.takeWord()
            // A name may be `scene 2`: then the step follows.
            while !behind.isEmpty, !behind.firstWord.isStep || behind.secondWord.isStep {
                name += " \(behind.takeWord())"
            }
            guard !behind.isEmpty else { return nil }
            scripts.append(Script(name: name, step: behind.takeWord()))
            rest = behind
        }
        guard !rest.isEmpty else { return nil }
        (step, self.scripts) = (first, scripts)
        return rest
    }

    /// What a device did not do, without a step: `lamp.state failed later: …`.
    private mutating func takeNote(_ sentence: String) {
        var words = sentence[...]
        takeFailure(&words)
        if outcome != nil, let name = KeyName(String(words)) { key = name } else { text = String(words) }
    }

    private mutating func takeFailure(_ words: inout Substring) {
        for (mark, outcome) in [("failed: ", Outcome.failed), ("failed later: ", .failedLater)] {
            let found = words.hasPrefix(mark) ? words.startIndex : words.firstIndex(of: " " + mark)
            guard let found else { continue }
            self.outcome = outcome
            reason = String(words[found...].drop { $0 == " " }.dropFirst(mark.count))
            words = words[..<found]
            return
        }
    }

    private mutating func takeContent(_ words: Substring) {
        var rest = words
        guard ["put", "toggle", "increment"].contains(verb), let name = KeyName(rest.takeWord()) else {
            text = String(words)
            return
        }
        key = name
        if verb == "increment", rest.hasPrefix("by ") { rest = rest.dropFirst(3) }
        guard !rest.isEmpty else { return }
        let given = String(rest)
        // Only what reads the same again is more than a text.
        value = (try? JSON(parsing: given)).flatMap { Self.text(of: $0) == given ? $0 : nil } ?? .string(given)
    }
}

extension StringProtocol {
    /// `2`, `2.then.1`; `end` behind the last.
    fileprivate var isStep: Bool { first.map { $0.isASCII && $0.isNumber } ?? false || self == "end" }
}

extension Substring {
    fileprivate var firstWord: Substring { prefix { $0 != " " } }

    fileprivate var secondWord: Substring { self[firstWord.endIndex...].dropFirst().firstWord }

    fileprivate mutating func takeWord() -> String {
        let word = firstWord
        self = self[word.endIndex...].dropFirst()
        return String(word)
    }

    fileprivate func firstIndex(of text: String) -> Index? {
        indices.first { self[$0...].hasPrefix(text) }
    }
}
