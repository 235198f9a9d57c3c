internal import Dispatch
package import Komoku
package import KomokuHub
internal import KomokuRules
internal import KomokuStore
internal import KomokuSystem
package import Logging
internal import Synchronization

/// Asks web services again and again, and hands their answers to the hub.
package final class PollService: Sendable {
    /// How one goes.
    package struct State: Hashable, Sendable {
        package let name: String
        package var lastSuccess: Timestamp?
        /// What is wrong with the last answer, or why there was none.
        package var fault: String?
        /// In a row.
        package var failures = 0
    }

    private struct Standing {
        var poll: PollSettings.Poll
        var schedule: PollSchedule
        var state: State
        /// What it said last, by key: equal points are not put again.
        var said: [KeyName: [Timestamp: Value]] = [:]
        let number: Int
    }

    private let hub: Hub
    private let runner: ProgramRunner
    private let caller: HTTPCaller
    private let logger: Logger
    private let queue = DispatchQueue(label: "komoku.poll")
    // These belong to the queue.
    nonisolated(unsafe) private var standings: [Standing] = []
    nonisolated(unsafe) private var zone: Zone
    nonisolated(unsafe) private var generator = SystemRandomNumberGenerator()
    nonisolated(unsafe) private var isEnded = false
    nonisolated(unsafe) private var lastNumber = 0
    private let told = Mutex<[State]>([])
    private let first: PollSettings
    private let spread: Duration
    private let watcher: @Sendable (State) -> Void

    static let timeout = Duration.seconds(30)
    static let maximumAnswer = 1 << 20

    /// - Parameters:
    ///   - environment: the hub's, of which curl gets little.
    ///   - spread: all are asked for the first time within it.
    ///   - watcher: told of each answer, and of each that did not come.
    package init(
        _ settings: PollSettings, hub: Hub, environment: [String: String], spread: Duration = PollSchedule.spread,
        logger: Logger, watcher: @escaping @Sendable (State) -> Void = { _ in }
    ) {
        self.watcher = watcher
        self.spread = spread
        self.hub = hub
        self.logger = logger
        runner = ProgramRunner(inherited: environment, name: "komoku-poll", limits: HTTPCaller.limits)
        caller = HTTPCaller(runner)
        (first, zone) = (settings, settings.zone)
    }

    /// How each goes, from any thread.
    package var states: [State] { told.withLock { $0 } }

    package func start() { reload(first) }

    /// One that is the same goes on as it was.
    package func reload(_ settings: PollSettings) {
        queue.async { [self] in
            zone = settings.zone
            let old = standings
            standings = settings.polls.map { poll in
                if var standing = old.first(where: { $0.poll.isSame(as: poll) }) {
                    standing.poll = poll
                    // Fields may be others.
                    standing.said = [:]
                    return standing
                }
                lastNumber += 1
                let standing = Standing(
                    poll: poll, schedule: PollSchedule(every: poll.every), state: State(name: poll.name),
                    number: lastNumber)
                ask(lastNumber, in: standing.schedule.first(within: spread, using: &generator))
                return standing
            }
            tell()
        }
    }

    /// Ends what is asked, and asks no more.
    package func stop() {
        queue.sync { isEnded = true }
        runner.stop()
    }

    // MARK: One question

    private func ask(_ number: Int, in delay: Duration) {
        queue.asyncAfter(deadline: .now() + delay.seconds) { [weak self] in self?.ask(number) }
    }

    private func ask(_ number: Int) {
        guard !isEnded, let poll = standings.first(where: { $0.number == number })?.poll else { return }
        var request = HTTPRequest(url: poll.url, method: "GET", headers: poll.headers, timeout: Self.timeout)
        // What is secret is for whom it was written.
        request.followsRedirects = poll.headers.isEmpty
        request.maximumAnswer = Self.maximumAnswer
        _ = caller.request(request) { [weak self] result in self?.heard(result, number) }
    }

    private func heard(_ result: Result<OutputAnswer, OutputFailure>, _ number: Int) {
        queue.async { [self] in take(result, number) }
    }

    private func take(_ result: Result<OutputAnswer, OutputFailure>, _ number: Int) {
        guard !isEnded, let index = standings.firstIndex(where: { $0.number == number }) else { return }
        let poll = standings[index].poll
        var (faults, isDone): ([String], Bool) = ([], false)
        var sample = ""
        switch result {
        case .failure(let failure): faults = [failure.reason]
        case .success(let answer) where !(200...299).contains(answer.status):
            let isRedirect = (300...399).contains(answer.status)
            faults = [
                "the answer is HTTP \(answer.status)"
                    + (isRedirect ? ": it leads elsewhere, which is not followed with headers; write that address" : "")
            ]
            sample = answer.text
        case .success(let answer) where answer.isCut:
            faults = ["the answer is longer than \(Self.maximumAnswer >> 20) MiB"]
        case .success(let answer):
            let read = PollAnswer(answer.text, to: poll, zone: zone)
            // Nothing new, and nothing wrong, is an answer.
            (faults, isDone) = (read.faults, read.faults.isEmpty || !read.isEmpty)
            if !faults.isEmpty { sample = answer.text }
            hand(read, of: index)
        }
        let hidden = poll.hidden
        note(faults.map(hidden.masked), isDone: isDone, sample: hidden.masked(sample), of: index)
        ask(number, in: standings[index].schedule.next(after: isDone, using: &generator))
    }

    private func note(_ faults: [String], isDone: Bool, sample: String, of index: Int) {
        let before = standings[index].state
        let poll = standings[index].poll
        standings[index].state.fault = faults.first
        standings[index].state.failures = isDone ? 0 : before.failures + 1
        if isDone { standings[index].state.lastSuccess = hub.clock.now }
        tell()
        watcher(standings[index].state)
        if let fault = faults.first, fault != before.fault {
            logger.warning("a web service is of no use", metadata: ["poll": "\(poll.name)", "reason": "\(fault)"])
        } else if faults.isEmpty, before.fault != nil {
            logger.notice("a web service answers again", metadata: ["poll": "\(poll.name)"])
        }
        guard !faults.isEmpty else { return }
        let (topic, time) = (poll.topic, hub.clock.now)
        hub.enqueue { hub in
            for fault in faults {
                hub.record(DeadLetter(topic: topic, payload: sample.utf8.prefix(1024), reason: fault, time: time))
            }
        }
    }

    private func tell() {
        let states = standings.map(\.state)
        told.withLock { $0 = states }
    }

    // MARK: What the hub is given

    private func hand(_ answer: PollAnswer, of index: Int) {
        let topic = standings[index].poll.topic
        var series: [(key: KeyName, points: [(time: Timestamp, value: Value)])] = []
        for (key, points) in answer.series {
            let known = standings[index].said[key] ?? [:]
            series.append((key, points.filter { known[$0.time] != $0.value }))
            standings[index].said[key] = Dictionary(points.map { ($0.time, $0.value) }, uniquingKeysWith: { $1 })
        }
        let (observations, changed) = (answer.observations, series)
        hub.enqueue { hub in
            hub.apply(observations)
            if !changed.isEmpty { hub.expectForecasts(from: topic) }
            for (key, points) in changed { hub.put(points, to: key, from: topic) }
        }
    }
}

extension Hub {
    /// Puts points that have times. What is of the past counts from the key's newest value on: a forecast says nothing new of it.
    fileprivate func put(_ points: [(time: Timestamp, value: Value)], to key: KeyName, from topic: String) {
        var reason: String?
        for (time, value) in points {
            if let last = last(key), time < last.time || time == last.time && value == last.value { continue }
            do throws(CommandError) {
                try put(key, value.json, at: time, cause: .message(topic: topic))
            } catch {
                reason = reason ?? "'\(key)' takes no value such as \(value)"
            }
        }
        guard let reason else { return }
        record(DeadLetter(topic: topic, payload: "".utf8, reason: reason, time: clock.now))
    }
}
