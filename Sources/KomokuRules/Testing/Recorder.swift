package import Komoku
package import KomokuHub
internal import KomokuSystem
internal import Synchronization

/// Keeps what rules do instead of doing it, and answers as servers and programs would.
///
/// Answers wait until `deliver`, so that whoever moves the clock decides when they come.
package final class Recorder: Sendable {
    package struct Entry: Sendable {
        package let time: Timestamp
        package let effect: RecordedEffect
    }

    /// What servers and programs answer; nil is never.
    package struct Answers: Sendable {
        package var http: OutputAnswer? = OutputAnswer(status: 200, text: "")
        package var program: OutputAnswer? = OutputAnswer(status: 0, text: "")

        package init() {}
    }

    private struct State {
        var entries: [Entry] = []
        var answers = Answers()
        var hasBroker = true
        var waiting: [(id: Int, then: @Sendable () -> Void)] = []
        var lastID = 0
        /// The hubs that are recorded; what another one does is lost with it.
        var life = 0
    }

    private let clock: any HubClock
    private let state = Mutex(State())

    package init(clock: any HubClock) {
        self.clock = clock
    }

    /// What was done so far, in order.
    package var entries: [Entry] { state.withLock { $0.entries } }

    package var count: Int { state.withLock { $0.entries.count } }

    package func entries(from index: Int) -> ArraySlice<Entry> { state.withLock { $0.entries[index...] } }

    package func set(http: OutputAnswer??, program: OutputAnswer??) {
        state.withLock { state in
            if let http { state.answers.http = http }
            if let program { state.answers.program = program }
        }
    }

    /// While the broker is away what is published gets nowhere, and nobody says that it did.
    package func setBroker(isThere: Bool) { state.withLock { $0.hasBroker = isThere } }

    var hasBroker: Bool { state.withLock { $0.hasBroker } }

    /// Begins to record another hub; the one before is no longer heard.
    package func beginLife() -> Int {
        state.withLock { state in
            state.life += 1
            state.waiting = []
            return state.life
        }
    }

    /// Whether answers wait.
    var isWaiting: Bool { state.withLock { !$0.waiting.isEmpty } }

    /// Gives the answers that wait.
    ///
    /// - Returns: whether there were any.
    package func deliver() -> Bool {
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        for answer in waiting { answer.then() }
        return !waiting.isEmpty
    }

    func record(_ effect: RecordedEffect, life: Int) {
        let now = clock.now
        state.withLock { if $0.life == life { $0.entries.append(Entry(time: now, effect: effect)) } }
    }

    /// - Returns: takes the answer back.
    func answer(
        life: Int, _ pick: (Answers) -> OutputAnswer?, _ then: @escaping @Sendable (OutputAnswer) -> Void
    ) -> OutputCancellation {
        let id = state.withLock { state -> Int? in
            guard state.life == life, let answer = pick(state.answers) else { return nil }
            state.lastID += 1
            state.waiting.append((state.lastID, { then(answer) }))
            return state.lastID
        }
        return OutputCancellation { [weak self] in
            self?.state.withLock { state in state.waiting.removeAll { $0.id == id } }
        }
    }
}

/// The outputs of one hub.
package final class RecordingOutputs: RuleOutputs {
    private let recorder: Recorder
    private let life: Int
    private let isSilent: Bool
    /// In a test what never answers is late when its time is over.
    package let grace: Duration? = .zero

    /// - Parameter isSilent: answers, and records nothing: for notes, which are recorded as what they are.
    package init(_ recorder: Recorder, life: Int, isSilent: Bool = false) {
        self.recorder = recorder
        self.life = life
        self.isSilent = isSilent
    }

    private func record(_ effect: RecordedEffect) {
        if !isSilent { recorder.record(effect, life: life) }
    }

    package func publish(_ message: RulePublication, then: (@Sendable (OutputFailure?) -> Void)?) {
        guard recorder.hasBroker else { return }
        record(.publication(message))
        guard let then else { return }
        _ = recorder.answer(life: life, { _ in OutputAnswer(status: 0, text: "") }, { _ in then(nil) })
    }

    package func request(
        _ request: HTTPRequest, then: @escaping @Sendable (Result<OutputAnswer, OutputFailure>) -> Void
    ) -> OutputCancellation {
        record(.request(request))
        return recorder.answer(life: life, \.http) { then(.success($0)) }
    }

    package func launch(
        _ program: ProgramCall, then: @escaping @Sendable (Result<OutputAnswer, OutputFailure>) -> Void
    ) -> OutputCancellation {
        record(.program(program))
        return recorder.answer(life: life, \.program) { then(.success($0)) }
    }

    package func log(rule: String, level: LogLevel, text: String) {
        record(.log(rule: rule, level: level, text: text))
    }
}

/// The why log of one hub, in memory.
package final class RecordingLog: RunLog {
    private let recorder: Recorder
    private let life: Int
    /// The newest decision of each rule, which may come again; on the hub's thread only.
    nonisolated(unsafe) private var decisions: [String: RunRecord] = [:]
    nonisolated(unsafe) private var rules: [Int64: String] = [:]

    package init(_ recorder: Recorder, life: Int) {
        self.recorder = recorder
        self.life = life
    }

    package func newestNumber() -> Int64 {
        recorder.entries.reduce(0) { newest, entry in
            if case .run(let record) = entry.effect { max(newest, record.id) } else { newest }
        }
    }

    package func append(_ record: RunRecord, in hub: isolated Hub) {
        recorder.record(.run(record), life: life)
        if let old = decisions.removeValue(forKey: record.rule) { rules[old.id] = nil }
        guard record.outcome.isRefusal else { return }
        decisions[record.rule] = record
        rules[record.id] = record.rule
    }

    /// Each time is a record of its own here.
    package func repeated(_ number: Int64, count: Int, at time: Timestamp, in hub: isolated Hub) {
        guard let rule = rules[number], var record = decisions[rule] else { return }
        (record.started, record.ended) = (time, time)
        recorder.record(.run(record), life: life)
    }
}

/// Sees what rules put, equal values too.
final class PutRecorder: ChangeHandler {
    private let recorder: Recorder
    private let life: Int

    init(_ recorder: Recorder, life: Int) {
        self.recorder = recorder
        self.life = life
    }

    func handle(_ change: Change, in hub: isolated Hub) {
        if case .rule = change.cause { recorder.record(.put(change), life: life) }
    }
}
