import Komoku
import KomokuHub
import KomokuStore
import KomokuTesting
import Logging
import Synchronization
import Testing

@testable import KomokuRules

@Suite struct AlarmTests {
    /// Notes when it rang, and sets its alarm again where it shall.
    final class Bell: AlarmHandler {
        let rung = Collector<Int64>()
        let again: Int64?

        init(again: Int64? = nil) { self.again = again }

        func alarm(in hub: isolated Hub) {
            rung.append(hub.clock.monotonic)
            if let again { hub.setAlarm(at: hub.clock.monotonic + again, for: self) }
        }
    }

    private func hub(_ clock: any HubClock) throws -> (Hub, Store) {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let store = try Store(Store.Configuration(location: .memory), logger: logger)
        return (Hub(store: store, clock: clock, logger: logger), store)
    }

    @Test func `an alarm rings once when its moment comes, on the monotonic clock or the wall clock`() async throws {
        let clock = VirtualClock()
        let (hub, store) = try hub(clock)
        hub.start()
        defer { hub.stop(); store.close() }
        let (bell, wall) = (Bell(), Bell())
        await hub.run { hub in
            hub.setAlarm(at: clock.monotonic + 1_000_000, for: bell)
            hub.setAlarm(wall: clock.now + .seconds(3600), for: wall)
        }
        clock.jump(by: .seconds(3599))
        await hub.tick()
        #expect(bell.rung.elements.isEmpty && wall.rung.elements.isEmpty)
        await clock.advance(by: .seconds(1), for: hub)
        #expect(bell.rung.elements.count == 1 && wall.rung.elements.count == 1)
        await clock.advance(by: .seconds(7200), for: hub)
        #expect(bell.rung.elements.count == 1 && wall.rung.elements.count == 1)
    }

    @Test func `an alarm that is set again replaces the one before, nil takes it away`() async throws {
        let clock = VirtualClock()
        let (hub, store) = try hub(clock)
        hub.start()
        defer { hub.stop(); store.close() }
        let bell = Bell()
        await hub.run { hub in
            hub.setAlarm(at: clock.monotonic + 1, for: bell)
            hub.setAlarm(at: clock.monotonic + 1_000_000, for: bell)
        }
        await clock.advance(by: .milliseconds(10), for: hub)
        #expect(bell.rung.elements.isEmpty)
        await hub.run { $0.setAlarm(at: nil, for: bell) }
        await clock.advance(by: .seconds(10), for: hub)
        #expect(bell.rung.elements.isEmpty)
    }

    @Test func `a handler that wants to be woken at once for ever keeps nobody waiting`() async throws {
        let (hub, store) = try hub(SystemClock())
        hub.start()
        defer { hub.stop(); store.close() }
        let bell = Bell(again: 0)
        await hub.run { $0.setAlarm(at: 0, for: bell) }
        try await bell.rung.wait(for: 100)
        await hub.run { $0.setAlarm(at: nil, for: bell) }
    }

    @Test func `real timeouts come on time and once, and a cell that ended costs no turns`() async throws {
        let (hub, store) = try hub(SystemClock())
        let fired = Collector<String>()
        let script = Script("cell", onTimeout: { cell in fired.append(cell.id) })
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let host = CellHost([script], logger: logger)
        let reactor = Reactor([host], logger: logger)
        hub.addBootTask { reactor.start(in: $0) }
        hub.start()
        defer { hub.stop(); store.close() }
        let bell = Bell()
        let begun = SystemClock().monotonic
        await hub.run { hub in
            host.set("cell", "ended", data: 1, after: .milliseconds(20), in: hub)
            host.forget("cell", "ended", in: hub)
            host.set("cell", "a", data: 1, after: .milliseconds(200), in: hub)
            hub.setAlarm(at: hub.clock.monotonic + 500_000, for: bell)
        }
        let turn = await hub.turn
        try await fired.wait(for: 1)
        let took = SystemClock().monotonic - begun
        #expect(took >= 200_000 && took < 5_000_000)
        try await bell.rung.wait(for: 1)
        #expect(fired.elements == ["a"])
        #expect(await hub.turn - turn < 20)
    }

    @Test func `a boot task runs before anything else, with the keys restored`() async throws {
        let clock = VirtualClock()
        let (hub, store) = try hub(clock)
        let log = Events()
        hub.addBootTask { hub in log.add("boot 1 \(hub.turn)") }
        hub.addBootTask { _ in log.add("boot 2") }
        hub.start()
        defer { hub.stop(); store.close() }
        await hub.run { _ in log.add("work") }
        #expect(log.take() == ["boot 1 0", "boot 2", "work"])
    }
}
