import Komoku
import KomokuHub
import KomokuStore
import KomokuTesting
import Logging
import Synchronization
import Testing

@testable import KomokuRules

/// The list of behaviours to show, the part about cells.
@Suite struct CellHostTests {
    private let log = Events()

    @Test func `message to a dead cell: data is nil; set it lives; nil set its row is gone, and it has no timer`()
        async throws
    {
        let house = try CellHouse([log.obeying()])
        defer { house.close() }
        try await house.send(["data": .null, "after": 1], to: "cell", "a")
        #expect(await house.state("cell", "a") == .dead)
        try await house.send(["data": 5, "after": 1], to: "cell", "a")
        #expect(await house.state("cell", "a") == .alive)
        #expect(try await house.rows().map(\.data) == [5])
        try await house.send(["data": .null, "after": 1], to: "cell", "a")
        #expect(log.take() == ["a was dead", "a was dead", "a was 5"])
        #expect(await house.state("cell", "a") == .dead)
        #expect(try await house.rows().isEmpty)
        await house.advance(.seconds(60))
        #expect(log.take() == [])
    }

    @Test func `nested data changed in slot is stored, equal data is not`() async throws {
        let script = Script("cell") { message, cell in
            guard case .object(var members) = cell.data else { return cell.data = ["list": [1, ["x": 1]]] }
            if message == "change" { members[0].value = [1, ["x": 2]] }
            cell.data = .object(members)
        }
        let house = try CellHouse([script])
        defer { house.close() }
        try await house.send("new", to: "cell", "a")
        try await house.send("change", to: "cell", "a")
        #expect(try await house.rows().map(\.data) == [["list": [1, ["x": 2]]]])
        try await house.send("same", to: "cell", "a")
        #expect(try await house.rows().map(\.data) == [["list": [1, ["x": 2]]]])
    }

    @Test func `a cell throws: its earlier data is still there, others work, and later messages become dead letters`()
        async throws
    {
        let house = try CellHouse([log.obeying()])
        defer { house.close() }
        try await house.send(["data": "kept", "after": 5], to: "cell", "a")
        try await house.send(["data": "lost", "throw": "bad day"], to: "cell", "a")
        #expect(await house.state("cell", "a") == .failed(error: "bad day"))
        #expect(await house.data("cell", "a") == "kept")
        let row = try #require(try await house.rows().first)
        #expect(row.data == "kept" && row.due == nil && row.failure == "bad day")
        try await house.send(["data": 1], to: "cell", "b")
        #expect(await house.state("cell", "b") == .alive)
        try await house.send(["data": "later"], to: "cell", "a")
        let letters = try await house.letters()
        #expect(letters.map(\.topic) == ["cells/cell/a", "cells/cell/a"])
        #expect(Set(letters.map(\.reason)) == ["bad day", "the cell has failed: bad day"])
        _ = log.take()
        try await house.restart()
        await house.advance(.seconds(10))
        #expect(await house.state("cell", "a") == .failed(error: "bad day"))
        #expect(log.take() == [])
    }

    @Test func `what a callback that throws asked for does not happen`() async throws {
        let script = Script("cell") { message, cell in
            cell.put(try KeyName(validating: "lamp"), true)
            try cell.push("further")
            cell.inject("further")
            if message == "throw" { throw Broken("no") }
        }
        let house = try CellHouse([script]) { [log] in [$0, Noting("n", log)] }
        defer { house.close() }
        try await house.send("throw", to: "cell", "a")
        #expect(try await house.hub.last(KeyName(validating: "lamp")) == nil)
        #expect(log.take().count == 1)
        try await house.send("fine", to: "cell", "a")
        #expect(try await house.hub.last(KeyName(validating: "lamp"))?.value == .boolean(true))
        #expect(log.take().dropFirst() == ["n:\"further\"", "n:\"further\""])
    }

    @Test func `revive: the next message runs with the old data; forget: the row is gone`() async throws {
        let house = try CellHouse([log.obeying()])
        defer { house.close() }
        for id in ["a", "b"] {
            try await house.send(["data": 1], to: "cell", id)
            try await house.send(["throw": "no"], to: "cell", id)
        }
        _ = log.take()
        let answers = await house.hub.run { [host = house.host] hub in
            [
                host.revive("cell", "a", in: hub), host.revive("cell", "a", in: hub), host.forget("cell", "b", in: hub),
                host.forget("cell", "b", in: hub),
            ]
        }
        #expect(answers == [true, false, true, false])
        try await house.restart()
        try await house.send(["data": 2], to: "cell", "a")
        #expect(log.take() == ["a was 1"])
        #expect(try await house.rows().map(\.data) == [2])
    }

