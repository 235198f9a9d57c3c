internal import Komoku
internal import KomokuClient
internal import KomokuWire

/// The answer to `why`, to be read from the top: what is, since when, what brought it, what did not happen and for what reason.
struct Story {
    private let screen: Screen
    private let now: Timestamp
    private let text: RunText
    private var lines: [String] = []

    private init(on screen: Screen, now: Timestamp) {
        self.screen = screen
        self.now = now
        text = RunText(now: now)
    }

    static func lines(of story: KeyStory, now: Timestamp, on screen: Screen) -> [String] {
        var text = Story(on: screen, now: now)
        text.tell(story)
        return text.lines
    }

    static func lines(of story: RuleStory, now: Timestamp, on screen: Screen) -> [String] {
        var text = Story(on: screen, now: now)
        text.tell(story)
        return text.lines
    }

    /// A run, and those that led to it.
    static func lines(of chain: [RunReport], now: Timestamp, on screen: Screen) -> [String] {
        var text = Story(on: screen, now: now)
        text.tell(chain)
        return text.lines
    }

    private mutating func tell(_ chain: [RunReport]) {
        for (index, run) in chain.enumerated() {
            section()
            tell(run, after: index == 0 ? nil : "led to by ")
        }
        if chain.count == Self.longestChain { add("and so on", indent: 2) }
    }

    /// As many are told.
    static let longestChain = 16

    private mutating func tell(_ story: KeyStory) {
        add("\(story.key)  \(story.value.map { Shown.value($0, unit: story.unit) } ?? "has no value")")
        add(Self.beginning(of: story, text: text, now: now), indent: 2)
        tell(story.chain)
        let told = Set(story.chain.map(\.number))
        tell("runs that changed it", story.runs.filter { !told.contains($0.number) }, withOccasion: true)
        tell("did not run", story.passed)
        if let run = story.cause?.run, story.chain.isEmpty {
            section()
            add("there is no record of run \(run) any more")
        }
    }

    /// `since 08:30:12, 3m ago; run 41 of hall-light put it at step 2`.
    static func beginning(of story: KeyStory, text: RunText, now: Timestamp) -> String {
        let since = story.since.map { "since \(text.time($0)), \(LocalTime.age(of: $0, now: now))" }
        let cause = [cause(story.cause), story.cause?.asked.map(command)].compactMap(\.self)
        var clauses = [since, story.value == nil ? nil : cause.joined(separator: ", ")].compactMap(\.self)
        if story.isStale, let time = story.time {
            clauses.append("no news since \(text.time(time))")
        } else if let time = story.time, let since = story.since, time - since >= .seconds(1) {
            clauses.append("confirmed \(LocalTime.age(of: time, now: now))")
        }
        return clauses.isEmpty ? "it was never set" : clauses.joined(separator: "; ")
    }

    /// The run that told the device what it reports.
    private static func command(_ asked: ChangeCause.Asked) -> String {
        "asked for by run \(asked.run) of \(asked.rule)" + (asked.step.map { " at step \($0)" } ?? "")
    }

    private static func cause(_ cause: ChangeCause?) -> String {
        switch cause?.kind {
        case .message: "by a message on \(cause?.topic ?? "")"
        case .client: RunText.client(cause?.client ?? "", by: cause?.by)
        case .rule:
            "put by run \(cause?.run ?? 0) of \(cause?.rule ?? "")" + (cause?.step.map { " at step \($0)" } ?? "")
        case .expiry: "it became false, because there was no news for too long"
        case .clock: "it was set in advance, and its time came"
        case .other: "by something that this program has no words for"
        case nil: "its origin is no longer recorded"
        }
    }

    private mutating func tell(_ story: RuleStory) {
        lines += RulesShown.lines(of: story.rule, now: now, on: screen)
        let standing = story.runs.filter(\.isStanding)
        let ended = story.runs.filter { !$0.isStanding }
        for (title, runs) in [("waiting", standing), ("last runs", ended)] where !runs.isEmpty {
            section()
            add(title)
            for run in runs { tell(run, after: nil, indent: 2) }
        }
        tell("did not run", story.passed)
        if story.runs.isEmpty && story.passed.isEmpty {
            section()
            add("it was not triggered, as far as is recorded")
        }
    }

    /// A run with all that it did.
    private mutating func tell(_ run: RunReport, after words: String?, indent: Int = 0) {
        add(
            "\(words ?? "")run \(run.number) of \(run.rule), \(text.time(run.started)), \(RunText.outcome(run))",
            indent: indent)
        add("trigger: \(RunText.occasion(run))", indent: indent + 4)
        for effect in RunText.effects(run) { add(effect, indent: indent + 4) }
        if let reason = run.reason { add("reason: \(reason)", indent: indent + 4) }
        if run.isStanding, let waits = text.waits(run) { add("waiting \(waits)", indent: indent + 4) }
    }

    /// One line each, and what fired it where that is wanted.
    private mutating func tell(_ title: String, _ runs: [RunReport], withOccasion: Bool = false) {
        guard !runs.isEmpty else { return }
        section()
        add(title)
        for run in runs {
            let outcome = run.outcome == "skipped" ? "" : "\(RunText.word(run)): "
            add("\(text.time(run.last ?? run.started))  \(run.rule)  \(outcome)\(text.summary(run))", indent: 2)
            if withOccasion { add("trigger: \(RunText.occasion(run))", indent: 6) }
        }
    }

    private mutating func section() {
        if !lines.isEmpty { lines.append("") }
    }

    private mutating func add(_ text: String, indent: Int = 0) {
        lines += Wrapping.lines(text, indent: indent, hanging: indent + 2, on: screen)
    }
}
