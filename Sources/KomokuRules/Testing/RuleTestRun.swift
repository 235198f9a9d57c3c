import Komoku
import KomokuHub
import KomokuStore
import Logging

/// Runs one test on a hub of its own.
struct RuleTestRun {
    let test: RuleTest
    let load: (String?) -> (subject: RuleTestSubject?, findings: [Diagnostic])
    let zone: Zone
    let house: RuleTestHouse
    var outcome: RuleTestOutcome
    /// The recorded effects before this lie before the newest expectation.
    var seen = 0

    /// What ends a test at once.
    struct Stop: Error {
        let message: String
        /// Nil is that of the step.
        let position: SourcePosition?

        init(_ message: String, at position: SourcePosition? = nil) {
            self.message = message
            self.position = position
        }
    }

    /// - Parameter load: reads the subject; nil is the one of the file, else a path relative to it.
    static func run(
        _ test: RuleTest, logger: Logger,
        load: @escaping (String?) -> (subject: RuleTestSubject?, findings: [Diagnostic])
    ) async -> RuleTestOutcome {
        var outcome = RuleTestOutcome(name: test.name, position: test.position)
        let begin = SystemClock().monotonic
        do {
            var run = try RuleTestRun(test, logger: logger, load: load)
            await run.run()
            run.house.stop()
            outcome = run.outcome
        } catch {
            outcome.failures = [RuleTestOutcome.Failure(position: test.position, message: "\(error)")]
        }
        outcome.duration = Duration(microseconds: SystemClock().monotonic - begin)
        return outcome
    }

    private init(
        _ test: RuleTest, logger: Logger,
        load: @escaping (String?) -> (subject: RuleTestSubject?, findings: [Diagnostic])
    ) throws {
        guard let subject = load(nil).subject else {
            throw RuleTestHouse.Failure("the configuration under test has errors")
        }
        self.test = test
        self.load = load
        zone = try ZoneFiles().zone(named: subject.hub.timeZone ?? "UTC")
        let start = test.start ?? RuleTestTime.usualStart
        guard let time = RuleTestTime(start), time.date != nil,
            let moment = time.moment(after: .distantPast, in: zone)
        else {
            throw RuleTestHouse.Failure("'\(start)' is no time to start at; write one such as 2026-03-27 05:00")
        }
        house = try RuleTestHouse(
            subject, start: moment, isDurable: test.steps.contains { $0.action.endsHub }, logger: logger)
        outcome = RuleTestOutcome(name: test.name, position: test.position)
    }

    private mutating func run() async {
        do {
            try house.startHub()
            for assignment in test.given { try await put(assignment) }
            try await house.startRules()
        } catch {
            fail(at: test.position, error)
        }
        for step in test.steps where outcome.passed {
            do {
                try await perform(step.action, at: step.position)
            } catch {
                fail(at: step.position, error)
            }
        }
        if !outcome.passed { outcome.log = await whyLog() }
    }

    private mutating func fail(at position: SourcePosition, _ error: any Error) {
        guard let stop = error as? Stop else { return fail(at: position, "\(error)") }
        fail(at: stop.position ?? position, stop.message)
    }

    mutating func fail(at position: SourcePosition, _ message: String) {
        outcome.failures.append(RuleTestOutcome.Failure(position: position, message: message))
    }

    func put(_ assignment: RuleTest.Assignment) async throws {
        let (key, json) = (assignment.key, assignment.value)
        if let question = try await question(for: key) {
            throw Stop("nothing is configured for '\(key)', and no rule reads it; \(question)", at: assignment.position)
        }
        let fault = try await house.perform { hub, _ -> String? in
            do throws(CommandError) {
                try hub.put(key, json, cause: .client("test"))
                return nil
            } catch {
                return hub.putFault(key, json) ?? error.rawValue
            }
        }
        if let fault { throw Stop("\(key) cannot be \(json.text): \(fault)", at: assignment.position) }
    }
}

extension RuleTest.Action {
    fileprivate var endsHub: Bool {
        switch self {
        case .restart, .killDuring: true
        default: false
        }
    }
}
