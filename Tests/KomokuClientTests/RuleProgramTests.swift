import Glibc
import Komoku
import KomokuClient
import KomokuTesting
@testable import KomokuWire
import Synchronization
import Testing

@testable import komoku_cli

/// The built program and the client's calls, with a hub that answers as a test tells it to.
@Suite(.serialized) struct RuleProgramTests {
    private struct Ended {
        let code: Int32
        /// And what it complained about.
        let output: String
    }

    /// Waits on a thread of its own: what the program talks to may need those of the pool.
    private static func program(_ arguments: [String], path: String = BuiltProgram.path) async throws -> Ended {
        let ended = Mutex<Result<Ended, any Error>?>(nil)
        await onOwnThread { ended.withLock { $0 = Result { try end(of: [path] + arguments) } } }
        return try #require(try ended.withLock { $0 }?.get())
    }

    private static func end(of words: [String]) throws -> Ended {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        #expect(fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0)
        defer { close(ends[0]) }
        let child = try ChildProcess(words, output: ends[1])
        close(ends[1])
        var (output, bytes) = ([UInt8](), [UInt8](repeating: 0, count: 65536))
        while case let count = read(ends[0], &bytes, bytes.count), count > 0 { output += bytes.prefix(count) }
        return Ended(code: child.waitForEnd(), output: String(decoding: output, as: UTF8.self))
    }

    /// What was asked for, with the answers of a table.
    private static func run(
        _ answers: [String: JSON], _ body: (Collector<String>, (String...) async throws -> Ended) async throws -> Void
    ) async throws {
        let asked = Collector<String>()
        try await FakeHub.with(
            { name, body in
                asked.append("\(name) \(body.text)")
                return .messages([answers[name].map { ["result": $0] } ?? ["error": "not_found"]])
            },
            { hub, _ in
                let address = try hub.address.description
                try await body(asked) { arguments in try await program(arguments + ["--server", address]) }
            })
    }

    private static let failed: JSON = [
        "run": 7, "rule": "lamp", "outcome": "failed", "started": 5, "keys": [], "ended": 5,
        "occasion": ["trigger": "change"], "step": "2", "reason": "no such host",
        "effects": [["step": "1", "verb": "put", "key": "a.b", "value": true]],
    ]

