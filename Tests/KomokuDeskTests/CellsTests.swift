import Komoku
import KomokuHub
import KomokuRules
import KomokuStore
import KomokuSystem
import KomokuTesting
import KomokuWire
import Logging
import Testing

@testable import KomokuDesk

/// Cells as people see and change them.
@Suite(.timeLimit(.minutes(1))) struct CellsTests {
    /// Counts its messages; fails at `break`, and says that it was booted.
    private final class Counting: CellBehaviour {
        let name = "counting"
        let wantsBoot = true
        let events = Collector<String>()

        func boot(_ cell: inout CellCall, in hub: isolated Hub) { events.append("boot \(cell.id)") }
        func left(_ id: String, in hub: isolated Hub) { events.append("left \(id)") }

        func message(_ message: JSON, _ cell: inout CellCall, in hub: isolated Hub) throws {
            if message == "break" { throw RuleRefusal.refused("broken on purpose") }
            cell.data = .number((cell.data?.number ?? 0) + 1)
            cell.nextTimeout = .seconds(60)
        }
    }

    private struct House {
        let hub: Hub
        let desk: RuleDesk
        let counting: Counting

        func ask(_ request: CellsRequest) async throws -> CellsPage {
            try await hub.inTurn { [desk] hub in try desk.cells(request, in: hub) }
        }

        func emit(_ message: JSON, _ id: String) async throws {
            try await hub.inTurn { [desk] hub in
                try desk.emit(toCell: id, of: "counting", message: message, in: hub)
            }
        }

        func change(_ deed: CellChange.Deed, _ id: String) async throws {
            try await hub.inTurn { [desk] hub in
                try desk.change(CellChange(deed, "counting", id, reason: nil), in: hub)
            }
        }
    }

    private func withHouse(_ body: (House) async throws -> Void) async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let store = try Store(Store.Configuration(location: .memory), logger: logger)
        let hub = Hub(store: store, clock: VirtualClock(), logger: logger)
        let host = RuleHost(notes: NotifyConfiguration(), outputs: NoOutputs(), logger: logger)
        let desk = RuleDesk(host, log: WhyLog(store), reload: { _ in }, search: { _, _, _ in })
        let counting = Counting()
        hub.addBootTask { host.cells.register(counting, in: $0) }
        host.attach(RuleSet(), to: hub)
        hub.start()
        defer {
            hub.stop()
            store.close()
        }
        try await body(House(hub: hub, desk: desk, counting: counting))
    }

    @Test func `a cell that failed is listed, revived, told so, and goes on with its data`() async throws {
        try await withHouse { house in
            for id in ["a", "b"] { try await house.emit(1, id) }
            try await house.emit("break", "a")
            let page = try await house.ask(CellsRequest())
            #expect(page.behaviours.first { $0.name == "counting" }?.failed == 1)
            #expect(page.cells.map(\.id) == ["a"] && page.cells.first?.error?.contains("on purpose") == true)
            try await house.emit(1, "a")
            #expect(try await house.ask(CellsRequest("counting", id: "a")).cells.first?.data == 1, "it takes none")
            try await house.change(.revive, "a")
            await house.hub.tick()
            #expect(house.counting.events.elements == ["boot a"])
            try await house.emit(1, "a")
            let one = try await house.ask(CellsRequest("counting", id: "a")).cells.first
            #expect(one?.data == 2 && one?.state == .alive && one?.due != nil)
            #expect(try await house.ask(CellsRequest()).cells.isEmpty)
        }
    }

    @Test func `a cell is stopped and deleted by a person, and its behaviour is told`() async throws {
        try await withHouse { house in
            for id in ["a", "b"] { try await house.emit(1, id) }
            try await house.change(.fail, "a")
            try await house.change(.forget, "b")
            #expect(house.counting.events.elements == ["left a", "left b"])
            let cells = try await house.ask(CellsRequest("counting")).cells
            #expect(cells.map(\.id) == ["a"] && cells.first?.error == "somebody stopped it")
            await #expect(throws: RuleRefusal.self) { try await house.change(.fail, "a") }
            await #expect(throws: RuleRefusal.self) { try await house.change(.revive, "b") }
            await #expect(throws: RuleRefusal.self) { try await house.ask(CellsRequest("nobody")) }
        }
    }

    @Test func `many are read in pages`() async throws {
        try await withHouse { house in
            let ids = (1000..<2250).map(String.init)
            for id in ids { try await house.emit(1, id) }
            var (read, after): ([String], String?) = ([], nil)
            repeat {
                let page = try await house.ask(CellsRequest("counting", after: after))
                (read, after) = (read + page.cells.map(\.id), page.next)
            } while after != nil
            #expect(read == ids)
            #expect(try await house.ask(CellsRequest("counting", limit: 3)).cells.count == 3)
        }
    }
}

/// Rules that reach nothing.
private final class NoOutputs: RuleOutputs {
    func publish(_ message: RulePublication, then: (@Sendable (OutputFailure?) -> Void)?) {}
    func log(rule: String, level: LogLevel, text: String) {}

    func request(
        _ request: HTTPRequest, then: @escaping @Sendable (Result<OutputAnswer, OutputFailure>) -> Void
    ) -> OutputCancellation { OutputCancellation {} }

    func launch(
        _ program: ProgramCall, then: @escaping @Sendable (Result<OutputAnswer, OutputFailure>) -> Void
    ) -> OutputCancellation { OutputCancellation {} }
}

extension Hub {
    fileprivate func inTurn<Result: Sendable>(
        _ body: @Sendable (isolated Hub) throws -> Result
    ) rethrows -> Result { try body(self) }
}