    @Test func `a new version of the behaviour migrates the data once and revives what failed`() async throws {
        let house = try CellHouse([log.obeying()])
        defer { house.close() }
        for id in ["a", "b", "c"] { try await house.send(["data": 1, "after": 50], to: "cell", id) }
        try await house.send(["throw": "no"], to: "cell", "b")
        let second = Script(
            "cell", version: 2,
            onMigrate: { [log] data, version in
                log.add("migrate \(data.text) from \(version)")
                if data == 3 { throw Broken("three") }
                return ["value": data]
            })
        try await house.send(["data": 3], to: "cell", "c")
        _ = log.take()
        try await house.restart([second])
        #expect(log.take() == ["migrate 1 from 1", "migrate 1 from 1", "migrate 3 from 1"])
        #expect(await house.state("cell", "b") == .alive)
        #expect(await house.data("cell", "b") == ["value": 1])
        #expect(await house.data("cell", "c") == 3)
        #expect(await house.state("cell", "c") == .failed(error: "not migrated from version 1: three"))
        let left = await house.hub.run { [host = house.host] in host.timeLeft("cell", "a", in: $0) }
        #expect(left == .seconds(50))
        try await house.restart([second])
        #expect(log.take() == [])
    }

    @Test
    func `unknown behaviour: data is equal before and after message and restart, and works again when it is back`()
        async throws
    {
        let house = try CellHouse([log.obeying()])
        defer { house.close() }
        try await house.send(["data": ["x": [1, 2]], "after": 10], to: "cell", "a")
        let before = try await house.rows()
        _ = log.take()
        try await house.restart([])
        try await house.send(["data": 2], to: "cell", "a")
        try await house.send(["data": 2], to: "nobody", "a")
        await house.advance(.seconds(20))
        #expect(try await house.rows() == before)
        #expect(try await house.letters().count == 2)
        try await house.restart([])
        #expect(try await house.rows() == before && log.take() == [])
        let back = log.obeying()
        await house.hub.run { [host = house.host] in host.register(back, in: $0) }
        await house.hub.tick()
        #expect(log.take() == ["a timeout"], "overdue by now")
        try await house.send(["data": 3], to: "cell", "a")
        #expect(log.take() == [#"a was {"x":[1,2]}"#])
        await house.hub.run { [host = house.host] in host.unregister("cell", in: $0) }
        try await house.send(["data": 4], to: "cell", "a")
        #expect(await house.data("cell", "a") == 3)
    }

    @Test func `names with "-", "/" and spaces: behaviour and id are told apart`() async throws {
        let pairs = [("a", "b-c"), ("a-b", "c"), ("a/b", "c"), ("a", "b/c"), ("a b", "c"), ("a", "b c"), ("", "a-b-c")]
        let house = try CellHouse(["a", "a-b", "a/b", "a b", ""].map { Script($0) })
        defer { house.close() }
        for (number, pair) in pairs.enumerated() {
            try await house.send(.number(Double(number)), to: pair.0, pair.1)
        }
        // Canonically equal, but other bytes.
        try await house.send("composed", to: "a", "\u{E9}")
        try await house.send("decomposed", to: "a", "e\u{301}")
        try await house.restart()
        for (number, pair) in pairs.enumerated() {
            #expect(await house.data(pair.0, pair.1) == .number(Double(number)))
        }
        #expect(await house.data("a", "\u{E9}") == "composed")
        #expect(await house.data("a", "e\u{301}") == "decomposed")
        let ids = await house.hub.run { [host = house.host] in host.ids(of: "a", in: $0) }
        #expect(ids.map { Array($0.utf8) } == ["b c", "b-c", "b/c", "e\u{301}", "\u{E9}"].map { Array($0.utf8) })
    }

