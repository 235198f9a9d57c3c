import Komoku
import KomokuHub
import KomokuStore
import KomokuTesting
import Logging
import Synchronization
import Testing

@testable import KomokuRules

/// The list of behaviours to show, the part about messages and handlers.
@Suite struct ReactorQueueTests {
    private let log = Events()

    @Test
    func `1000 messages from 4 producers: each handler sees each once, per producer in order, all the same order`()
        async throws
    {
        let (first, second) = (Events(), Events())
        let house = try CellHouse(handlers: { [Noting("a", first), Noting("a", second), $0] })
        defer { house.close() }
        let (hub, reactor) = (house.hub, house.reactor)
        await withTaskGroup { group in
            for producer in 0..<4 {
                group.addTask {
                    await onOwnThread {
                        for number in 0..<250 {
                            hub.enqueue { hub in
                                try? reactor.push([.number(Double(producer)), .number(Double(number))], in: hub)
                            }
                        }
                    }
                }
            }
        }
        await house.commit()
        let seen = first.take()
        #expect(seen.count == 1000 && Set(seen).count == 1000)
        #expect(seen == second.take())
        for producer in 0..<4 {
            let mine = seen.filter { $0.hasPrefix("a:[\(producer),") }
            #expect(mine == (0..<250).map { "a:[\(producer),\($0)]" })
        }
        #expect(try house.store.events() == [])
    }

    @Test func `message n+1 starts only when all handlers returned from n`() async throws {
        let reactor = Mutex<Reactor?>(nil)
        let house = try CellHouse(handlers: { [log] host in
            [
                Noting("1", log) { message, hub in
                    guard message.body == "a" else { return }
                    try reactor.withLock { try $0?.push("b", in: hub) }
                    log.add("1 ends")
                }, Noting("2", log), host,
            ]
        })
        defer { house.close() }
        reactor.withLock { $0 = house.reactor }
        try await house.push("a")
        #expect(log.take() == ["1:\"a\"", "1 ends", "2:\"a\"", "1:\"b\"", "2:\"b\""])
    }

