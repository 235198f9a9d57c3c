internal import Komoku
internal import KomokuHub
internal import KomokuStore
internal import KomokuWire

/// Gathers what `why` tells.
struct WhyAnswer: Sendable {
    typealias Answer = @Sendable (Reply) -> Void

    let history: RunHistory
    let view: RuleView
    /// The most runs, and the most decisions not to run.
    let limit: Int

    /// Rows that are looked through for runs that changed a key: others were only fired by it.
    private static let searched = 200

    // MARK: Of a rule

    func answer(rule: RuleDescription, in hub: isolated Hub, _ reply: @escaping Answer) {
        let ran = question(rule: rule.name, RunReport.ran, limit, in: hub)
        let passed = question(rule: rule.name, RunReport.decisions, limit, in: hub)
        rows(of: ran, passed, reply) { ran, passed in
            reply(
                .shape(RuleStory(rule, runs: ran.map(view.report), passed: passed.map(view.report))))
        }
    }

    // MARK: Of a key

    func answer(key: KeyInfo, in hub: isolated Hub, _ reply: @escaping Answer) {
        let ran = question(key: key.name, RunReport.ran, Self.searched, in: hub)
        let passed = question(key: key.name, RunReport.decisions, view.seesAll ? limit : Self.searched, in: hub)
        rows(of: ran, passed, reply) { ran, passed in
            var story = KeyInquiry(key: key, view: view)
            story.runs = Array(ran.filter { $0.changed(key.name) }.prefix(limit))
            story.passed = Array(passed.prefix(limit))
            story.cause = key.origin.map { ChangeCause($0.cause, for: view.rights) }
            story.run = key.origin?.cause.run
            since(key) { [story] result in
                switch result {
                case .failure(let error): reply(.error(.store(error)))
                case .success(let since):
                    var story = story
                    story.since = since
                    story.inferCause()
                    story.findCommand()
                    tell(story, reply)
                }
            }
        }
    }

    private func tell(_ story: KeyInquiry, _ reply: @escaping Answer) {
        var story = story
        // Where the log has forgotten the run, the cause still names the rule.
        if let rule = story.cause?.rule, !view.sees(rule: rule) { story.hideRun() }
        guard let run = story.run else { return reply(.shape(story.story)) }
        history.chain(from: run) { [story] chain in
            var story = story
            // What led to a run that is not seen is not told either.
            story.chain = Array(chain.prefix(while: view.sees))
            if chain.first.map({ !view.sees($0) }) ?? false { story.hideRun() }
            reply(.shape(story.story))
        }
    }

    /// When the key came to its value. A process that was started since then looks for the last point of another value.
    private func since(_ key: KeyInfo, _ then: @escaping @Sendable (Result<Timestamp?, Store.Error>) -> Void) {
        if let origin = key.origin { return then(.success(origin.time)) }
        guard let value = key.last?.value else { return then(.success(nil)) }
        let store = history.store
        store.newestPoint(of: key.id, differingFrom: value) { result in
            switch result {
            case .failure(let error): then(.failure(error))
            case .success(let other):
                store.points(of: key.id, since: other?.time, limit: 1) { then($0.map { $0.first?.time }) }
            }
        }
    }

    // MARK: Both

    private func question(
        rule: String? = nil, key: KeyName? = nil, _ outcomes: [String], _ limit: Int, in hub: isolated Hub
    ) -> RunHistory.Question {
        history.question(RunQuery(rule: rule, key: key, outcomes: outcomes, limit: limit), in: hub)
    }

    private func rows(
        of first: RunHistory.Question, _ second: RunHistory.Question, _ reply: @escaping Answer,
        _ then: @escaping @Sendable ([RunRow], [RunRow]) -> Void
    ) {
        first.answer { ran in
            second.answer { passed in
                switch (ran, passed) {
                case (.success(let ran), .success(let passed)): then(ran.filter(view.sees), passed.filter(view.sees))
                case (.failure(let error), _), (_, .failure(let error)): reply(.error(.store(error)))
                }
            }
        }
    }
}

/// How a key came to its value.
private struct KeyInquiry: Sendable {
    let key: KeyInfo
    let view: RuleView
    var since: Timestamp?
    var cause: ChangeCause?
    /// The run that brought the value, or asked the device for it.
    var run: Int64?
    /// Whether it did the latter.
    var isAsked = false
    /// It, and those that led to it.
    var chain: [RunRow] = []
    /// Runs that changed the key, newest first.
    var runs: [RunRow] = []
    /// Decisions not to run that looked at the key.
    var passed: [RunRow] = []

    /// Where the value is from before a restart, the log may still tell: a run that put the key was under way then.
    mutating func inferCause() {
        guard cause == nil, let since, key.last?.provenance == .derived || key.last?.provenance == .restored else {
            return
        }
        guard let row = runs.first(where: { $0.wasUnderWay(at: since) }) else { return }
        cause = ChangeCause(rule: row.rule, run: row.id)
        run = row.id
    }

    /// Who may not see the run is told that it was a rule, and not which.
    mutating func hideRun() {
        (run, isAsked) = (nil, false)
        cause = cause.map { ChangeCause($0.kind == .rule ? .rule : $0.kind) }
    }

    /// How long a device may take to report what it was told.
    private static let commandTime = Duration.seconds(30)

    /// What a device reports may be what a rule told it: the newest run that put this very value, shortly before.
    mutating func findCommand() {
        guard cause?.kind == .message, let since, let value = key.last?.value else { return }
        let row = runs.first { row in
            row.wasUnderWay(at: since, orFor: Self.commandTime) && row.mayHavePut(value, to: key.name)
        }
        guard let row else { return }
        (run, isAsked) = (row.id, true)
    }

    var story: KeyStory {
        var story = KeyStory()
        (story.key, story.type, story.unit) = (key.name.text, key.type.rawValue, key.options.unit)
        (story.value, story.time, story.since) = (key.last?.value?.json, key.last?.time, since)
        (story.cause, story.isStale) = (causeWithStep, key.isStale)
        story.chain = chain.map(view.report)
        story.runs = runs.map(view.report)
        story.passed = passed.map(view.report)
        return story
    }

    private var causeWithStep: ChangeCause? {
        guard var cause else { return nil }
        let step = chain.first?.step(changing: key.name)
        if !isAsked {
            cause.step = step
        } else if let row = chain.first {
            cause.asked = ChangeCause.Asked(row.rule, row.id, step: step)
        }
        return cause
    }
}