    @Test func `a counter cell that is killed 50 times at random has counted exactly what was committed`() async throws
    {
        let counter = Script("count") { _, cell in cell.data = .number((cell.data?.number ?? 0) + 1) }
        let house = try CellHouse([counter])
        defer { house.close() }
        var random = SplitMix(seed: 17)
        var (durable, count) = (0, 0)
        for _ in 0..<50 {
            for _ in 0..<Int.random(in: 1...20, using: &random) {
                switch Int.random(in: 0..<6, using: &random) {
                case 0:
                    await house.commit()
                    durable = count
                case 1: await house.stop()
                case 2: await house.resume()
                default:
                    try await house.send("count", to: "count", "1")
                    count += 1
                }
            }
            try await house.kill()
            // What waited was on the disk and is handled now.
            count = durable
            #expect(await house.data("count", "1") ?? 0 == .number(Double(durable)))
        }
        #expect(durable > 50)
    }

    @Test func `what is done directly to the cell whose callback runs counts`() async throws {
        final class Direct: CellBehaviour {
            let name = "cell"
            let host: @Sendable () -> CellHost?
            init(_ host: @escaping @Sendable () -> CellHost?) { self.host = host }
            func message(_ message: JSON, _ cell: inout CellCall, in hub: isolated Hub) throws {
                cell.data = "from the step"
                switch message {
                case "set": host()?.set("cell", cell.id, data: "direct", after: .seconds(5), in: hub)
                case "forget": host()?.forget("cell", cell.id, in: hub)
                case "other": host()?.set("cell", "other", data: "direct", after: nil, in: hub)
                default: break
                }
            }
        }
        let shared = Shared()
        let house = try CellHouse([Direct { shared.host }])
        defer { house.close() }
        shared.set(house.host)
        try await house.send("set", to: "cell", "a")
        #expect(await house.data("cell", "a") == "direct")
        let left = await house.hub.run { [host = house.host] in host.timeLeft("cell", "a", in: $0) }
        #expect(left == .seconds(5))
        try await house.send("forget", to: "cell", "a")
        #expect(await house.state("cell", "a") == .dead)
        try await house.send("other", to: "cell", "a")
        #expect(await house.data("cell", "a") == "from the step")
        #expect(await house.data("cell", "other") == "direct")
    }

    @Test func `direct calls: set, update, fail, revive, forget and what they say`() async throws {
        let house = try CellHouse([log.obeying()])
        defer { house.close() }
        let answers = await house.hub.run { [host = house.host] hub in
            [
                host.set("cell", "a", data: 1, after: .seconds(9), in: hub),
                !host.set("cell", "bad", data: .number(.nan), after: nil, in: hub),
                host.update("cell", "a", data: 2, in: hub),
                !host.update("cell", "z", data: 2, in: hub),
                host.timeLeft("cell", "a", in: hub) == .seconds(9),
                host.data("cell", "a", in: hub) == 2,
                host.set("cell", "b", data: 1, after: nil, in: hub),
                host.ids(of: "cell", in: hub) == ["a", "b"],
                host.ids(of: "none", in: hub) == [],
                host.fail("cell", "b", error: "so", in: hub),
                !host.fail("cell", "b", error: "so", in: hub),
                host.count(of: "cell", in: hub) == 1,
                !host.update("cell", "b", data: 2, in: hub),
                // A failed one lives again.
                host.set("cell", "b", data: 7, after: nil, in: hub),
                host.count(of: "cell", in: hub) == 2,
                host.set("cell", "b", data: nil, after: nil, in: hub),
            ]
        }
        #expect(answers == [Bool](repeating: true, count: 16))
        let statistics = await house.hub.run { [host = house.host] in host.statistics(in: $0) }
        #expect(statistics.alive == 1 && statistics.failed == 0)
        #expect(statistics.behaviours.map(\.name) == ["cell"])
        await house.advance(.seconds(9))
        #expect(log.take() == ["a timeout"])
        #expect(try await house.rows().map(\.id) == ["a"])
    }

    @Test func `a damaged row fails its cell and stays as it is`() async throws {
        let house = try CellHouse([log.obeying()])
        defer { house.close() }
        await house.hub.run { [host = house.host] hub in
            let slot = host.state.shelf.add(host.state.shelf.number(of: "cell"), "a", Array("{".utf8))
            host.wait(for: slot, .seconds(1), in: hub)
            host.state.reactor?.dueChanged(in: hub)
        }
        await house.advance(.seconds(1))
        guard case .failed = await house.state("cell", "a") else { return #expect(Bool(false), "it has not failed") }
        #expect(try await house.rows().isEmpty)
    }
}

/// What a behaviour learns after it was made.
private final class Shared: Sendable {
    private let content = Mutex<CellHost?>(nil)
    var host: CellHost? { content.withLock { $0 } }
    func set(_ host: CellHost) { content.withLock { $0 = host } }
}
