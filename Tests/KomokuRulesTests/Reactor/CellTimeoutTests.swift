import Komoku
import KomokuHub
import KomokuStore
import KomokuTesting
import Logging
import Synchronization
import Testing

@testable import KomokuRules

/// The list of behaviours to show, the part about the timeouts of cells.
@Suite struct CellTimeoutTests {
    private let log = Events()

    @Test
    func `a timeout fires once in its time; asked for again in the callback it fires again, not asked it does not`()
        async throws
    {
        let house = try CellHouse([log.obeying()])
        defer { house.close() }
        try await house.send(["data": 1, "after": 0.2], to: "cell", "once")
        try await house.send(["data": ["again": 0.3], "after": 0.2], to: "cell", "ever")
        _ = log.take()
        await house.advance(.milliseconds(199))
        #expect(log.take() == [])
        await house.advance(.milliseconds(1))
        #expect(log.take() == ["ever timeout", "once timeout"])
        await house.advance(.milliseconds(299))
        #expect(log.take() == [])
        await house.advance(.milliseconds(1))
        #expect(log.take() == ["ever timeout"])
        await house.advance(.seconds(1))
        #expect(log.take() == ["ever timeout"], "from the end of the callback")
    }

    @Test func `a message whose callback asks for none cancels the pending timeout`() async throws {
        let house = try CellHouse([log.obeying()])
        defer { house.close() }
        try await house.send(["data": 1, "after": 1], to: "cell", "a")
        try await house.send(["data": 1], to: "cell", "a")
        #expect(try await house.rows().first?.due == nil)
        _ = log.take()
        await house.advance(.seconds(5))
        #expect(log.take() == [])
    }

    @Test func `a cell that ends with a pending timeout: no call later, and the hub does not turn without end`()
        async throws
    {
        let house = try CellHouse([log.obeying()])
        defer { house.close() }
        try await house.send(["data": 1, "after": 1], to: "cell", "a")
        try await house.send(["data": .null, "after": 1], to: "cell", "a")
        _ = log.take()
        await house.advance(.seconds(5))
        let before = await house.hub.turn
        for _ in 0..<100 { await house.hub.tick() }
        let turns = await house.hub.turn - before
        #expect(log.take() == [] && turns <= 101)
        let next = await house.hub.run { [host = house.host] in host.nextDue(in: $0) }
        #expect(next == nil)
    }

    @Test(arguments: [0, -3.5]) func `timeout 0 or below fires at once, after injected messages already waiting`(
        seconds: Double
    )
        async throws
    {
        let house = try CellHouse([log.obeying()]) { [log] in [Noting("n", log), $0] }
        defer { house.close() }
        await house.stop()
        let message: JSON = ["data": 1, "after": .number(seconds)]
        try await house.send(message, to: "cell", "a")
        try await house.push("later")
        try await house.hub.run { [reactor = house.reactor] hub in
            try reactor.inject(CellMessage(behaviour: "cell", id: "b", message: message).json, in: hub)
            try reactor.inject("i", in: hub)
        }
        await house.resume()
        let expected = ["b was dead", "n:\"i\"", "b timeout", "a was dead", "a timeout", "n:\"later\""]
        #expect(log.take().filter { !$0.contains("behaviour") } == expected)
    }

    @Test
    func `restart with a pending timeout: it fires at its due time; overdue: right after boot, which may replace it`()
        async throws
    {
        let boot: Script.Callback = { [log] cell in
            log.add("\(cell.id) boot \(cell.pendingTimeout?.description ?? "none")")
            if cell.id == "c" { cell.nextTimeout = .seconds(7) }
            if cell.id == "d" { cell.nextTimeout = nil }
        }
        let house = try CellHouse([log.obeying(boot: boot)])
        defer { house.close() }
        for (id, seconds) in [("a", 100.0), ("b", 20), ("c", 30), ("d", 10), ("e", 10)] {
            try await house.send(["data": 1, "after": .number(seconds)], to: "cell", id)
        }
        _ = log.take()
        try await house.restart(after: .seconds(40))
        #expect(
            log.take() == [
                "a boot 1m", "b boot -20s", "c boot -10s", "d boot -30s", "e boot -30s", "e timeout", "b timeout",
            ])
        await house.advance(.seconds(7))
        #expect(log.take() == ["c timeout"])
        await house.advance(.seconds(53))
        #expect(log.take() == ["a timeout"])
        try await house.restart(after: .seconds(1000))
        #expect(log.take().filter { $0.hasSuffix("timeout") } == [])
    }

    @Test
    func `two cells due at the same time: both are called, and an exception of the first does not stop the second`()
        async throws
    {
        let house = try CellHouse([log.obeying()])
        defer { house.close() }
        try await house.send(["data": 1, "after": 1], to: "cell", "b")
        try await house.send(["data": ["throw": "no"], "after": 1], to: "cell", "a")
        _ = log.take()
        await house.advance(.seconds(1))
        #expect(log.take() == ["a timeout", "b timeout"])
        #expect(await house.state("cell", "a") == .failed(error: "no"))
        #expect(await house.state("cell", "b") == .alive)
    }

    @Test(arguments: [-3600, 3600]) func `clock set by an hour while waiting: the timeout still fires in time`(
        seconds: Int64
    )
        async throws
    {
        let house = try CellHouse([log.obeying()])
        defer { house.close() }
        try await house.send(["data": 1, "after": 10], to: "cell", "a")
        _ = log.take()
        await house.advance(.seconds(5))
        house.clock.jump(by: .seconds(seconds))
        await house.hub.tick()
        await house.advance(.microseconds(4_999_999))
        #expect(log.take() == [])
        await house.advance(.microseconds(1))
        #expect(log.take() == ["a timeout"])
    }
}

extension Duration {
    fileprivate static func microseconds(_ count: Int64) -> Duration { Duration(microseconds: count) }
}
