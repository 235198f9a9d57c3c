import Komoku
import KomokuExpression
import KomokuHub
import KomokuStore
import KomokuSystem
import KomokuTesting
import KomokuYAML
import Logging
import Synchronization
import Testing

@testable import KomokuRules

/// The engine on a real hub and a store in a file, with a clock that the test moves and outputs that only take notes.
final class EngineHouse: @unchecked Sendable {
    let clock: VirtualClock
    let outputs = FakeOutputs()
    let log = FakeLog()
    let lines = LogLines()
    let clockStatus = FakeClockStatus()
    private let folder: TemporaryFolder
    private(set) var store: Store
    private(set) var hub: Hub
    private(set) var engine: RuleEngine
    private var configuration: Hub.Configuration

    static let keys = [
        "hall.motion": "boolean", "hall.light": "boolean", "hall.lux": "numeric", "house.asleep": "boolean",
        "note": "string", "count": "numeric", "button.action": "string", "room1.temperature": "numeric",
        "room2.temperature": "numeric", "door.front": "boolean", "door.back": "boolean", "hall.power": "numeric",
        "hall.online": "boolean",
    ]

    /// - Parameter start: seconds since 1970.
    convenience init(_ rules: String, start: Double = 1_700_000_000, zone: String = "UTC") async throws {
        try await self.init(Self.read(rules), start: start, zone: zone)
    }

    init(_ rules: RuleSet, start: Double = 1_700_000_000, zone: String = "UTC") async throws {
        clock = VirtualClock(seconds: start)
        folder = try TemporaryFolder()
        var configuration = Hub.Configuration()
        configuration.timeZone = zone
        configuration.location = Hub.Configuration.Location(latitude: 52.23, longitude: 21.01)
        self.configuration = configuration
        let logger = lines.logger
        (store, hub, engine) = try Self.open(folder, configuration, clock, outputs, log, clockStatus, logger)
        try await begin(rules)
    }

    private static func open(
        _ folder: TemporaryFolder, _ configuration: Hub.Configuration, _ clock: VirtualClock, _ outputs: FakeOutputs,
        _ log: FakeLog, _ status: FakeClockStatus, _ logger: Logger
    ) throws -> (Store, Hub, RuleEngine) {
        let store = try Store(Store.Configuration(location: .file(folder.path("k.db"))), logger: logger)
        let hub = Hub(store: store, configuration: configuration, clock: clock, logger: logger)
        let engine = RuleEngine(outputs: outputs, log: log, clockStatus: status, logger: logger)
        return (store, hub, engine)
    }

    private func begin(_ set: RuleSet) async throws {
        let engine = engine
        let fault = Mutex<String?>(nil)
        hub.addBootTask { hub in
            do { try engine.start(set, in: hub) } catch { fault.withLock { $0 = "\(error)" } }
        }
        hub.start()
        try await hub.define(
            Self.keys.map { name, type in
                let options: [JSON.Member] =
                    name == "button.action"
                    ? [JSON.Member("event", true)]
                    : name.hasSuffix("temperature") ? [JSON.Member("expect_every", 600)] : []
                return Definition(name: name, type: .string(type), options: options)
            })
        #expect(fault.withLock { $0 } == nil)
        await settle()
    }

    static func read(_ text: String, variables: [String: String] = [:]) throws -> RuleSet {
        let environment = RuleEnvironment(
            key: { name in
                keys[name.text].map { type in
                    .init(type == "numeric" ? .number : type == "boolean" ? .boolean : .text)
                }
            }, candidates: { keys.keys.sorted().compactMap { KeyName($0) } }, warnsOfUnknown: false)
        let read = RuleText(text, environment: environment, variables: variables)
        try #require(read.errors.isEmpty, "\(read.errors)")
        return read.set
    }

    /// The process ends and another one begins with the same file.
    ///
    /// - Parameter rules: what the new one reads; while it is down `meanwhile` passes.
    func restart(_ rules: String, after meanwhile: Duration = .zero) async throws {
        try await restart(Self.read(rules), after: meanwhile)
    }

