package import Komoku
package import KomokuHub
internal import KomokuStore
internal import KomokuSystem
package import Logging
internal import Synchronization

/// A hub with its rules whose time passes only when it is told to, and which can be killed.
///
/// Everything that is due happens in order, each at its exact time; nothing happens between two calls. It is used by one
/// task at a time.
package final class RuleTestHouse {
    /// What went wrong that no test is about.
    package struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        package let description: String

        package init(_ description: String) {
            self.description = description
        }
    }

    package let clock: ManualClock
    package let recorder: Recorder
    package private(set) var subject: RuleTestSubject
    private let logger: Logger
    private let folder: TestFolder?
    /// Counts the files that the database was in.
    private var fileNumber = 0
    private var live: Live?
    private var decoder: any MessageDecoder
    /// Counts commits: what was done before one is on disk.
    package private(set) var commits = 0
    /// When the oldest change was made that no commit may hold yet; nil where there is none.
    private var uncommitted: Int64?

    private struct Live: Sendable {
        let store: Store
        let hub: Hub
        let service: RuleHost
    }

    /// As the daemon's: what is older is on disk.
    private static let commitInterval = Duration.seconds(5)
    /// How long the store may take to answer, on the system's clock.
    private static let patience = Duration.seconds(60)
    /// Of steps that follow each other without time passing.
    private static let maximumRounds = 100_000

    /// - Parameter isDurable: has a file, so that it can be started again.
    package init(_ subject: RuleTestSubject, start: Timestamp, isDurable: Bool, logger: Logger) throws(Failure) {
        self.subject = subject
        self.logger = logger
        decoder = subject.makeDecoder()
        clock = ManualClock(start)
        recorder = Recorder(clock: clock)
        folder = isDurable ? TestFolder() : nil
        if isDurable, folder == nil { throw Failure("no folder for the database can be made") }
    }

    deinit { stopParts() }

    // MARK: Life

    /// Starts the hub without rules, so that `given` values can be put.
    package func startHub() throws(Failure) {
        live = try makeLive(rules: nil)
    }

    /// Starts the rules of a hub that was started without.
    package func startRules() async throws(Failure) {
        let (live, rules) = (try running(), subject.rules)
        await live.hub.run { hub in live.service.start(rules, in: hub) }
        try await settle()
        try await commit()
    }

    private func makeLive(rules: RuleSet?) throws(Failure) -> Live {
        let life = recorder.beginLife()
        var configuration = Store.Configuration(location: folder.map { .file($0.file(fileName)) } ?? .memory)
        configuration.durability = .normal
        // Commits come when time passes, and time stands still.
        if folder != nil { configuration.commitInterval = .seconds(1_000_000) }
        let store: Store
        do {
            store = try Store(configuration, clock: { [clock] in clock.now }, logger: logger)
        } catch {
            throw Failure("\(error)")
        }
        let hub = Hub(store: store, configuration: subject.hub, clock: clock, logger: logger)
        let recorder = recorder
        var options = RuleEngine.Options()
        // A test comes out the same each time.
        options.seed = UInt64(truncatingIfNeeded: life)
        let service = RuleHost(
            notes: subject.notes, outputs: RecordingOutputs(recorder, life: life),
            noteOutputs: RecordingOutputs(recorder, life: life, isSilent: true),
            log: RecordingLog(recorder, life: life), clockStatus: TrustedClock(),
            delivered: { recorder.record(.note($0), life: life) }, options: options, logger: logger)
        let puts = PutRecorder(recorder, life: life)
        hub.addBootTask { $0.addHandler(puts, keys: [.all], every: true) }
        if let rules { service.attach(rules, to: hub) }
        hub.start()
        decoder = subject.makeDecoder()
        return Live(store: store, hub: hub, service: service)
    }

    private var fileName: String { "\(fileNumber).db" }

    private func running() throws(Failure) -> Live {
        guard let live else { throw Failure("the hub does not run") }
        return live
    }

    /// Ends the hub and starts it again.
    ///
    /// - Parameter kills: what no commit holds is lost.
    package func restart(kills: Bool, down: Duration) async throws(Failure) {
        guard let folder else { throw Failure("a database in memory does not outlive its hub") }
        if kills {
            let old = fileName
            fileNumber += 1
            guard folder.copyDatabase(old, to: fileName) else { throw Failure("the database cannot be copied") }
        } else {
            try await commit()
        }
        stopParts()
        clock.boot(after: down)
        live = try makeLive(rules: subject.rules)
        // What the start leads to is no more on disk than anything else.
        uncommitted = clock.monotonic
        try await settle()
    }

    package func stop() { stopParts() }

    private func stopParts() {
        guard let live else { return }
        // What its end leads to is heard by nobody.
        if folder != nil { _ = recorder.beginLife() }
        live.hub.stop()
        live.store.close()
        self.live = nil
    }

    /// Takes over another configuration.
    package func reload(_ subject: RuleTestSubject) async throws(Failure) {
        let live = try running()
        self.subject = subject
        uncommitted = uncommitted ?? clock.monotonic
        await live.hub.run { hub in
            hub.reload(subject.hub)
            live.service.reload(subject.rules, notes: subject.notes, in: hub)
        }
        decoder = subject.makeDecoder()
        try await settle()
    }

    // MARK: Work

    /// Does something on the hub's thread, and all that follows from it.
    package func perform<Result: Sendable>(
        _ body: @escaping @Sendable (isolated Hub, RuleHost) -> Result
    ) async throws(Failure) -> Result {
        let live = try running()
        uncommitted = uncommitted ?? clock.monotonic
        let result = await live.hub.run { hub in body(hub, live.service) }
        try await settle()
        return result
    }

    /// A message of the broker.
    package func message(topic: String, payload: [UInt8], isRetained: Bool) async throws(Failure) {
        let observations = decoder.observations(of: topic, payload, isRetained: isRetained, at: clock.now)
        _ = try await perform { hub, service in
            hub.apply(observations)
            service.engine.message(topic: topic, payload: payload, isRetained: isRetained, in: hub)
        }
    }

    /// Waits until everything that was done so far is on disk.
    package func commit() async throws(Failure) {
        uncommitted = nil
        guard folder != nil else { return }
        let hub = try running().hub
        let outcome = await withCheckedContinuation { continuation in
            hub.enqueue { hub in hub.whenDurable { continuation.resume(returning: $0) } }
        }
        guard outcome == .durable else { throw Failure("the database cannot be written: \(outcome)") }
        commits += 1
        // What was told by the commit may have followed.
        try await settle()
    }

    // MARK: Time

    /// Lets time pass, from one moment at which something is due to the next.
    package func pass(_ duration: Duration) async throws(Failure) {
        let end = clock.monotonic.adding(duration)
        var idle = 0
        while true {
            let left = Duration(microseconds: end - clock.monotonic)
            let hub = try running().hub
            guard let due = await hub.timeUntilDue, due <= left else { break }
            idle = due == .zero ? idle + 1 : 0
            if idle > Self.maximumRounds { throw Failure("something is due again and again, and time does not pass") }
            try await move(by: due)
        }
        try await move(by: Duration(microseconds: end - clock.monotonic))
    }

    /// Moves the clock to where nothing is due before; on the way what is old enough is committed.
    private func move(by duration: Duration) async throws(Failure) {
        let now = clock.monotonic
        if let since = uncommitted, now.adding(duration) >= since.adding(Self.commitInterval) { try await commit() }
        if uncommitted == nil { uncommitted = now.adding(duration) }
        clock.advance(by: duration)
        try await settle()
    }

    /// Somebody sets the clock.
    package func setClock(by duration: Duration) async throws(Failure) {
        clock.jump(by: duration)
        uncommitted = uncommitted ?? clock.monotonic
        try await settle()
    }

    /// Lets everything happen that follows from what was done, until only time can change anything.
    private func settle() async throws(Failure) {
        let live = try running()
        let patience = SystemClock().monotonic.adding(Self.patience)
        var rounds = 0
        while rounds < Self.maximumRounds, SystemClock().monotonic < patience {
            let before = await live.hub.turn
            await live.hub.tick()
            let (after, isQuiet) = await live.hub.run { hub in (hub.turn, live.service.isQuiet(in: hub)) }
            // Each of the calls was a turn; one more was something that waited.
            let isAlone = after - before <= 2
            if recorder.deliver() || !isAlone {
                rounds += 1
                continue
            }
            if isQuiet { return }
            // The store answers on its own threads.
            await Task.yield()
        }
        throw Failure("the rules do not come to rest")
    }
}

extension Hub {
    fileprivate func run<Result: Sendable>(_ body: @Sendable (isolated Hub) -> Result) -> Result { body(self) }
}
