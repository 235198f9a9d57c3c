import Komoku
import KomokuHub
import KomokuStore
import KomokuTesting
import Logging
import Testing

@testable import KomokuRules

@Suite(.timeLimit(.minutes(1))) struct RuleHostTests {
    private static let rule = "{name: a, when: {change: note}, then: {log: noted}}"

    /// One life of a hub whose only cell behaviour says when it times out.
    private final class Life: Sendable {
        let clock: VirtualClock
        let status = FakeClockStatus()
        let store: Store
        let hub: Hub
        let host: RuleHost
        let fired = Collector<String>()

        init(_ path: String, at time: Double, isClockSet: Bool, rules: String) throws {
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            clock = VirtualClock(seconds: time)
            status.isSet = isClockSet
            store = try Store(Store.Configuration(location: .file(path)), logger: logger)
            hub = Hub(store: store, clock: clock, logger: logger)
            host = RuleHost(
                notes: NotifyConfiguration(), outputs: FakeOutputs(), clockStatus: status, logger: logger)
            let script = Script("watering", onTimeout: { [fired] in fired.append($0.id) })
            hub.addBootTask { [host] in host.cells.register(script, in: $0) }
            host.attach(try EngineHouse.read("rules: [\(rules)]"), to: hub)
            hub.start()
        }

        func end() {
            hub.stop()
            store.close()
        }
    }

    @Test(arguments: ["", rule])
    func `a timeout of an earlier process is measured anew once the clock is set`(rules: String) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let path = folder.path("k.db")
        let first = try Life(path, at: 1_700_000_000, isClockSet: true, rules: rules)
        _ = await first.hub.run { [host = first.host] hub in
            host.cells.set("watering", "lawn", data: 1, after: .seconds(600), in: hub)
        }
        first.end()
        // A machine without a battery for its clock comes up an hour back.
        let second = try Life(path, at: 1_700_000_000 - 3600, isClockSet: false, rules: rules)
        defer { second.end() }
        await second.clock.advance(by: .seconds(10), for: second.hub)
        second.clock.jump(by: .seconds(3600 + 300))
        second.status.isSet = true
        await second.clock.advance(by: .seconds(1), for: second.hub)
        await second.clock.advance(by: .seconds(288), for: second.hub)
        #expect(second.fired.elements == [])
        await second.clock.advance(by: .seconds(2), for: second.hub)
        #expect(second.fired.elements == ["lawn"])
        await second.clock.advance(by: .seconds(10_000), for: second.hub)
        #expect(second.fired.elements == ["lawn"], "and it is not called again when the old time has come")
    }
}