    /// A crash takes the effects of handler 1 along, which are in the batch of the message: so it sees it again, and the store
    /// one effect.
    @Test func `killed inside handler 2 of 3: all effects are there once after the restart, before any newer message`()
        async throws
    {
        let files = Mutex<HouseFiles?>(nil)
        let copy = Mutex<Int?>(nil)
        let house = try CellHouse { [log] host in
            [
                Noting("1", log) { _, hub in
                    let count = host.data("effects", "1", in: hub)?.number ?? 0
                    host.set("effects", "1", data: .number(count + 1), after: nil, in: hub)
                },
                Noting("2", log) { message, _ in
                    guard message.body == "x", let taken = try files.withLock({ try $0?.snapshot() }) else { return }
                    copy.withLock { $0 = taken }
                }, Noting("3", log), host,
            ]
        }
        defer { house.close() }
        await house.stop()
        try await house.push("x", "newer")
        await house.commit()
        #expect(log.take() == [])
        files.withLock { $0 = house.files }
        await house.resume()
        #expect(log.take().prefix(3) == ["1:\"x\"", "2:\"x\"", "3:\"x\""])
        files.withLock { $0 = nil }
        try await house.start(try #require(copy.withLock { $0 }))
        #expect(log.take() == ["1", "2", "3"].map { "\($0):\"x\"" } + ["1", "2", "3"].map { "\($0):\"newer\"" })
        #expect(await house.data("effects", "1") == 2, "one for each message")
        #expect(try await house.rows().count == 1)
        #expect(try house.store.events() == [])
    }

    @Test func `killed right after a push that is durable: the message or its effects are there`() async throws {
        let house = try CellHouse { [log] in [Noting("a", log), $0] }
        defer { house.close() }
        await house.stop()
        try await house.push("x")
        await house.commit()
        try await house.kill()
        #expect(log.take() == ["a:\"x\""])

        await house.hub.run { [host = house.host] in
            _ = host.set("effect", "1", data: true, after: nil, in: $0)
        }
        try await house.push("y")
        await house.commit()
        #expect(log.take() == ["a:\"y\""])
        try await house.kill()
        #expect(log.take() == [])
        #expect(await house.data("effect", "1") == true)
        #expect(await house.statistics().restored == 0)
    }

    @Test(arguments: [JSON.number(.nan), .number(-.infinity), ["a": [.number(.nan)]]])
    func `a push of what JSON cannot hold is refused`(message: JSON) async throws {
        let house = try CellHouse { [log] in [Noting("a", log), $0] }
        defer { house.close() }
        await #expect(throws: Reactor.Refusal.self) { try await house.push(message) }
        var deep = JSON.null
        for _ in 0..<JSON.maximumDepth { deep = [deep] }
        await #expect(throws: Reactor.Refusal.self) { try await house.push(deep) }
        #expect(log.take() == [])
        try await house.push("fine")
        #expect(log.take() == ["a:\"fine\""])
    }

    @Test func `a handler throws at message 2 of 3: the others get 3, it gets 2, and it is shown as off`() async throws
    {
        let house = try CellHouse { [log] host in
            [
                Noting("bad", log) { message, _ in if message.body == 2 { throw Broken("no twos") } },
                Noting("good", log), host,
            ]
        }
        defer { house.close() }
        try await house.push(1, 2, 3)
        #expect(log.take() == ["bad:1", "good:1", "bad:2", "good:2", "good:3"])
        let letter = try #require(try await house.letters().first)
        #expect(letter.topic == "reactor/bad" && letter.reason == "no twos" && letter.payload == Array("2".utf8))
        let handlers = await house.statistics().handlers
        #expect(handlers.map(\.isOn) == [false, true, true])
        #expect(handlers[0].error == "no twos" && handlers[0].handled == 2)
    }

    @Test func `a disabled handler that is enabled again goes on with newer messages`() async throws {
        let house = try CellHouse { [log] host in
            [Noting("bad", log) { message, _ in if message.body == 1 { throw Broken("one") } }, host]
        }
        defer { house.close() }
        try await house.push(1, 2)
        let (wrong, right) = await house.hub.run { [reactor = house.reactor] in
            (reactor.enable("nobody", in: $0), reactor.enable("bad", in: $0))
        }
        #expect(!wrong && right)
        try await house.push(3)
        #expect(log.take() == ["bad:1", "bad:3"])
        try await house.push(1)
        try await house.restart()
        try await house.push(4)
        #expect(log.take() == ["bad:1", "bad:4"], "a restart switches it on too")
    }

    @Test func `an injected message is handled before 10 waiting persistent ones, and works while the queue is empty`()
        async throws
    {
        let house = try CellHouse { [log] in [Noting("a", log), $0] }
        defer { house.close() }
        try await house.inject("alone")
        #expect(log.take() == ["a:\"alone\""])
        await house.stop()
        for number in 0..<10 { try await house.push(.number(Double(number))) }
        try await house.inject("i", "j")
        await house.resume()
        #expect(log.take() == ["a:\"i\"", "a:\"j\""] + (0..<10).map { "a:\($0)" })
    }

    @Test func `injected messages are gone after a kill and counted at a clean exit; persistent ones are not`()
        async throws
    {
        let house = try CellHouse { [log] in [Noting("a", log), $0] }
        defer { house.close() }
        await house.stop()
        try await house.push("kept")
        try await house.inject("gone")
        await house.commit()
        try await house.kill()
        #expect(log.take() == ["a:\"kept\""])
        await house.stop()
        try await house.inject("x", "y")
        let lost = await house.hub.run { [reactor = house.reactor] hub in
            reactor.close(in: hub)
            return reactor.statistics(in: hub).lost
        }
        #expect(lost == 2)
    }

    @Test func `more than 10,000 injected messages are refused`() async throws {
        let house = try CellHouse()
        defer { house.close() }
        await house.stop()
        try await house.hub.run { [reactor = house.reactor] hub in
            for _ in 0..<Reactor.maximumInjected { try reactor.inject("x", in: hub) }
        }
        await #expect(throws: Reactor.Refusal.tooMany) { try await house.inject("one more") }
        let statistics = await house.statistics()
        #expect(statistics.refused == 1 && statistics.waitingInjected == 10_000)
    }

    @Test func `boot comes first, once, for each live cell, in order, and for none that is dead or failed`()
        async throws
    {
        let boots: Script.Callback = { [log] cell in log.add("boot \(cell.behaviour)/\(cell.id)") }
        let onMessage: Script.OnMessage = { message, cell in
            if message == "fail" { throw Broken("as asked") }
            cell.data = message == "end" ? nil : message
        }
        let behaviours = ["b", "a", "a-b"].map { Script($0, onMessage: onMessage, onBoot: boots) }
        let house = try CellHouse(behaviours) { [log] in [$0, Noting("n", log, notesBoot: true)] }
        defer { house.close() }
        await house.commit()
        #expect(log.take() == ["n:boot"])
        for (behaviour, id) in [
            ("b", "2"), ("a", "ä"), ("a", "z"), ("b", "10"), ("a", "dead"), ("a", "failed"), ("a-b", "1"),
        ] {
            try await house.send(1, to: behaviour, id)
        }
        try await house.send("end", to: "a", "dead")
        try await house.send("fail", to: "a", "failed")
        await house.stop()
        try await house.push("waiting")
        _ = log.take()
        try await house.restart()
        #expect(
            log.take() == [
                "boot a/z", "boot a/ä", "boot a-b/1", "boot b/10", "boot b/2", "n:boot", "n:\"waiting\"",
            ])
    }

