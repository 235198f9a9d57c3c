import Komoku
import KomokuDesk
import KomokuHub
import KomokuStore
import KomokuTesting
import KomokuWire
import Testing

@testable import KomokuServer

/// Rules over a real socket, with rules that only exist in tables.
struct RuleCommandTests {
    private static let light = KeyName("hall.light")!
    private static let motion = KeyName("hall.motion")!

    /// What the database holds, for good.
    private static func store(_ rows: [RunRow], in store: Store) async {
        var batch = Batch()
        batch.runs = rows
        store.append(batch)
        await withCheckedContinuation { continuation in store.commit { _ in continuation.resume() } }
    }

    private static func numbers(_ json: JSON?) -> [Double] { (json?.array ?? []).compactMap { $0["run"]?.number } }

    // MARK: The list

    @Test func rulesAreToldWithWhatTheyDid() async throws {
        var rule = RuleDescription("hall-light")
        (rule.about, rule.position, rule.mode, rule.limit) = ("light", "hall.yaml:3:5", "restart", "20/m")
        (rule.triggers, rule.condition, rule.state) = (["change hall.motion to true"], "hall.lux < 40", .paused)
        (rule.reason, rule.runs, rule.failures, rule.skipped) = ("too deep", 5, 1, 7)
        (rule.lastRun, rule.standing, rule.queued) = (Timestamp(microseconds: 1_500_000), 2, 1)
        var script = RuleDescription("goodnight")
        (script.isScript, script.parameters) = (true, ["room"])
        try await TestServer.run(FakeRules(.init(rules: [rule, script]))) { _, socket async throws in
            #expect(
                try socket.ask(#"{"rules":{"rule":"hall-light"}}"#)
                    == #"{"result":{"rules":[{"rule":"hall-light","description":"light","at":"hall.yaml:3:5","#
                    + #""state":"paused","reason":"too deep","mode":"restart","limit":"20/m","#
                    + #""triggers":["change hall.motion to true"],"if":"hall.lux < 40","runs":5,"failures":1,"#
                    + #""skipped":7,"refused":0,"standing":2,"queued":1,"last_run":1.5}]}}"#)
            let all = try socket.result(#"{"rules":{}}"#)["rules"]?.array
            #expect(all?.map { $0["rule"] } == ["hall-light", "goodnight"])
            #expect(all?.last?["script"] == true && all?.last?["parameters"] == ["room"])
            #expect(
                try socket.ask(#"{"rules":{"rule":"hall-lihgt"}}"#)
                    == #"{"error":"not_found","message":"there is no rule 'hall-lihgt'; did you mean 'hall-light'?"}"#)
        }
    }

    @Test func manyRulesComeInBoundedAnswers() async throws {
        let rules = (0..<2500).map { RuleDescription("rule \($0)") }
        try await TestServer.run(FakeRules(.init(rules: rules))) { _, socket async throws in
            var (names, after) = ([String](), JSON?.none)
            repeat {
                let body = after.map { JSON.object([JSON.Member("after", $0)]) } ?? [:]
                let answer = try socket.result(JSON.object([JSON.Member("rules", body)]).text)
                let page = answer["rules"]?.array ?? []
                #expect(!page.isEmpty && page.count <= 1000)
                names += page.compactMap { $0["rule"]?.string }
                after = answer["next"]
            } while after != nil
            #expect(names == rules.map(\.name))
        }
    }

    @Test func aNameStandsForTheRulesThatEachMadeOfIt() async throws {
        let rules = ["light/hall", "lights", "light/stairs", "light"].map { RuleDescription($0) }
        try await TestServer.run(FakeRules(.init(rules: rules))) { _, socket async throws in
            let found = try socket.result(#"{"rules":{"rule":"light"}}"#)["rules"]?.array
            #expect(found?.map { $0["rule"] } == ["light/hall", "light/stairs", "light"])
        }
    }

    // MARK: The log

    @Test func theLogIsWhatIsInMemoryAndWhatTheDatabaseHolds() async throws {
        let stored = [
            RunRow.made(1), .made(2, "other", "skipped"), .made(3, keys: [Self.light]), .made(5, "lamp", "failed"),
        ]
        // 5 stood when memory was asked, and its end is on disk meanwhile; 4 has stood for long.
        let recent = [
            RunRow.made(7, "other"), .made(6, keys: [Self.light]), .made(5, "lamp", "standing"),
            .made(4, "lamp", "standing"),
        ]
        try await TestServer.run(FakeRules(.init(recent: recent))) { server, socket async throws in
            await Self.store(stored, in: server.hub.store)
            for (body, numbers) in [
                ("{}", [7, 6, 5, 4, 3, 2, 1]), (#"{"limit":2}"#, [7, 6]), (#"{"before":5,"limit":2}"#, [4, 3]),
                (#"{"rule":"other"}"#, [7, 2]), (#"{"key":"hall.light"}"#, [6, 3]),
                (#"{"outcomes":["standing"]}"#, [5, 4]), (#"{"outcomes":["skipped","failed"]}"#, [5, 2]),
                (#"{"since":2000}"#, []),
            ] {
                let answer = try socket.result(#"{"runs":\#(body)}"#)
                #expect(Self.numbers(answer["runs"]) == numbers.map(Double.init), "\(body)")
            }
            let failed = try socket.result(#"{"runs":{"outcomes":["failed"]}}"#)["runs"]?.array?.first
            #expect(
                failed?.text
                    == #"{"run":5,"rule":"lamp","outcome":"failed","started":1000,"keys":[],"ended":1001,"#
                    + #""occasion":{"trigger":"change"}}"#)
        }
    }

    // MARK: Why

    @Test func whyOfAKeyTellsTheRunThatPutItAndWhatLedToThat() async throws {
        let stored = [
            RunRow.made(39, "alarm", keys: [Self.motion], effects: ["1 put hall.motion true"]),
            .made(40, "fusion", keys: [Self.motion], parent: 39, effects: ["1 put hall.motion true"]),
            .made(41, "evening", "skipped", keys: [Self.light, Self.motion], reason: "hall.lux < 40: hall.lux is 120"),
            .made(
                42, "hall-light", keys: [Self.light, Self.motion], parent: 40,
                effects: ["1 put hall.light false", "2.then.1 put hall.light true", "3 wait 5m"]),
            .made(43, "watcher", keys: [Self.light], effects: ["1 log light"]),
        ]
        try await TestServer.run(FakeRules()) { server, socket async throws in
            await Self.store(stored, in: server.hub.store)
            try await server.hub.put(Self.light, true, cause: .rule(name: "hall-light", run: 42, depth: 2))
            try await server.hub.put(Self.light, true, cause: .client("websocket"))
            let answer = try socket.result(#"{"why":{"key":"hall.light"}}"#)
            #expect(answer["value"] == true && answer["type"] == "boolean")
            #expect(answer["cause"]?.text == #"{"kind":"rule","rule":"hall-light","run":42,"step":"2.then.1"}"#)
            #expect(answer["since"]?.number ?? 0 <= answer["time"]?.number ?? 0)
            #expect(Self.numbers(answer["chain"]) == [42, 40, 39])
            #expect(Self.numbers(answer["runs"]) == [42], "others only looked at it")
            #expect(answer["passed"]?.array?.map { $0["reason"] } == ["hall.lux < 40: hall.lux is 120"])
        }
    }

    /// Puts in scripts, and those of which only the key is known, as there were too many effects.
    @Test func aRunBelongsToEachKeyThatItChanged() async throws {
        var row = RunRow.made(5, "scene", keys: [Self.motion, Self.light])
        let put = RunEffect(
            step: "3", scripts: [.init(name: "good night", step: "2")], verb: "put", key: Self.light, value: true)
        let more = [JSON.Member("omitted", 7), JSON.Member("changed", ["hall.motion"])]
        row.data = .object(
            (row.data.object ?? []).filter { $0.name != "effects" } + [JSON.Member("effects", [put.json])] + more)
        let rows = [row, .made(4, "looks", keys: [Self.motion, Self.light])]
        try await TestServer.run(FakeRules()) { [rows] server, socket async throws in
            await Self.store(rows, in: server.hub.store)
            for key in [Self.light, Self.motion] {
                try await server.hub.put(key, true, cause: .rule(name: "scene", run: 5, depth: 1))
                let runs = try socket.result(#"{"runs":{"key":"\#(key)"}}"#)["runs"]
                #expect(Self.numbers(runs) == [5, 4])
                #expect(runs?.array?.first?["effects"] == [put.json] && runs?.array?.first?["omitted"] == 7)
                let why = try socket.result(#"{"why":{"key":"\#(key)"}}"#)
                #expect(Self.numbers(why["runs"]) == [5])
                #expect(why["cause"]?["step"]?.string == (key == Self.light ? "3 > good night 2" : nil))
            }
        }
    }

    private static let causes: [(Cause, String)] = [
        (Cause.message(topic: "z/lamp"), #"{"kind":"message","topic":"z/lamp"}"#),
        (.client("websocket"), #"{"kind":"client","client":"websocket"}"#), (.expiry, #"{"kind":"expiry"}"#),
        (.rule(name: "r", run: 9, depth: 1), #"{"kind":"rule","rule":"r","run":9}"#),
    ]

    @Test func whyTellsWhatBroughtTheValue() async throws {
        try await TestServer.run(FakeRules()) { server, socket async throws in
            for (number, (cause, text)) in Self.causes.enumerated() {
                try await server.hub.put(Self.light, .number(Double(number)), cause: cause)
                let answer = try socket.result(#"{"why":{"key":"hall.light"}}"#)
                #expect(answer["cause"]?.text == text)
                #expect(answer["chain"] == [], "there is no record of it")
            }
        }
    }

    @Test func aChainIsToldToItsSixteenthRun() async throws {
        let rows = (1...20).map { RunRow.made($0, parent: $0 == 1 ? nil : $0 - 1) }
        try await TestServer.run(FakeRules(.init(recent: rows.suffix(3).reversed()))) { server, socket async throws in
            // One that names itself as its parent ends the chain too.
            await Self.store(rows.dropLast(3) + [.made(30, parent: 30)], in: server.hub.store)
            try await server.hub.put(Self.light, 1, cause: .rule(name: "lamp", run: 20, depth: 3))
            let chain = try socket.result(#"{"why":{"key":"hall.light"}}"#)["chain"]
            #expect(Self.numbers(chain) == (5...20).reversed().map(Double.init))
            try await server.hub.put(Self.light, 2, cause: .rule(name: "lamp", run: 30, depth: 3))
            #expect(Self.numbers(try socket.result(#"{"why":{"key":"hall.light"}}"#)["chain"]) == [30])
        }
    }

    // The second run began within the millisecond that the key has as its time.
    @Test(arguments: [1000, 1000.5004])
    func afterARestartTheLogStillTellsWhoPutAKey(began: Double) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let location = Store.Location.file(folder.path("komoku.db"))
        try await TestServer.run(FakeRules(), location: location) { server, socket async throws in
            try await server.hub.put(Self.light, false, at: Timestamp(microseconds: 500_000_000), cause: .expiry)
            let cause = Cause.rule(name: "hall-light", run: 4, depth: 1)
            try await server.hub.put(Self.light, true, at: Timestamp(microseconds: 1_000_500_000), cause: cause)
            let effects = ["1 put hall.light true"]
            let row = RunRow.made(4, "hall-light", at: began, keys: [Self.light], effects: effects)
            await Self.store([row], in: server.hub.store)
        }
        try await TestServer.run(FakeRules(), location: location) { _, socket async throws in
            let answer = try socket.result(#"{"why":{"key":"hall.light"}}"#)
            #expect(answer["since"] == 1000.5)
            #expect(answer["cause"]?.text == #"{"kind":"rule","rule":"hall-light","run":4,"step":"1"}"#)
            #expect(Self.numbers(answer["chain"]) == [4])
        }
    }

    private static let asked = #"{"kind":"message","topic":"z/lamp","asked":{"rule":"hall","run":4,"step":"1"}}"#
    private static let told = #"{"kind":"message","topic":"z/lamp"}"#

    @Test(arguments: [
        ("put hall.light true", 1_000_500_000, asked), ("toggle hall.light", 1_030_000_000, asked),
        ("put hall.light false", 1_000_500_000, told), ("put hall.light true", 1_032_000_000, told),
        ("put hall.light true failed: refused", 1_000_500_000, told), ("put hall.light true", 999_000_000, told),
    ])
    func whatADeviceReportsIsLedBackToTheRunThatAskedForIt(effect: String, time: Int64, cause: String) async throws {
        try await TestServer.run(FakeRules()) { server, socket async throws in
            let rows = [
                RunRow.made(3, "scene", keys: [Self.motion]),
                .made(4, "hall", keys: [Self.light], parent: 3, effects: ["1 \(effect)"]),
            ]
            await Self.store(rows, in: server.hub.store)
            let time = Timestamp(microseconds: time)
            try await server.hub.put(Self.light, true, at: time, cause: .message(topic: "z/lamp"))
            let answer = try socket.result(#"{"why":{"key":"hall.light"}}"#)
            #expect(answer["cause"]?.text == cause)
            #expect(Self.numbers(answer["chain"]) == (cause == Self.asked ? [4, 3] : []))
        }
    }

    @Test func aRunThatStandsSinceBeforeARestartIsTheCauseToo() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let location = Store.Location.file(folder.path("komoku.db"))
        try await TestServer.run(FakeRules(), location: location) { server, _ async throws in
            let cause = Cause.rule(name: "hall", run: 4, depth: 1)
            try await server.hub.put(Self.light, true, at: Timestamp(microseconds: 1_000_500_000), cause: cause)
        }
        var row = RunRow.made(4, "hall", "standing", keys: [Self.light], effects: ["1 put hall.light true"])
        row.data = .object((row.data.object ?? []).filter { $0.name != "ended" })
        try await TestServer.run(FakeRules(.init(recent: [row])), location: location) { _, socket async throws in
            let answer = try socket.result(#"{"why":{"key":"hall.light"}}"#)
            #expect(answer["cause"]?.text == #"{"kind":"rule","rule":"hall","run":4,"step":"1"}"#)
        }
    }

    @Test func whyOfARuleTellsItsRunsAndItsDecisions() async throws {
        let recent = [
            RunRow.made(9, "lamp", "standing"), .made(8, "lamp", "busy"), .made(7, "other"),
            .made(6, "lamp", "skipped"),
        ]
        try await TestServer.run(FakeRules(.init(rules: [RuleDescription("lamp")], recent: recent))) {
            server, socket async throws in
            await Self.store((1...5).map { .made($0) }, in: server.hub.store)
            let answer = try socket.result(#"{"why":{"rule":"lamp","limit":3}}"#)
            #expect(answer["rule"]?["rule"] == "lamp")
            #expect(Self.numbers(answer["runs"]) == [9, 5, 4])
            #expect(Self.numbers(answer["passed"]) == [8, 6])
            #expect(try socket.ask(#"{"why":{"rule":"lam"}}"#).contains("did you mean 'lamp'?"))
            #expect(try socket.ask(#"{"why":{"key":"no.key"}}"#).contains("invalid_key"))
        }
    }

    // MARK: Following

    @Test func recordsArePushedAsTheyHappen() async throws {
        let rules = FakeRules()
        try await TestServer.run(rules) { _, socket async throws in
            #expect(try socket.ask(#"{"follow":{"rule":"lamp","outcomes":["done"]}}"#) == #"{"result":"ok"}"#)
            rules.record(.made(1, "other"))
            rules.record(.made(2, "lamp", "skipped"))
            rules.record(.made(3, "lamp"))
            let push = try JSON(parsing: try socket.receiveText())
            #expect(push["run"]?["run"] == 3 && push["run"]?["outcome"] == "done")
            // Another filter takes the place of the first.
            #expect(try socket.ask(#"{"follow":{"key":"hall.light"}}"#) == #"{"result":"ok"}"#)
            rules.record(.made(4, "lamp"))
            rules.record(.made(5, "other", keys: [Self.light]))
            #expect(try JSON(parsing: try socket.receiveText())["run"]?["run"] == 5)
            #expect(try socket.ask(#"{"unfollow":{}}"#) == #"{"result":"ok"}"#)
            #expect(rules.followerCount == 0)
            rules.record(.made(6, keys: [Self.light]))
            let next = try socket.ask(#"{"ping":1}"#)
            #expect(next == #"{"result":{"pong":1}}"#, "nothing was pushed before it")
        }
    }

    @Test func theEndOfAConnectionEndsWhatItFollows() async throws {
        let rules = FakeRules()
        try await TestServer.run(rules: rules) { server async throws in
            do {
                let socket = try RawSocket.webSocket(port: server.v2)
                _ = try socket.ask(#"{"follow":{}}"#)
                #expect(rules.followerCount == 1)
            }
            try await rules.calls.wait { $0.contains("unfollow") }
            #expect(rules.followerCount == 0)
        }
    }

    @Test func whoReadsSlowlyIsToldHowManyRecordsWereLeftOut() async throws {
        let rules = FakeRules()
        try await TestServer.run(rules: rules) { server async throws in
            let wakes = Collector<Int>()
            let feed = RunFeed(capacity: 4) { wakes.append(1) }
            await server.hub.follow(feed, server.desk)
            for number in 1...10 { rules.record(.made(Int64(number))) }
            let taken = feed.drain(max: 3) + feed.drain(max: 3)
            #expect(taken.map { $0.json["run"]?["run"]?.number } == [7, 8, 9, 10])
            #expect(taken.map(\.skipped) == [6, 0, 0, 0])
            #expect(taken[0].json["run"]?["skipped"] == 6)
            #expect(wakes.elements.count == 1, "once, until all were taken")
            rules.record(.made(11))
            #expect(wakes.elements.count == 2)
        }
    }
}

extension Hub {
    fileprivate func follow(_ feed: RunFeed, _ desk: Desk) {
        feed.follow(FollowRequest(), desk, in: self)
    }
}