    @Test(
        arguments: [
            (["enable", "lamp"], #"enable {"rule":"lamp"}"#, "", 0),
            (["disable", "lamp"], #"disable {"rule":"lamp"}"#, "", 0),
            (["emit", "bell", "5"], #"emit {"rule":"bell","payload":5}"#, "", 0),
            (["emit", "--cell", "c", "k", "hi"], #"emit {"cell":["c","k"],"message":"hi"}"#, "", 0),
            (["acknowledge", "12"], #"acknowledge {"id":12}"#, "", 0),
            (["acknowledge", "leak"], #"acknowledge {"topic":"leak"}"#, "", 0),
            (["acknowledge", "12", "--topic"], #"acknowledge {"topic":"12"}"#, "", 0),
            (
                ["run", "lamp", "--set", "n=5", "--set", "room=hall"],
                #"run {"rule":"lamp","arguments":{"n":5,"room":"hall"}}"#,
                "run 7 of lamp: failed at step 2: no such host\n  1 put a.b true\n", 1
            ),
            (
                ["notifications", "--open"], #"notifications {"open":true,"limit":21}"#,
                "komoku: no open notifications\n",
                0
            ),
            (["rules"], "rules {}", "komoku: the hub has no rules\n", 0),
            (
                ["runs", "--key", "a.b", "--outcome", "failed", "--limit", "3"],
                #"runs {"key":"a.b","outcomes":["failed"],"limit":3}"#, "komoku: no matching runs are recorded\n", 0
            ),
            (
                ["reload"], "reload {}",
                "r.yaml:3:9: error: no\nkomoku: the new configuration was rejected; the previous one stays active\n", 1
            ),
        ] as [([String], String, String, Int32)])
    func commandsAreSentAndAnswered(arguments: [String], command: String, output: String, code: Int32) async throws {
        let finding: JSON = ["severity": "error", "file": "r.yaml", "line": 3, "column": 9, "message": "no"]
        let answers: [String: JSON] = [
            "enable": "ok", "disable": "ok", "emit": ["rules": 1], "acknowledge": ["acknowledged": 1],
            "run": Self.failed, "notifications": ["notifications": []], "rules": ["rules": []], "runs": ["runs": []],
            "reload": ["reloaded": false, "findings": [finding]],
        ]
        try await FakeHub.with(
            { name, body in
                // How many runs are still under way is asked afterwards.
                if name == "rules", arguments.first == "disable" {
                    return .messages([["result": ["rules": []]]])
                }
                #expect("\(name) \(body.text)" == command)
                return .messages([["result": answers[name] ?? .null]])
            },
            { hub, _ in
                let ended = try await Self.program(arguments + ["--server", try hub.address.description])
                #expect(ended.output == output)
                #expect(ended.code == code)
            })
    }

    @Test func anEmitThatNobodyWaitsForIsAFailure() async throws {
        try await Self.run(["emit": ["rules": 0]]) { _, program async throws in
            let ended = try await program("emit", "bell")
            #expect(ended.code == 1 && ended.output == "komoku: no rule waits for 'bell'\n")
        }
    }

    @Test func disablingMayEndTheRunsThatStand() async throws {
        let answers: [String: JSON] = ["disable": "ok", "stop_runs": ["stopped": 2], "rules": ["rules": []]]
        try await Self.run(answers) { asked, program async throws in
            let ended = try await program("disable", "lamp", "--stop")
            #expect(ended.output == "2 runs of lamp ended\n")
            #expect(
                asked.elements == [
                    #"disable {"rule":"lamp"}"#, #"stop_runs {"rule":"lamp"}"#, #"rules {"rule":"lamp"}"#,
                ])
        }
    }

    @Test func jsonIsWhatTheHubAnswered() async throws {
        let story: JSON = [
            "key": "a.b", "type": "numeric", "unit": .null, "value": 1, "time": 5, "since": 5,
            "cause": ["kind": "expiry"], "chain": [], "runs": [], "passed": [],
        ]
        try await Self.run(["why": story, "runs": ["runs": [Self.failed]], "run": Self.failed]) {
            _, program async throws in
            let runs: JSON = ["runs": [Self.failed]]
            let outputs = [
                try await program("why", "a.b", "--json"), try await program("runs", "--json"),
                try await program("run", "lamp", "--json"),
            ]
            #expect(outputs.map(\.output) == [story, runs, Self.failed].map { $0.text + "\n" })
        }
    }

    @Test func theNumberOfARunTellsItAndWhatLedToIt() async throws {
        func record(_ number: Int, _ rule: String, parent: Int?) -> JSON {
            let occasion: JSON = [
                "trigger": "change", "key": "a.b", "parent": parent.map { .number(Double($0)) } ?? .null,
            ]
            return [
                "run": .number(Double(number)), "rule": .string(rule), "outcome": "done", "started": 5, "ended": 5,
                "occasion": occasion,
            ]
        }
        // 4 names itself: that is no chain without end.
        let records = [
            12: record(12, "stairs", parent: 7), 7: record(7, "hall", parent: 4), 4: record(4, "x", parent: 4),
        ]
        try await FakeHub.with({ name, body in
            guard name == "runs" else { return .messages([["result": .object([])]]) }
            let wanted = body["before"]?.number.map { Int($0) - 1 } ?? 0
            return .messages([["result": ["runs": .array([records[wanted]].compactMap(\.self))]]])
        }) { hub, _ in
            let address = try hub.address.description
            let told = try await Self.program(["why", "12", "--server", address])
            let heads = told.output.split(separator: "\n").filter { $0.contains("run ") }.map {
                $0.prefix { $0 != "," }
            }
            #expect(heads == ["run 12 of stairs", "led to by run 7 of hall", "led to by run 4 of x"])
            let json = try JSON(parsing: try await Self.program(["why", "12", "--json", "--server", address]).output)
            #expect(json["chain"]?.array?.count == 3 && json["run"]?["rule"] == "stairs")
            let missing = try await Self.program(["why", "13", "--server", address])
            #expect(missing.code == 1 && missing.output == "komoku: there is no record of run 13\n")
        }
    }

    @Test(arguments: ["why", "runs"])
    func aRuleThatIsNotThereIsSaid(command: String) async throws {
        let nothing: JSON = ["result": ["runs": []]]
        let refusal: JSON = ["error": "not_found", "message": "there is no rule 'lmap'; did you mean 'lamp'?"]
        try await FakeHub.with({ name, _ in .messages([name == "runs" ? nothing : refusal]) }) { hub, _ in
            let address = try hub.address.description
            let ended = try await Self.program([command, "--rule", "lmap", "--server", address])
            #expect(ended.code == 1)
            #expect(ended.output == "komoku: there is no rule 'lmap'; did you mean 'lamp'?\n")
        }
    }

    @Test func manyRulesAreGatheredFromTheirPages() async throws {
        let asked = Collector<String>()
        try await FakeHub.with(
            { _, body in
                asked.append(body.text)
                let isFirst = body["after"] == nil
                let page: JSON = [["rule": isFirst ? "a" : "b"]]
                return .messages([["result": isFirst ? ["rules": page, "next": "a"] : ["rules": page]]])
            },
            { _, client in
                let rules = try await client.rules("x")
                #expect(rules.map(\.name) == ["a", "b"])
                #expect(asked.elements == [#"{"rule":"x"}"#, #"{"rule":"x","after":"a"}"#])
            })
    }

    // MARK: Following

    private static func record(_ number: Int, _ more: (String, JSON)...) -> JSON {
        let members: [JSON.Member] = [
            JSON.Member("run", .number(Double(number))), JSON.Member("rule", "lamp"), JSON.Member("outcome", "done"),
            JSON.Member("started", 5), JSON.Member("keys", []), JSON.Member("ended", 5),
            JSON.Member("occasion", ["trigger": "change"]),
        ]
        return .object(members + more.map { JSON.Member($0.0, $0.1) })
    }

    @Test func recordsAreFollowedAsTheyCome() async throws {
        let pushes: [JSON] = [["result": "ok"], ["run": Self.record(8)], ["run": Self.record(9, ("skipped", 3))]]
        try await FakeHub.with({ _, _ in .messages(pushes) }) { _, client in
            let watch = try await client.follow(RunFilter(rule: "lamp"))
            var runs: [RunReport] = []
            for await event in watch {
                if case .item(let run) = event { runs.append(run) }
                if runs.count == 2 { break }
            }
            await watch.cancel()
            #expect(runs.map(\.number) == [8, 9])
            #expect(runs.map(\.skipped) == [0, 3])
        }
    }

    @Test func runsThatAreFollowedAreLinesBehindThoseThatWere() async throws {
        // 7 is told by the log and by the feed.
        let pushes: [JSON] = [["result": "ok"], ["run": Self.record(7)], ["run": Self.record(8)]]
        try await FakeHub.with({ name, _ in
            .messages(name == "follow" ? pushes : [["result": ["runs": [Self.record(7), Self.record(6)]]]])
        }) { hub, _ in
            let address = try hub.address.description
            let lines = Mutex<[String]>([])
            await onOwnThread {
                lines.withLock { $0 = Self.firstLines(3, of: ["runs", "--follow", "--json", "--server", address]) }
            }
            #expect(lines.withLock { $0 } == [6, 7, 8].map { Self.record($0).text })
        }
    }

    @Test func theStoryOfAKeyGoesOnWithItsChangesAndItsRuns() async throws {
        let story: JSON = ["key": "a.b", "value": 1, "unit": "W", "since": 5, "time": 5, "cause": ["kind": "expiry"]]
        let change: JSON = ["key": "a.b", "value": 1, "time": 5, "previous": 0]
        try await FakeHub.with({ name, _ in
            switch name {
            case "follow": .messages([["result": "ok"], ["run": Self.record(8)]])
            case "sub": .messages([["result": "ok"], ["pub": change]])
            default: .messages([["result": story]])
            }
        }) { hub, _ in
            let address = try hub.address.description
            let lines = Mutex<[String]>([])
            await onOwnThread {
                lines.withLock { $0 = Self.firstLines(5, of: ["why", "a.b", "--follow", "--server", address]) }
            }
            let told = lines.withLock { $0 }
            #expect(told.first == "a.b  1 W")
            #expect(told.contains { $0.hasSuffix("  lamp  done  did nothing") })
            #expect(
                told.contains { $0.contains("a.b  ") && $0.contains("1 W  since ") && $0.contains("; it became false") }
            )
        }
    }

    /// Reads so many lines, then no more, which ends the program.
    private static func firstLines(_ count: Int, of arguments: [String]) -> [String] {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0, fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0,
            let child = try? ChildProcess([BuiltProgram.path] + arguments, output: ends[1])
        else { return [] }
        close(ends[1])
        var (output, bytes) = ([UInt8](), [UInt8](repeating: 0, count: 65536))
        while output.count(where: { $0 == UInt8(ascii: "\n") }) < count,
            case let got = read(ends[0], &bytes, bytes.count),
            got > 0
        {
            output += bytes.prefix(got)
        }
        close(ends[0])
        #expect(child.waitForEnd() == 0)
        return String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    // MARK: What komokud does

    /// A folder with this program and a stand-in for the hub's.
    private static func folder(_ script: String) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.write("#!/bin/sh\n" + script, to: "script")
        // Written by another process: a child that another test starts meanwhile would hold it open for writing.
        try call("/usr/bin/install", "-m", "755", folder.path("script"), folder.path("komokud"))
        if link(BuiltProgram.path, folder.path("komoku")) != 0 {
            try call("/bin/cp", BuiltProgram.path, folder.path("komoku"))
        }
        return folder
    }

    private static func call(_ words: String...) throws {
        #expect(try ChildProcess(words).waitForEnd() == 0)
    }

    @Test(
        arguments: [
            (["check", "a.yaml"], "--check --config a.yaml"), (["check"], "--check"),
            (["test", "a.test.yaml", "--junit", "x.xml"], "--test --junit x.xml a.test.yaml"), (["test"], "--test"),
        ])
    func checksAndTestsAreDoneByTheHubsProgram(arguments: [String], words: String) async throws {
        let folder = try Self.folder("echo \"$@\"; exit 7")
        defer { folder.remove() }
        let ended = try await Self.program(arguments, path: folder.path("komoku"))
        // A hub may run on this machine: then it is asked for its keys.
        #expect(ended.output.replacing(/\ --catalogue .dev.fd.[0-9]+/, with: "") == words + "\n")
        #expect(ended.code == 7)
    }

    private static let replay = """
        if [ "$1" = --replay-keys ]; then echo "keys $@" >&2; echo 'hall.*'; echo hall.lux 200; else echo "$@"; cat; exit 4; fi
        """

    @Test func aReplayFeedsTheHistoryOfTheKeysThatTheRulesRead() async throws {
        let folder = try Self.folder(Self.replay)
        defer { folder.remove() }
        let hub = try await TestHub()
        let client = Client(try hub.address)
        func at(_ seconds: Double) -> Timestamp { Timestamp(seconds: seconds) ?? .distantPast }
        for (value, time) in [(2, 600), (3, 700), (4, 750), (5, 900), (7, 950)] as [(JSON, Double)] {
            try await client.put("hall.lux", value, at: at(time))
        }
        for (isOn, time) in [(true, 600), (false, 650), (true, 700)] as [(JSON, Double)] {
            try await client.put("hall.door", isOn, at: at(time))
        }
        try await client.put("hall.lux", 9, at: at(1100))
        try await client.put("hall.motion", true, at: at(1200))
        try await client.put("kitchen.lux", 1, at: at(1200))
        let ended = try await Self.program(
            [
                "replay", "r.yaml", "--since", "1000", "--until", "2000", "--compare", "old.yaml", "--config", "k.yaml",
                "--server", try hub.address.description,
            ], path: folder.path("komoku"))
        #expect(
            ended.output.replacing(/dev.fd.[0-9]+/, with: "F").split(separator: "\n").map(String.init) == [
                "keys --replay-keys r.yaml --config k.yaml --compare old.yaml",
                "keys --replay-keys r.yaml --catalogue /F --config k.yaml --compare old.yaml",
                "--replay r.yaml --catalogue /F --config k.yaml --compare old.yaml --since 1000 --until 2000",
                // What rules look back to, and the two values before that; of others the two before the beginning.
                #"{"key":"hall.lux","time":700,"value":3}"#, #"{"key":"hall.lux","time":750,"value":4}"#,
                #"{"key":"hall.lux","time":900,"value":5}"#, #"{"key":"hall.lux","time":950,"value":7}"#,
                #"{"key":"hall.lux","time":1100,"value":9}"#,
                #"{"key":"hall.door","time":650,"value":false}"#, #"{"key":"hall.door","time":700,"value":true}"#,
                #"{"key":"hall.motion","time":1200,"value":true}"#,
            ])
        #expect(ended.code == 4)
        await client.close()
        await hub.stop()
    }

    @Test func aReplayOfRulesWithErrorsEndsWithTheirCode() async throws {
        let folder = try Self.folder("echo 'r.yaml:1:1: error: no rules' >&2; exit 1")
        defer { folder.remove() }
        let ended = try await Self.program(
            ["replay", "r.yaml", "--since", "1d", "--server", "ws://127.0.0.1:1"], path: folder.path("komoku"))
        #expect(ended.code == 1 && ended.output == "r.yaml:1:1: error: no rules\n")
    }

    @Test func aReplayWithoutAHubEndsTheProgramThatWaitsForIt() async throws {
        let folder = try Self.folder(Self.replay)
        defer { folder.remove() }
        let ended = try await Self.program(
            ["replay", "r.yaml", "--since", "1d", "--server", "ws://127.0.0.1:1"], path: folder.path("komoku"))
        #expect(ended.code == 3 && ended.output.contains("cannot reach the hub"))
    }
}