    @Test func `stop: the running message finishes, the next stays queued and is first in the next start`() async throws
    {
        let reactor = Mutex<Reactor?>(nil)
        let house = try CellHouse { [log] host in
            [
                Noting("1", log) { message, hub in
                    if message.body == "a" { reactor.withLock { $0?.stop(in: hub) } }
                }, Noting("2", log), host,
            ]
        }
        defer { house.close() }
        reactor.withLock { $0 = house.reactor }
        try await house.push("a", "b")
        #expect(log.take() == ["1:\"a\"", "2:\"a\""])
        let statistics = await house.statistics()
        #expect(statistics.isStopped && statistics.waiting == 1 && statistics.written == 1)
        try await house.restart()
        try await house.push("c")
        #expect(log.take() == ["1:\"b\"", "2:\"b\"", "1:\"c\"", "2:\"c\""])
    }

    @Test func `a second reactor on the same file refuses to start and says why`() async throws {
        let house = try CellHouse()
        defer { house.close() }
        let error = #expect(throws: Store.Error.self) {
            try Store(
                .init(location: .file(house.files.path)),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        }
        #expect(error?.message.isEmpty == false)
    }

    @Test func `messages that cause each other for ever keep nobody waiting, and none is lost`() async throws {
        let endless = Script("loop") { message, cell in
            cell.data = .number((cell.data?.number ?? 0) + 1)
            try cell.send(message, to: "loop", "1")
        }
        let house = try CellHouse([endless])
        defer { house.close() }
        try await house.send("go", to: "loop", "1")
        let seen = try #require(await house.data("loop", "1")?.number)
        #expect(seen >= Double(Reactor.itemsPerTurn))
        await house.stop()
        let statistics = await house.statistics()
        #expect(statistics.waiting == 1)
        await house.commit()
        #expect(try house.store.events().count == 1)
    }

    @Test func `what is handled in its turn is never written`() async throws {
        let house = try CellHouse([Script("a")])
        defer { house.close() }
        for number in 0..<100 { try await house.send(.number(Double(number)), to: "a", "1") }
        let statistics = await house.statistics()
        #expect(statistics.written == 0 && statistics.pushed == 100 && statistics.handled == 100)
        #expect(try await house.rows().map(\.data) == [99])
    }
}