    func restart(_ rules: RuleSet, after meanwhile: Duration = .zero) async throws {
        stop()
        clock.advance(by: meanwhile)
        outputs.forget()
        (store, hub, engine) = try Self.open(folder, configuration, clock, outputs, log, clockStatus, lines.logger)
        try await begin(rules)
    }

    /// The process ends.
    func stop() {
        hub.stop()
        store.close()
    }

    func close() {
        stop()
        folder.remove()
    }

    /// Makes a house, lets `body` live in it, closes it.
    static func run(
        _ rules: String, start: Double = 1_700_000_000, zone: String = "UTC",
        _ body: (EngineHouse) async throws -> Void
    ) async throws {
        try await run(read(rules), start: start, zone: zone, body)
    }

    static func run(
        _ rules: RuleSet, start: Double = 1_700_000_000, zone: String = "UTC",
        _ body: (EngineHouse) async throws -> Void
    ) async throws {
        let house = try await EngineHouse(rules, start: start, zone: zone)
        defer { house.close() }
        try await body(house)
    }

    // MARK: What happens

    func put(_ key: String, _ value: JSON, cause: Cause = .client("test")) async throws {
        try await hub.put(try #require(KeyName(key)), value, cause: cause)
        await settle()
    }

    func observe(_ key: String, _ value: Value, _ provenance: Provenance = .live) async throws {
        let type: KeyType = value.number != nil ? .numeric : value.boolean != nil ? .boolean : .string
        let feed = Feed(key: try #require(KeyName(key)), topic: "t/\(key)", type: type)
        await hub.apply([Observation(feed: feed, content: .value(value), provenance: provenance)])
        await settle()
    }

    func value(_ key: String) async throws -> Value? {
        let name = try #require(KeyName(key))
        return await hub.last(name)?.value
    }

    /// Time passes, and everything that is due in it happens at its time.
    func advance(_ duration: Duration, step: Duration? = nil) async {
        var left = duration
        while left > .zero {
            let part = min(step ?? left, left)
            await clock.advance(by: part, for: hub)
            await settle()
            left = Duration(microseconds: left.microseconds - part.microseconds)
        }
    }

    /// Somebody sets the wall clock.
    func jump(_ duration: Duration) async {
        clock.jump(by: duration)
        await hub.tick()
        await settle()
    }

    func reload(_ rules: String) async throws {
        let set = try Self.read(rules)
        _ = await on { hub, engine in engine.replace(set, in: hub) }
        await settle()
    }

    /// Does something on the hub's thread.
    func on<Result: Sendable>(_ body: @Sendable (isolated Hub, RuleEngine) -> Result) async -> Result {
        await Self.on(hub, engine, body)
    }

    private static func on<Result: Sendable>(
        _ hub: isolated Hub, _ engine: RuleEngine, _ body: @Sendable (isolated Hub, RuleEngine) -> Result
    ) -> Result {
        body(hub, engine)
    }

    /// Waits until all questions to the store are answered and nothing waits for its turn.
    func settle() async {
        for _ in 0..<1000 {
            await hub.tick()
            guard await on({ _, engine in engine.machine.openQuestions }) > 0 else { return }
            _ = try? await store.points(of: KeyID(rawValue: 0), limit: 1)
        }
    }

    /// What the outputs were told, and forgotten by them.
    var done: [String] { outputs.take() }

    func statistics(_ rule: String) async -> RuleStatistics? {
        await on { hub, engine in engine.status(of: rule, in: hub)?.statistics }
    }

    /// Rule, outcome and reason of each record since the last time.
    var records: [String] { log.take() }

    /// But for what rules have counted.
    func cells() throws -> [String] {
        try store.cells().filter { cell in
            guard cell.behaviour == "rule" || cell.behaviour.hasSuffix("rule") else { return true }
            return cell.data?["paused"] != nil || cell.data?["disabled"] != nil
        }
        .map { "\($0.behaviour) \($0.id)" }
    }
}

/// Takes notes; what is asked of servers is answered when the test says so.
final class FakeOutputs: RuleOutputs {
    private struct State {
        var grace: Duration? = .seconds(5)
        var lines: [String] = []
        var open: [@Sendable (Result<OutputAnswer, OutputFailure>) -> Void] = []
        var cancelled = 0
    }

    private let state = Mutex(State())

    var grace: Duration? {
        get { state.withLock(\.grace) }
        set { state.withLock { $0.grace = newValue } }
    }

    func publish(_ message: RulePublication, then: (@Sendable (OutputFailure?) -> Void)?) {
        note("publish \(message.topic) \(String(decoding: message.payload, as: UTF8.self))")
        if let then {
            state.withLock { state in
                state.open.append { result in
                    if case .failure(let fault) = result { then(fault) } else { then(nil) }
                }
            }
        }
    }

    func request(
        _ request: HTTPRequest, then: @escaping @Sendable (Result<OutputAnswer, OutputFailure>) -> Void
    ) -> OutputCancellation {
        note("http \(request.url)")
        return open(then)
    }

    func launch(
        _ program: ProgramCall, then: @escaping @Sendable (Result<OutputAnswer, OutputFailure>) -> Void
    ) -> OutputCancellation {
        note("run \(program.words.joined(separator: " "))")
        return open(then)
    }

    private func open(_ then: @escaping @Sendable (Result<OutputAnswer, OutputFailure>) -> Void) -> OutputCancellation {
        state.withLock { $0.open.append(then) }
        return OutputCancellation { [weak self] in self?.state.withLock { $0.cancelled += 1 } }
    }

    func log(rule: String, level: LogLevel, text: String) { note("\(rule): \(text)") }

    private func note(_ line: String) { state.withLock { $0.lines.append(line) } }

    func take() -> [String] {
        state.withLock { state in
            defer { state.lines = [] }
            return state.lines
        }
    }

    var waiting: Int { state.withLock { $0.open.count } }
    var cancelled: Int { state.withLock { $0.cancelled } }

    /// Answers the oldest question.
    func answer(_ result: Result<OutputAnswer, OutputFailure> = .success(OutputAnswer(status: 200, text: "fine"))) {
        let then = state.withLock { $0.open.isEmpty ? nil : $0.open.removeFirst() }
        then?(result)
    }

    func forget() { state.withLock { $0.open = [] } }
}

/// The why log of a test, over all restarts.
final class FakeLog: RunLog {
    private struct State {
        var records: [RunRecord] = []
        var taken = 0
        var repeated: [Int64: Int] = [:]
        var reasons: [String] = []
    }

    private let state = Mutex(State())

    func newestNumber() -> Int64 { state.withLock { $0.records.map(\.id).max() ?? 0 } }

    func append(_ record: RunRecord, in hub: isolated Hub) { state.withLock { $0.records.append(record) } }

    func repeated(_ number: Int64, count: Int, reason: String, at time: Timestamp, in hub: isolated Hub) {
        state.withLock { state in
            state.repeated[number] = count
            state.reasons.append(reason)
        }
    }

    var all: [RunRecord] { state.withLock { $0.records } }
    /// The reasons of what was repeated.
    var reasons: [String] { state.withLock { $0.reasons } }
    var repetitions: [Int] { state.withLock { $0.repeated.sorted { $0.key < $1.key }.map(\.value) } }

    func take() -> [String] {
        let fresh = state.withLock { state in
            defer { state.taken = state.records.count }
            return Array(state.records[state.taken...])
        }
        return fresh.map { "\($0.rule) \($0.outcome.rawValue)" + ($0.reason.map { ": \($0)" } ?? "") }
    }
}

final class FakeClockStatus: ClockStatus {
    private let state = Mutex(true)
    var isSet: Bool {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }

    func isSynchronized(at now: Timestamp) -> Bool { isSet }
}

/// What was logged, a line each.
final class LogLines: Sendable {
    private let state = Mutex<[String]>([])

    var logger: Logger { Logger(label: "test") { _ in Handler(lines: self) } }
    var all: [String] { state.withLock { $0 } }

    private struct Handler: LogHandler {
        let lines: LogLines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let fields = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            lines.state.withLock { $0.append(([event.message.description] + fields).joined(separator: " ")) }
        }
    }
}
