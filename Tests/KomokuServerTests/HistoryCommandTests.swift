import Komoku
import KomokuHub
@testable import KomokuServer
import KomokuStore
import KomokuTesting
import KomokuWire
import Testing

/// `statistics`, `spans`, `profile`, `rename` and `merge` over a real socket. The clock stands at 100,000 s.
struct HistoryCommandTests {
    private static let clock = VirtualClock(seconds: 100_000)

    private func run(_ body: @Sendable (RawSocket) throws -> Void) async throws {
        var configuration = Hub.Configuration()
        configuration.timeZone = "Europe/Warsaw"
        try await TestServer.run(configuration: configuration, clock: Self.clock) { server in
            let socket = try RawSocket.webSocket(port: server.v2)
            let options = #""same_value_resolution":0"#
            _ = try socket.ask(
                #"{"define":{"n":{"type":"numeric","unit":"W",\#(options)},"c":{"type":"counter",\#(options)},"#
                    + #""b":{"type":"boolean",\#(options)},"s":{"type":"string",\#(options)}}}"#)
            try socket.put("n", [(3600, 2), (7200, 4), (7260, 6), (10_800, 8)])
            try socket.put("c", [(3600, 10), (7200, 15), (10_800, 21)])
            try socket.put("b", [(3600, true), (7200, false), (9000, true), (10_800, false)])
            try socket.put("s", [(3600, "idle"), (5400, "on"), (7200, "idle")])
            try body(socket)
        }
    }

    private func refusal(_ socket: RawSocket, _ command: String) throws -> (code: String?, message: String) {
        let answer = try JSON(parsing: try socket.ask(command))
        return (answer["error"]?.string, answer["message"]?.string ?? "")
    }

    @Test func numbersHaveTheirFigures() async throws {
        try await run { socket in
            let answer = try socket.result(
                #"{"statistics":{"key":"n","since":3600,"until":10800,"percentiles":[0,100]}}"#)
            #expect(answer["key"] == "n" && answer["type"] == "numeric" && answer["unit"] == "W")
            #expect(answer["since"] == 3600 && answer["until"] == 10_800 && answer["step"] == .null)
            #expect(answer["raw_since"] == .null && answer["windows"]?.array?.count == 1)
            let window = try #require(answer["windows"]?.array?.first)
            let expected: [(String, JSON)] = [
                ("start", 3600), ("end", 10_800), ("count", 3), ("min", 2), ("max", 6), ("mean", 4), ("sum", 12),
                ("first", 2), ("last", 6), ("delta", 4), ("known_time", 7200), ("percentiles", [2, 6]),
            ]
            for (name, value) in expected { #expect(window[name] == value, "\(name)") }
            #expect(abs((window["time_mean"]?.number ?? 0) - (2 * 3600 + 4 * 60 + 6 * 3540) / 7200) < 1e-9)
            #expect(window["increase"] == nil && window["states"] == nil)
        }
    }

    @Test func onlyTheFieldsAskedForAreTold() async throws {
        try await run { socket in
            let answer = try socket.result(
                #"{"statistics":{"key":"n","since":0,"until":14400,"step":"1h","fields":["mean","count"]}}"#)
            #expect(
                answer["windows"]?.text == #"[{"start":0,"end":3600,"count":0,"mean":null},"#
                    + #"{"start":3600,"end":7200,"count":1,"mean":2},{"start":7200,"end":10800,"count":2,"mean":5},"#
                    + #"{"start":10800,"end":14400,"count":1,"mean":8}]"#)
            #expect(answer["step"] == "1h" && answer["zone"] == .null)
        }
    }

    @Test func booleansTextsAndCountersHaveTheirs() async throws {
        try await run { socket in
            func window(_ key: String) throws -> JSON {
                try socket.result(#"{"statistics":{"key":"\#(key)","since":3600,"until":10800}}"#)["windows"]?.array?[0]
                    ?? .null
            }
            let boolean = try window("b")
            let times: [(String, JSON)] = [
                ("count", 3), ("edges", 2), ("fraction", 0.75), ("true_time", 5400), ("known_time", 7200),
                ("longest", 3600), ("shortest", 1800), ("last", true),
            ]
            for (name, value) in times { #expect(boolean[name] == value, "\(name)") }
            let text = try window("s")
            #expect(text["states"] == ["idle": 5400, "on": 1800])
            #expect(text["edges"] == 2 && text["last"] == "idle")
            let counter = try window("c")
            #expect(counter["increase"] == 5 && counter["resets"] == 0 && counter["glitches"] == 0)
        }
    }

    @Test func textsWithoutAPlaceOfTheirOwnAreToldTogether() async throws {
        try await run { socket in
            let points = (0..<40).map { "[\($0 * 10),\"text \($0)\"]" }.joined(separator: ",")
            _ = try socket.result(
                #"{"import":{"keys":{"t":{"type":"string"}},"points":[["t",[\#(points)]]],"done":true}}"#)
            let answer = try socket.result(#"{"statistics":{"key":"t","since":0,"until":400}}"#)
            let window = try #require(answer["windows"]?.array?.first)
            #expect(window["states"]?.object?.count == 32)
            #expect(window["others"] == ["seconds": 80, "number": 8])
            let few = try socket.result(#"{"statistics":{"key":"t","since":0,"until":100}}"#)
            #expect(few["windows"]?.array?.first?["others"] == .null)
        }
    }

    @Test func powerHasAnEnergyOverTheKnownTime() async throws {
        try await run { socket in
            let points = #"[[0,100],[1800,null],[3600,50]]"#
            _ = try socket.result(
                #"{"import":{"keys":{"p":{"type":"numeric","opts":{"unit":"W"}}},"points":[["p",\#(points)]],"done":true}}"#
            )
            let answer = try socket.result(#"{"statistics":{"key":"p","since":0,"until":7200}}"#)
            #expect(answer["windows"]?.array?.first?["energy"] == 100)
            _ = try socket.result(#"{"define":{"q":{"type":"numeric"}}}"#)
            let error = try refusal(socket, #"{"statistics":{"key":"q","fields":["energy"]}}"#)
            #expect(error.message.contains("W, kW or MW"))
        }
    }

    @Test func aCounterIsReadAsItsOptionsSay() async throws {
        try await run { socket in
            func increase(_ options: String) throws -> JSON? {
                _ = try socket.result(#"{"define":{"m":{"type":"counter",\#(options)}}}"#)
                return try socket.result(#"{"statistics":{"key":"m","since":0,"until":4000}}"#)["windows"]?.array?
                    .first?["increase"]
            }
            let points = "[[0,65000],[600,65500],[1200,400],[1800,900]]"
            _ = try socket.result(
                #"{"import":{"keys":{"m":{"type":"counter"}},"points":[["m",\#(points)]],"done":true}}"#)
            #expect(try increase(#""unit":"x""#) == 1400)
            #expect(try increase(#""modulus":65536"#) == 1436)
            #expect(try increase(#""max_rate":"1000/h""#) == 0)
            #expect(try increase(#""kind":"derive""#) == -64_100)
            #expect(try increase(#""kind":"absolute""#) == 131_800)
        }
    }

    @Test func calendarStepsAreThoseOfTheZone() async throws {
        try await run { socket in
            // Warsaw was an hour ahead: its second day of 1970 began at 82,800.
            let command = #"{"statistics":{"key":"n","since":0,"until":100000,"step":"day","fields":["count"]"#
            let answer = try socket.result(command + "}}")
            #expect(answer["zone"] == "Europe/Warsaw")
            #expect(answer["windows"]?.array?.map { $0["start"] } == [0, 82_800])
            let utc = try socket.result(command + #","zone":"UTC"}}"#)
            #expect(utc["windows"]?.array?.map { $0["start"] } == [0, 86_400])
        }
    }

    @Test func aDayIsAskedForUnlessSaidOtherwise() async throws {
        try await run { socket in
            let answer = try socket.result(#"{"statistics":{"key":"n"}}"#)
            #expect(answer["since"] == 13_600 && answer["until"] == 100_000)
        }
    }

    @Test(arguments: [
        (#"{"key":"x"}"#, "invalid_key", "'x'"), (#"{"key":"a b"}"#, "invalid_key", ""), ("{}", "invalid_query", ""),
        (#"{"key":"n","since":5,"until":5}"#, "invalid_query", "empty"),
        (#"{"key":"n","since":9,"until":5}"#, "invalid_query", "empty"),
        (#"{"key":"n","since":"yesterday"}"#, "invalid_query", "since"),
        (#"{"key":"n","step":"0s"}"#, "invalid_query", "0s"), (#"{"key":"n","step":"0"}"#, "invalid_query", "0"),
        (#"{"key":"n","step":"decade"}"#, "invalid_query", "decade"),
        (#"{"key":"n","step":5}"#, "invalid_query", "step"),
        // A microsecond over ten years.
        (#"{"key":"n","step":"0.001ms","since":0,"until":315360000}"#, "invalid_query", "315360000000000"),
        (#"{"key":"n","step":"hour","since":-1e300,"until":1e300}"#, "invalid_query", "windows"),
        (#"{"key":"n","fields":["median"]}"#, "invalid_query", "median"),
        (#"{"key":"n","fields":["states"]}"#, "invalid_query", "states"),
        (#"{"key":"s","percentiles":[5]}"#, "invalid_query", "percentiles"),
        (#"{"key":"n","fields":[]}"#, "invalid_query", "fields"),
        (#"{"key":"n","fields":7}"#, "invalid_query", "fields"),
        (#"{"key":"n","percentiles":[101]}"#, "invalid_query", "percentiles"),
        (#"{"key":"n","step":"day","zone":"Europe/Nowhere"}"#, "invalid_query", "Europe/Nowhere"),
        (#"{"key":"n","step":"day","zone":"../../etc/passwd"}"#, "invalid_query", "time zone"),
    ])
    func whatCannotBeAnsweredIsRefusedWithASentence(body: String, code: String, words: String) async throws {
        try await run { socket in
            let error = try refusal(socket, #"{"statistics":\#(body)}"#)
            #expect(error.code == code)
            #expect(error.message.contains(words), "\(error.message)")
        }
    }

    @Test func timesBefore1970InTheFutureAndFarAwayAreAnswered() async throws {
        try await run { socket in
            let counts = try [(-1e9, -1e8), (2e5, 3e5), (-1e300, 1e300)].map { since, until in
                let range = #""since":\#(since),"until":\#(until)"#
                return try socket.result(#"{"statistics":{"key":"n",\#(range)}}"#)["windows"]?.array?[0]["count"]
            }
            #expect(counts == [0, 0, 4])
        }
    }

    @Test func spansAreToldOfBooleansAndTexts() async throws {
        try await run { socket in
            let script: [(String, String)] = [
                (#"{"key":"b","since":0}"#, "[[3600,3600],[9000,1800]]"),
                (#"{"key":"b","value":false,"since":0}"#, "[[7200,1800],[10800,null]]"),
                (#"{"key":"b","since":4000,"until":9500}"#, "[[4000,3200],[9000,500]]"),
                (#"{"key":"b","since":0,"limit":1}"#, "[[9000,1800]]"),
                (#"{"key":"s","value":"idle","since":0}"#, "[[3600,1800],[7200,null]]"),
                (#"{"key":"s","value":"none","since":0}"#, "[]"),
            ]
            for (body, spans) in script {
                #expect(try socket.result(#"{"spans":\#(body)}"#).text == #"{"spans":\#(spans)}"#, "\(body)")
            }
            var code = try refusal(socket, #"{"spans":{"key":"n"}}"#).code
            #expect(code == "type_mismatch")
            code = try refusal(socket, #"{"spans":{"key":"b","value":"on"}}"#).code
            #expect(code == "invalid_value")
            code = try refusal(socket, #"{"spans":{"key":"zzz"}}"#).code
            #expect(code == "invalid_key")
        }
    }

    @Test func aProfileAddsUpHoursAndDays() async throws {
        try await run { socket in
            let hours = try socket.result(
                #"{"profile":{"key":"n","by":"hour","since":0,"zone":"UTC","fields":["count"]}}"#)
            #expect(hours["by"] == "hour" && hours["zone"] == "UTC")
            let buckets = hours["buckets"]?.array ?? []
            #expect(buckets.map { $0["hour"]?.number } == (0..<24).map { Double($0) })
            #expect(buckets.map { $0["count"]?.number ?? 0 }[0...4] == [0, 1, 2, 1, 0])
            let days = try socket.result(#"{"profile":{"key":"b","by":"weekday","since":0,"fields":["true_time"]}}"#)
            #expect(days["zone"] == "Europe/Warsaw")
            // The first day of 1970 was a Thursday.
            #expect(days["buckets"]?.array?.map { $0["weekday"] } == [1, 2, 3, 4, 5, 6, 7])
            #expect(days["buckets"]?.array?[3]["true_time"] == 5400)
            let code = try refusal(socket, #"{"profile":{"key":"n","by":"moon"}}"#).code
            #expect(code == "invalid_query")
        }
    }

    @Test(
        arguments: [
            (#"{"rename":{"key":"x","to":"y"}}"#, "there is no key 'x'"),
            (#"{"rename":{"key":"n","to":"a b"}}"#, "'a b' cannot be the name of a key"),
            (#"{"merge":{"key":"n","into":"none"}}"#, "there is no key 'none'"),
            (#"{"merge":{"key":"n","into":"c"}}"#, "only keys of one type can be merged"),
            (#"{"export":{"match":"a*"}}"#, "'a*' is no pattern"),
            (#"{"define":{"n":{"type":"string"}}}"#, "'n' is numeric already"),
            (#"{"define":{"z":{"type":"wat"},"zz":{}}}"#, "the type of 'z' is not one of numeric"),
            (#"{"define":{"z":{}}}"#, "the definition of 'z' needs a type"),
            (#"{"define":{"a b":{"type":"string"}}}"#, "'a b' cannot be the name of a key"),
            (#"{"define":{"n":{"type":"numeric","precision":99}}}"#, "n: 'precision' expects a whole number"),
            (#"{"define":{"n":{"type":"numeric","log":true}}}"#, "n: 'log' is for string keys, and this is numeric"),
            (#"{"define":{"n":{"type":"numeric","kind":"derive"}}}"#, "n: 'kind' is for counter keys"),
            (#"{"define":{"n":{"type":"numeric","colour":1}}}"#, "n: there is no option 'colour'"),
            (#"{"import":{"keys":{"n":{"type":"string"}}}}"#, "'n' is numeric already"),
        ])
    func aRefusalNamesTheThing(command: String, sentence: String) async throws {
        try await run { socket in
            let message = try JSON(parsing: try socket.ask(command))["message"]?.string
            #expect(message?.hasPrefix(sentence) == true, "\(command): \(message ?? "none")")
        }
    }

    @Test func keysAreRenamedAndMerged() async throws {
        try await run { socket in
            let script: [(String, String)] = [
                (#"{"rename":{"key":"n","to":"c"}}"#, #"{"error":"key_exists"}"#),
                (#"{"rename":{"key":"x","to":"y"}}"#, #"{"error":"invalid_key"}"#),
                (#"{"rename":{"key":"n","to":"a b"}}"#, #"{"error":"invalid_key"}"#),
                (#"{"rename":{"key":"n"}}"#, #"{"error":"invalid_query"}"#),
                (#"{"rename":{"key":"n","to":"n"}}"#, #"{"result":"ok"}"#),
                (#"{"rename":{"key":"n","to":"m"},"query_id":1}"#, #"{"result":"ok","query_id":1}"#),
                (#"{"fetch":{"key":"m","last":1}}"#, #"{"result":[[10800,8]]}"#),
                (#"{"get":{"key":"n"}}"#, #"{"result":null}"#),
                (#"{"put":{"key":"n","value":3,"time":5000}}"#, #"{"result":"ok"}"#),
                (#"{"merge":{"key":"n","into":"c"}}"#, #"{"error":"type_mismatch"}"#),
                (#"{"merge":{"key":"n","into":"n"}}"#, #"{"error":"invalid_query"}"#),
                (#"{"merge":{"key":"n","into":"none"}}"#, #"{"error":"invalid_key"}"#),
                (#"{"merge":{"key":"n","into":"m"}}"#, #"{"result":"ok"}"#),
                (#"{"fetch":{"key":"m"}}"#, #"{"result":[[3600,2],[5000,3],[7200,4],[7260,6],[10800,8]]}"#),
                (#"{"get":{"key":"m"}}"#, #"{"result":8}"#),
            ]
            for (command, answer) in script {
                let reply = try socket.ask(command)
                #expect(reply.withoutMessage == answer, "\(command)")
            }
        }
    }

    @Test func whatIsOursIsUnknownToTheFirstVersion() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket.webSocket(port: server.v1)
            for name in ["statistics", "spans", "profile", "rename", "merge", "export", "import", "compact", "backup"] {
                #expect(try socket.ask(#"{"\#(name)":{}}"#) == #"{"error":"invalid_query"}"#)
            }
        }
    }

    /// An array that renames and asks on: each command sees what those before it did.
    @Test func commandsOfAnArraySeeWhatThoseBeforeThemDid() async throws {
        try await run { socket in
            let answer = try socket.ask(
                #"[{"rename":{"key":"n","to":"m"}},{"statistics":{"key":"m","since":0,"fields":["count"]}},{"delete":{"key":"m"}},"#
                    + #"{"statistics":{"key":"m"}}]"#)
            let replies = try JSON(parsing: answer).array ?? []
            #expect(replies[0] == ["result": "ok"] && replies[2] == ["result": "ok"])
            #expect(replies[1]["result"]?["windows"]?.array?[0]["count"] == 4)
            #expect(replies[3]["error"] == "invalid_key")
        }
    }
}
