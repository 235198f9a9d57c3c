import FoundationEssentials
import Komoku
import KomokuHub
import KomokuStore
import KomokuTesting
import Logging
import Synchronization

@testable import KomokuRules

/// A hub with a reactor on a file, which can be ended in the ways in which a program ends.
///
/// Nothing is committed but when a test asks for it, so that a copy of the file is what a killed program leaves.
final class CellHouse {
    typealias Handlers = (CellHost) -> [any ReactorHandler]

    let clock = VirtualClock()
    let files: HouseFiles
    private let behaviours: [any CellBehaviour]
    private let handlers: Handlers
    private(set) var store: Store
    private(set) var hub: Hub
    private(set) var host: CellHost
    private(set) var reactor: Reactor

    /// - Parameter handlers: gets the host, which has to be among them.
    init(_ behaviours: [any CellBehaviour] = [], handlers: @escaping Handlers = { [$0] }) throws {
        files = try HouseFiles()
        self.behaviours = behaviours
        self.handlers = handlers
        let parts = try Self.open(files.path, clock, behaviours, handlers)
        (store, hub, host, reactor) = parts
        hub.start()
    }

    private static func open(
        _ path: String, _ clock: VirtualClock, _ behaviours: [any CellBehaviour], _ handlers: Handlers
    ) throws -> (Store, Hub, CellHost, Reactor) {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        var configuration = Store.Configuration(location: .file(path))
        configuration.commitInterval = .seconds(36_000)
        let store = try Store(configuration, logger: logger)
        let hub = Hub(store: store, clock: clock, logger: logger)
        let host = CellHost(behaviours, logger: logger)
        let reactor = Reactor(handlers(host), logger: logger)
        hub.addBootTask { hub in
            try? hub.restoreCells(to: [host])
            reactor.start(in: hub)
        }
        return (store, hub, host, reactor)
    }

    func close() {
        hub.stop()
        store.close()
        files.folder.remove()
    }

    /// Ends the program in good order and starts it again.
    func restart(_ behaviours: [any CellBehaviour]? = nil, after pause: Duration = .zero) async throws {
        await hub.run { [reactor] in reactor.close(in: $0) }
        hub.stop()
        store.close()
        try await start(behaviours, after: pause)
    }

    /// Ends the program as SIGKILL does: what is not committed is lost.
    func kill(_ behaviours: [any CellBehaviour]? = nil, after pause: Duration = .zero) async throws {
        let copy = try files.snapshot()
        try await start(copy, behaviours, after: pause)
    }

    /// Goes on from a snapshot.
    func start(_ copy: Int, _ behaviours: [any CellBehaviour]? = nil, after pause: Duration = .zero) async throws {
        hub.stop()
        store.close()
        files.use(copy)
        try await start(behaviours, after: pause)
    }

    private func start(_ behaviours: [any CellBehaviour]?, after pause: Duration) async throws {
        clock.advance(by: pause)
        (store, hub, host, reactor) = try Self.open(files.path, clock, behaviours ?? self.behaviours, handlers)
        hub.start()
        await hub.tick()
    }

    func commit() async {
        await withCheckedContinuation { continuation in
            hub.enqueue { $0.whenDurable { _ in continuation.resume() } }
        }
    }

    func push(_ messages: JSON...) async throws {
        try await hub.run { [reactor] hub in
            for message in messages { try reactor.push(message, in: hub) }
        }
    }

    func inject(_ messages: JSON...) async throws {
        try await hub.run { [reactor] hub in
            for message in messages { try reactor.inject(message, in: hub) }
        }
    }

    func send(_ message: JSON, to behaviour: String, _ id: String) async throws {
        try await hub.run { [host] in try host.send(message, to: behaviour, id, in: $0) }
    }

    func advance(_ duration: Duration) async { await clock.advance(by: duration, for: hub) }

    func data(_ behaviour: String, _ id: String) async -> JSON? {
        await hub.run { [host] in host.data(behaviour, id, in: $0) }
    }

    func state(_ behaviour: String, _ id: String) async -> CellState {
        await hub.run { [host] in host.state(behaviour, id, in: $0) }
    }

    func statistics() async -> Reactor.Statistics { await hub.run { [reactor] in reactor.statistics(in: $0) } }

    func stop() async { await hub.run { [reactor] in reactor.stop(in: $0) } }

    func resume() async { await hub.run { [reactor] in reactor.resume(in: $0) } }

    func letters() async throws -> [DeadLetter] {
        await commit()
        return try store.deadLetters(limit: 100)
    }

