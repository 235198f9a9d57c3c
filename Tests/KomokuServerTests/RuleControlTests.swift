import Komoku
import KomokuHub
import KomokuStore
import KomokuTesting
import KomokuWire
import Testing

@testable import KomokuServer

/// Rules at command over a real socket, and commands about them that are none.
struct RuleControlTests {
    /// A command, its answer, and what the rules are told.
    private static let orders = [
        (#"{"enable":{"rule":"lamp"}}"#, #"{"result":"ok"}"#, "enable lamp"),
        (#"{"disable":{"rule":"lamp"}}"#, #"{"result":"ok"}"#, "disable lamp"),
        (#"{"stop_runs":{"rule":"lamp"}}"#, #"{"result":{"stopped":3}}"#, "stop lamp"),
        (#"{"emit":{"rule":"bell","payload":{"n":1}}}"#, #"{"result":{"rules":2}}"#, #"emit bell {"n":1}"#),
        (#"{"emit":{"rule":"nobody"}}"#, #"{"result":{"rules":0}}"#, "emit nobody null"),
        (
            #"{"emit":{"cell":["counter","kitchen"],"message":[1]}}"#, #"{"result":"ok"}"#,
            "emit to counter kitchen [1]"
        ),
        (
            #"{"run":{"rule":"lamp","arguments":{"room":"hall","n":2,"b":true}},"query_id":1}"#,
            #"{"result":{"run":77,"rule":"lamp"},"query_id":1}"#,
            "run lamp b=true,n=2,room=hall by client websocket"
        ),
    ]

    @Test func whatAClientOrdersIsCarriedOut() async throws {
        let rules = FakeRules(.init(rules: [RuleDescription("lamp")]))
        try await TestServer.run(rules) { _, socket async throws in
            for (command, answer, call) in Self.orders {
                let text = try socket.ask(command)
                #expect(text == answer)
                #expect(rules.calls.elements == [call])
                rules.calls.removeAll()
            }
        }
    }

    @Test func aRunThatIsRecordedIsTold() async throws {
        let row = RunRow.made(77, "lamp", "failed", reason: "no such host")
        try await TestServer.run(FakeRules(.init(rules: [RuleDescription("lamp")], recent: [row]))) {
            _, socket async throws in
            let answer = try socket.result(#"{"run":{"rule":"lamp"}}"#)
            #expect(answer["outcome"] == "failed" && answer["reason"] == "no such host")
        }
    }

    /// A command with the code and the sentence of its refusal.
    private static let refusals = [
        (#"{"enable":{"rule":"lmap"}}"#, "not_found", "there is no rule 'lmap'; did you mean 'lamp'?"),
        (#"{"run":{"rule":"x"}}"#, "not_found", "there is no rule 'x'"),
        (#"{"emit":{"cell":["counter","absent"]}}"#, "not_found", "there is no cell 'absent' of 'counter'"),
        (#"{"emit":{"cell":["counter","failed"]}}"#, "not_allowed", "the cell 'failed' has failed"),
        (#"{"cells":{"behaviour":"absent"}}"#, "not_found", "no cells are called 'absent'"),
        (
            #"{"change_cell":{"behaviour":"counter","id":"alive","do":"revive"}}"#, "not_allowed",
            "the cell has not failed"
        ),
        (#"{"acknowledge":{"id":9}}"#, "not_found", "there is no such notification"),
    ]

    @Test func whatCannotBeDoneIsRefusedWithTheReason() async throws {
        try await TestServer.run(FakeRules(.init(rules: [RuleDescription("lamp")]))) { _, socket async throws in
            for (command, code, message) in Self.refusals {
                let answer = try JSON(parsing: try socket.ask(command))
                #expect(answer["error"] == .string(code) && answer["message"] == .string(message), "\(command)")
            }
        }
    }

    @Test func usesOfAKeyAreToldWithWhatToWrite() async throws {
        var use = KeyUse()
        (use.file, use.line, use.column, use.section) = ("/etc/rules.yaml", 3, 9, "rules")
        (use.name, use.text, use.replacement) = ("lamp", "a.b", "`c-d`")
        var other = use
        (other.section, other.name, other.form) = ("publish", nil, .pattern)
        (other.text, other.replacement, other.reason) = ("*.b", nil, "it may mean others")
        let rules = FakeRules(.init(uses: KeyUses(of: "a.b", [use, other], errors: 2)))
        try await TestServer.run(rules) { _, socket async throws in
            let answer = try socket.ask(#"{"uses":{"key":"a.b","to":"c-d"}}"#)
            #expect(
                answer == #"{"result":{"key":"a.b","uses":[{"file":"/etc/rules.yaml","line":3,"column":9,"#
                    + #""section":"rules","name":"lamp","as":"key","text":"a.b","write":"`c-d`"},"#
                    + #"{"file":"/etc/rules.yaml","line":3,"column":9,"section":"publish","as":"pattern","#
                    + #""text":"*.b","reason":"it may mean others"}],"errors":2}}"#)
            _ = try socket.ask(#"{"uses":{"key":"a.b"}}"#)
            #expect(rules.calls.elements == ["uses of a.b as c-d", "uses of a.b"])
            #expect(try socket.ask(#"{"uses":{"key":"a b"}}"#).contains("invalid_key"))
            #expect(try socket.ask(#"{"uses":{"key":"a","to":5}}"#).contains("invalid_query"))
        }
    }

    @Test func formerNamesAreListed() async throws {
        try await TestServer.run(FakeRules()) { _, socket async throws in
            #expect(try socket.ask(#"{"renames":{}}"#) == #"{"result":{"renames":[]}}"#)
            for command in [#"{"put":{"key":"a","value":1}}"#, #"{"rename":{"key":"a","to":"b"}}"#] {
                #expect(try socket.ask(command).contains("ok"))
            }
            let renames = try #require(socket.result(#"{"renames":{}}"#)["renames"]?.array)
            #expect(renames.map { $0["key"] } == ["a"] && renames.map { $0["to"] } == ["b"])
            #expect(renames.first?["time"]?.number ?? 0 > 1_000_000_000)
        }
    }

    @Test func aReloadTellsTheFindings() async throws {
        let position = SourcePosition(file: "rules.yaml", line: 3, column: 9)
        let finding = Diagnostic(.error, at: position, "unknown key 'hall.lx'", remedy: "did you mean 'hall.lux'?")
        let rules = FakeRules(.init(reload: ReloadAnswer(isDone: false, findings: [finding])))
        try await TestServer.run(rules) { _, socket async throws in
            #expect(
                try socket.ask(#"{"reload":{}}"#)
                    == #"{"result":{"reloaded":false,"findings":[{"severity":"error","file":"rules.yaml","line":3,"#
                    + #""column":9,"message":"unknown key 'hall.lx'","remedy":"did you mean 'hall.lux'?"}]}}"#)
            rules.change { $0.reload = ReloadAnswer(isDone: true) }
            #expect(try socket.ask(#"{"reload":null}"#) == #"{"result":{"reloaded":true,"findings":[]}}"#)
        }
    }

    @Test func notificationsAreToldAndAcknowledged() async throws {
        var leak = RuleNotification()
        (leak.id, leak.rule, leak.target, leak.message, leak.topic) = (2, "leak", "phone", "water", "leak")
        (leak.time, leak.state) = (Timestamp(microseconds: 1_000_000), .failed)
        (leak.title, leak.attempts, leak.reason) = ("Cellar", 3, "no answer")
        leak.escalation = RuleNotification.Escalation(to: "hall", at: Timestamp(microseconds: 601_000_000))
        var old = RuleNotification()
        (old.id, old.rule, old.target, old.message, old.topic, old.state) = (1, "x", "log", "m", "t", .acknowledged)
        try await TestServer.run(FakeRules(.init(notes: [leak, old]))) { _, socket async throws in
            #expect(
                try socket.ask(#"{"notifications":{"open":true}}"#)
                    == #"{"result":{"notifications":[{"notification":2,"rule":"leak","to":"phone","title":"Cellar","#
                    + #""message":"water","topic":"leak","time":1,"state":"failed","attempts":3,"#
                    + #""reason":"no answer","escalated":{"to":"hall","time":601}}]}}"#)
            #expect(try socket.result(#"{"notifications":{}}"#)["notifications"]?.array?.count == 2)
            #expect(try socket.ask(#"{"acknowledge":{"id":2}}"#) == #"{"result":{"acknowledged":1}}"#)
            #expect(try socket.ask(#"{"acknowledge":{"topic":"t"}}"#) == #"{"result":{"acknowledged":1}}"#)
        }
    }

    // MARK: Wrong ones

    private static let malformed = [
        #"{"rules":[]}"#, #"{"rules":{"after":"x"}}"#, #"{"rules":{"limit":0}}"#, #"{"runs":{"outcomes":"done"}}"#,
        #"{"runs":{"outcomes":[1]}}"#, #"{"runs":{"before":0}}"#, #"{"runs":{"before":1e300}}"#,
        #"{"runs":{"since":"soon"}}"#, #"{"runs":{"limit":10001}}"#, #"{"why":{}}"#, #"{"why":{"key":"a","rule":"b"}}"#,
        #"{"why":{"key":"a","limit":101}}"#, #"{"follow":{"rule":1}}"#, #"{"emit":{}}"#, #"{"emit":{"cell":"a"}}"#,
        #"{"emit":{"cell":["a","b"],"rule":"c"}}"#, #"{"emit":{"cell":["a"]}}"#, #"{"run":{}}"#,
        #"{"run":{"rule":"lamp","arguments":[1]}}"#, #"{"run":{"rule":"lamp","arguments":{"a":null}}}"#,
        #"{"enable":{}}"#, #"{"disable":"lamp"}"#, #"{"stop_runs":{}}"#, #"{"notifications":{"open":1}}"#,
        #"{"acknowledge":{}}"#, #"{"acknowledge":{"id":1,"topic":"a"}}"#, #"{"acknowledge":{"id":-1}}"#,
    ]

    @Test func whatIsNotShapedAsACommandIsRefused() async throws {
        let rules = FakeRules(.init(rules: [RuleDescription("lamp")]))
        try await TestServer.run(rules) { _, socket async throws in
            for command in Self.malformed {
                let answer = try JSON(parsing: try socket.ask(command))
                #expect(answer["error"] == "invalid_query", "\(command)")
            }
            #expect(rules.calls.elements.isEmpty)
        }
    }

    @Test func bytesThatWereChangedAreReadOrRefused() {
        var random = SplitMix(seed: 5)
        let valid =
            Self.malformed + [
                #"{"emit":{"cell":["counter","kitchen"],"message":{"a":[1]}}}"#,
                #"{"run":{"rule":"a","arguments":{"b":1}}}"#,
                #"{"runs":{"rule":"a","key":"b.c","outcomes":["done"],"since":1,"before":9,"limit":3}}"#,
            ]
        for _ in 0..<20_000 {
            var bytes = Array(valid[Int.random(in: 0..<valid.count, using: &random)].utf8)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0x20...0x7E, using: &random)
            }
            #expect(Request(bytes, version: .v2).entries.count >= 0)
        }
    }

    @Test func theFirstProtocolAndAHubWithoutRulesKnowNothingOfThem() async throws {
        try await TestServer.run { server async throws in
            let old = try RawSocket.webSocket(port: server.v1)
            #expect(try old.ask(#"{"rules":{}}"#) == #"{"error":"invalid_query"}"#)
            let socket = try RawSocket.webSocket(port: server.v2)
            for command in [#"{"rules":{}}"#, #"{"follow":{}}"#, #"{"reload":{}}"#, #"{"emit":{"rule":"x"}}"#] {
                #expect(try socket.ask(command) == #"{"error":"not_allowed","message":"no rules run here"}"#)
            }
        }
    }
}