    /// The rows of cells as they are on the disk.
    func rows() async throws -> [CellWrite] {
        await commit()
        return try store.cells()
    }
}

/// The database of a house, and copies of it.
final class HouseFiles: Sendable {
    let folder: TemporaryFolder
    private let numbers = Mutex((current: 0, newest: 0))

    init() throws { folder = try TemporaryFolder() }

    var path: String { path(numbers.withLock { $0.current }) }

    private func path(_ number: Int) -> String { folder.path("\(number).db") }

    /// Copies what is on the disk now.
    func snapshot() throws -> Int {
        let next = numbers.withLock { numbers in
            numbers.newest += 1
            return numbers.newest
        }
        for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: path + suffix) {
            try FileManager.default.copyItem(atPath: path + suffix, toPath: path(next) + suffix)
        }
        return next
    }

    /// Goes on with a copy.
    func use(_ copy: Int) { numbers.withLock { $0.current = copy } }
}

extension Hub {
    func run<Result: Sendable>(_ body: @Sendable (isolated Hub) throws -> Result) rethrows -> Result {
        try body(self)
    }
}

/// What happened, in order.
final class Events: Sendable {
    private let lines = Mutex<[String]>([])

    func add(_ line: String) { lines.withLock { $0.append(line) } }

    /// What was added since the last time.
    func take() -> [String] {
        lines.withLock { lines in
            defer { lines = [] }
            return lines
        }
    }
}

struct Broken: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// A behaviour of closures.
final class Script: CellBehaviour {
    typealias OnMessage = @Sendable (JSON, inout CellCall) throws -> Void
    typealias Callback = @Sendable (inout CellCall) throws -> Void

    let name: String
    let version: Int
    let wantsBoot: Bool
    private let onMessage: OnMessage
    private let onTimeout: Callback
    private let onBoot: Callback
    private let onMigrate: @Sendable (JSON, Int) throws -> JSON

    init(
        _ name: String, version: Int = 1, onMessage: @escaping OnMessage = { $1.data = $0 },
        onTimeout: @escaping Callback = { _ in }, onBoot: Callback? = nil,
        onMigrate: @escaping @Sendable (JSON, Int) throws -> JSON = { data, _ in data }
    ) {
        self.name = name
        self.version = version
        self.onMessage = onMessage
        self.onTimeout = onTimeout
        self.onMigrate = onMigrate
        self.onBoot = onBoot ?? { _ in }
        wantsBoot = onBoot != nil
    }

    func migrate(_ data: JSON, from version: Int) throws -> JSON { try onMigrate(data, version) }
    func boot(_ cell: inout CellCall, in hub: isolated Hub) throws { try onBoot(&cell) }
    func message(_ message: JSON, _ cell: inout CellCall, in hub: isolated Hub) throws { try onMessage(message, &cell) }
    func timeout(_ cell: inout CellCall, in hub: isolated Hub) throws { try onTimeout(&cell) }
}

/// A handler that notes what it gets as `NAME:MESSAGE`.
final class Noting: ReactorHandler {
    typealias Body = @Sendable (Reactor.Message, isolated Hub) throws -> Void

    let name: String
    private let log: Events
    private let body: Body
    private let notesBoot: Bool

    init(_ name: String, _ log: Events, notesBoot: Bool = false, _ body: @escaping Body = { _, _ in }) {
        self.name = name
        self.log = log
        self.body = body
        self.notesBoot = notesBoot
    }

    func boot(in hub: isolated Hub) throws { if notesBoot { log.add("\(name):boot") } }

    func handle(_ message: Reactor.Message, in hub: isolated Hub) throws {
        log.add("\(name):\(message.body.text)")
        try body(message, hub)
    }
}

extension Events {
    /// Obeys its messages: `{"data": …, "after": SECONDS, "throw": TEXT}`; its timeouts are noted and ask for what data says.
    func obeying(_ name: String = "cell", boot: Script.Callback? = nil) -> Script {
        Script(
            name,
            onMessage: { message, cell in
                self.add("\(cell.id) was \(cell.data?.text ?? "dead")")
                cell.nextTimeout = message["after"]?.number.flatMap(Duration.init(seconds:))
                cell.data = message["data"].flatMap { $0.isNull ? nil : $0 }
                if let reason = message["throw"]?.string { throw Broken(reason) }
            },
            onTimeout: { cell in
                self.add("\(cell.id) timeout")
                if let reason = cell.data?["throw"]?.string { throw Broken(reason) }
                cell.nextTimeout = cell.data?["again"]?.number.flatMap(Duration.init(seconds:))
            }, onBoot: boot)
    }
}
