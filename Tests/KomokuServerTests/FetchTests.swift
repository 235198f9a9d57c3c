import Komoku
import KomokuHub
@testable import KomokuServer
import KomokuStore
import KomokuTesting
import KomokuWire
import Testing

/// What `fetch` makes of points, over a real socket. The clock stands at 10,000 s.
struct FetchTests {
    private static let clock = VirtualClock(seconds: 10_000)

    /// Runs questions about `key` with `define`d options and points.
    private func check(
        _ type: String, _ points: [(Double, JSON)], _ script: [(question: String, answer: String)]
    ) async throws {
        try await TestServer.run(clock: Self.clock) { server in
            for port in [server.v1, server.v2] {
                let socket = try RawSocket.webSocket(port: port)
                _ = try socket.ask(#"{"define":{"k":{"type":"\#(type)","same_value_resolution":0}}}"#)
                try socket.put("k", points)
                for (question, answer) in script {
                    let reply = try socket.ask(#"{"fetch":{"key":"k",\#(question)}}"#)
                    let expected =
                        port == server.v1 ? answer : answer.hasPrefix("{") ? answer : #"{"result":\#(answer)}"#
                    #expect(reply.withoutMessage == expected, "\(question)")
                }
            }
        }
    }

    @Test(arguments: ["numeric", "counter"])
    func numbersAreAveragedByStepsFrom1970(type: String) async throws {
        try await check(
            type, [(-5, 4), (59, 1), (60, 2), (61, 4), (179, 10), (240, 8)],
            [
                (#""step":"1M""#, "[[-60,4],[0,1],[60,3],[120,10],[240,8]]"),
                (#""opts":{"step":"1M","limit":2}"#, "[[120,10],[240,8]]"),
                // Both bounds are exclusive, and a step that they cut keeps its start.
                (#""step":"1M","since":60,"until":240"#, "[[60,4],[120,10]]"),
                (#""step":"2M","since":"1970-01-01T00:00:59Z""#, "[[0,3],[120,10],[240,8]]"),
                (#""step":"1H","until":"1970-01-01 01:01:01 +0100""#, "[[-3600,4],[0,1.5]]"),
                (#""step":"1y""#, "[[-31536000,4],[0,5]]"),
                (#""step":"1M","since":300"#, "[]"), (#""step":"1M","since":100,"until":50"#, "[]"),
                (#""step":"1M","since":1e300"#, "[]"),
                (#""step":"1M","since":-1e300"#, "[[-60,4],[0,1],[60,3],[120,10],[240,8]]"),
                (#""step":"1h""#, #"{"error":"invalid_query"}"#), (#""step":"0S""#, #"{"error":"invalid_query"}"#),
                (#""step":"S""#, #"{"error":"invalid_query"}"#), (#""step":60"#, #"{"error":"invalid_query"}"#),
                (#""as":"timespans""#, #"{"error":"type_mismatch"}"#),
            ])
    }

    @Test(arguments: ["boolean", "uptime"])
    func booleansAreSharesOfWindowsLaidFromSince(type: String) async throws {
        let points: [(Double, JSON)] = [(1000, true), (1015, false), (1020, true), (1040, false), (9990, true)]
        try await check(
            type, points,
            [
                (#""step":"10S","since":1000,"until":1045"#, "[[1010,1],[1020,0.5],[1030,1],[1040,1]]"),
                // The point at the start counts, and so does the state from before it.
                (#""step":"10S","since":1005,"until":1045"#, "[[1015,1],[1025,0.5],[1035,1],[1045,0.5]]"),
                (#""step":"10S","since":1020,"until":1030"#, "[[1030,1]]"),
                // Nothing known is not true; windows end by now.
                (#""step":"1M","since":900,"until":1000"#, "[[960,0]]"),
                (#""step":"8S","since":9980"#, "[[9988,0],[9996,0.75]]"),
                (#""step":"4S","since":9989"#, "[[9993,0.75],[9997,1]]"),
                (#""step":"1H""#, "[[4600,0.009722222],[8200,0]]"),
                (#""step":"1H","until":5000,"limit":1"#, "[[4600,0.009722222]]"),
                (#""step":"1S","since":-1"#, #"{"error":"invalid_query"}"#),
                (#""step":"1S","since":0,"until":2,"limit":1"#, "[[2,0]]"),
                (#""step":"1S","since":10000"#, "[]"), (#""step":"1S","since":20000"#, "[]"),
                (#""step":"1S","since":50,"until":40"#, "[]"),
            ])
    }

    @Test func tenThousandWindowsAreToldAndNoMore() async throws {
        try await TestServer.run(clock: Self.clock) { server in
            let socket = try RawSocket.webSocket(port: server.v2)
            try socket.put("k", [(5, true)])
            let most = try socket.result(#"{"fetch":{"key":"k","step":"1S","since":0}}"#)
            #expect(most.array?.count == 10_000)
            let answer = try JSON(parsing: try socket.ask(#"{"fetch":{"key":"k","step":"1S","since":-1}}"#))
            #expect(answer["error"] == "invalid_query")
            #expect(answer["message"]?.string?.contains("10001") == true)
            // Years of seconds are refused by their number, before anything is done.
            let years = try JSON(parsing: try socket.ask(#"{"fetch":{"key":"k","step":"1S","since":-1e12}}"#))
            #expect(years["message"]?.string?.contains("253402310799") == true)
        }
    }

    @Test func aBooleanWithAStartIsFiftyShares() async throws {
        try await TestServer.run(clock: Self.clock) { server in
            let socket = try RawSocket.webSocket(port: server.v1)
            try socket.put("k", [(100, true), (150, false)])
            let shares =
                try JSON(parsing: try socket.ask(#"{"fetch":{"key":"k","since":100,"until":200}}"#)).array ?? []
            #expect(shares.count == 50)
            #expect(shares.first == [102, 1] && shares[24] == [150, 1] && shares[25] == [152, 0])
            #expect(shares.last == [200, 0])
            #expect(try socket.ask(#"{"fetch":{"key":"k","since":20000}}"#) == "[]")
            #expect(try socket.ask(#"{"fetch":{"key":"k","since":200,"until":200}}"#) == "[]")
            #expect(try socket.ask(#"{"fetch":{"key":"k"}}"#) == "[[100,true],[150,false]]")
            #expect(try socket.ask(#"{"fetch":{"key":"k","until":120}}"#) == "[[100,true]]")
        }
    }

    @Test(arguments: ["boolean", "uptime"])
    func timespansAreStartsAndLengths(type: String) async throws {
        let points: [(Double, JSON)] = [
            (1000, true), (1010, true), (1020, false), (1030, false), (1040, true), (1050, false), (9990, true),
        ]
        try await check(
            type, points,
            [
                (#""as":"timespans""#, "[[1000,20],[1040,10],[9990,null]]"),
                (#""as":"timespans","value":false"#, "[[1020,20],[1050,8940]]"),
                (#""as":"timespans","since":1005,"until":1045"#, "[[1005,15],[1040,5]]"),
                (#""as":"timespans","since":1010,"until":1020"#, "[[1010,10]]"),
                // The state before the start, also for false; a point exactly at it.
                (#""as":"timespans","since":1035,"value":false,"until":1060"#, "[[1035,5],[1050,10]]"),
                (#""as":"timespans","since":1020,"until":1030,"value":false"#, "[[1020,10]]"),
                (#""as":"timespans","since":1040,"until":1045"#, "[[1040,5]]"),
                (#""as":"timespans","since":9995"#, "[[9995,null]]"),
                (#""as":"timespans","until":9995"#, "[[1000,20],[1040,10],[9990,5]]"),
                (#""as":"timespans","until":20000"#, "[[1000,20],[1040,10],[9990,null]]"),
                (#""as":"timespans","since":0,"until":1000"#, "[]"),
                (#""as":"timespans","since":0,"until":1000,"value":false"#, "[]"),
                (#""as":"timespans","since":20000"#, "[]"), (#""as":"timespans","since":5,"until":4"#, "[]"),
                (#""as":"timespans","value":1"#, #"{"error":"invalid_query"}"#),
                (#""as":"spans""#, #"{"error":"invalid_query"}"#),
            ])
    }

    @Test func timespansReachADayBackUnlessToldOtherwise() async throws {
        try await TestServer.run(clock: VirtualClock(seconds: 200_000)) { server in
            let socket = try RawSocket.webSocket(port: server.v1)
            try socket.put("k", [(1000, true), (190_000, false)])
            #expect(try socket.ask(#"{"fetch":{"key":"k","as":"timespans"}}"#) == "[[113600,76400]]")
        }
    }

    @Test func textsHaveNoStepsAndNoTimespans() async throws {
        try await check(
            "string", [(10, "a"), (20, "b")],
            [
                (#""step":"1M""#, #"{"error":"type_mismatch"}"#),
                (#""as":"timespans""#, #"{"error":"type_mismatch"}"#),
                (#""since":5"#, #"[[10,"a"],[20,"b"]]"#), (#""single":"previous""#, #"[10,"a"]"#),
            ])
    }

    @Test func whatDoesNotExistIsEmpty() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket.webSocket(port: server.v1)
            _ = try socket.ask(#"{"define":{"n":{"type":"numeric"},"b":{"type":"boolean"}}}"#)
            for key in ["unknown", "a b", "n", "b"] {
                for options in [#""step":"1H""#, #""step":"1S","since":0"#, #""as":"timespans""#, #""last":5"#] {
                    if key == "n", options.contains("timespans") { continue }
                    if key == "b", options.contains("since") { continue }
                    #expect(try socket.ask(#"{"fetch":{"key":"\#(key)",\#(options)}}"#) == "[]", "\(key) \(options)")
                }
            }
        }
    }

    /// Whatever the density of the points, the steps are those that the points themselves give.
    @Test(arguments: [UInt64(1), 2])
    func stepsAreWhatThePointsGive(seed: UInt64) async throws {
        try await TestServer.run(clock: VirtualClock(seconds: 2e9)) { server in
            var random = SplitMix(seed: seed)
            var time = 0
            var points: [(time: Int, value: Double)] = []
            for _ in 0..<14_000 {
                // Dense stretches, sparse ones, and holes of years, on into the future.
                time += [1, 1, 1, 7, 40_000, 3_000_000].randomElement(using: &random) ?? 1
                points.append((time, Double(Int.random(in: -500...500, using: &random))))
            }
            let socket = try RawSocket.webSocket(port: server.v2)
            try socket.importPoints("k", points.map { [.number(Double($0.time)), .number($0.value)] })
            for _ in 0..<8 {
                let step = ["1S", "7S", "1M", "5M", "1H", "1d", "1m", "1y"].randomElement(using: &random) ?? "1S"
                let span = Int(WireStep(step)?.duration.seconds ?? 1)
                let limit = [1, 30, 2500, 10_000].randomElement(using: &random) ?? 1
                let (since, until) = (
                    Int.random(in: -5...time, using: &random), Int.random(in: 0...time, using: &random)
                )
                let bounds = Bool.random(using: &random) ? (since, until) : (-5, time + 1)
                let asked = points.filter { $0.time > bounds.0 && $0.time < bounds.1 }
                let groups = Dictionary(grouping: asked) { $0.time / span * span }
                    .map { (start: $0.key, mean: $0.value.map(\.value).reduce(0, +) / Double($0.value.count)) }
                let expected = groups.sorted { $0.start < $1.start }.suffix(limit)
                let options = #""step":"\#(step)","limit":\#(limit),"since":\#(bounds.0),"until":\#(bounds.1)"#
                let answer = try socket.result(#"{"fetch":{"key":"k",\#(options)}}"#).array ?? []
                #expect(
                    answer.map { $0.array?[0].number } == expected.map { Double($0.start) }, "seed \(seed) \(options)")
                let isNear = zip(answer, expected).allSatisfy { answer, group in
                    abs((answer.array?[1].number ?? .nan) - group.mean) <= 1e-9 * max(1, abs(group.mean))
                }
                #expect(isNear, "seed \(seed) \(options)")
            }
        }
    }

    @Test func stepsEndNowUnlessMoreIsAskedFor() async throws {
        try await TestServer.run(clock: Self.clock) { server in
            let socket = try RawSocket.webSocket(port: server.v2)
            _ = try socket.ask(#"{"define":{"k":{"type":"numeric"},"f":{"type":"numeric"}}}"#)
            try socket.put("k", [(9000, 1), (9010, 3), (20_000, 5)])
            try socket.put("f", [(20_000, 5), (20_010, 7)])
            func steps(_ key: String, _ options: String) throws -> JSON {
                try socket.result(#"{"fetch":{"key":"\#(key)","step":"1M"\#(options)}}"#)
            }
            #expect(try steps("k", "") == [[9000, 2]])
            #expect(try steps("k", #","since":0"#) == [[9000, 2]])
            #expect(try steps("k", #","until":30000"#) == [[9000, 2], [19_980, 5]])
            #expect(try steps("k", #","since":9500,"until":30000,"limit":1"#) == [[19_980, 5]])
            #expect(try steps("f", "") == [])
            #expect(try steps("f", #","until":20005"#) == [[19_980, 5]])
            #expect(try steps("f", #","until":20015"#) == [[19_980, 6]])
        }
    }

    /// Shares against a walk along the points, second by second.
    @Test(arguments: [UInt64(4), 5])
    func sharesAreWhatThePointsGive(seed: UInt64) async throws {
        try await TestServer.run(clock: VirtualClock(seconds: 2000)) { server in
            var random = SplitMix(seed: seed)
            var points: [Int: Bool] = [:]
            for _ in 0..<80 { points[Int.random(in: 100..<1900, using: &random)] = Bool.random(using: &random) }
            let socket = try RawSocket.webSocket(port: server.v2)
            _ = try socket.ask(#"{"define":{"k":{"type":"boolean","same_value_resolution":0}}}"#)
            try socket.put("k", points.sorted { $0.key < $1.key }.map { (Double($0.key), .bool($0.value)) })
            var isTrue: [Bool] = []
            for second in 0..<2000 { isTrue.append(points[second] ?? isTrue.last ?? false) }
            for _ in 0..<30 {
                let (since, span) = (Int.random(in: 0..<1900, using: &random), Int.random(in: 1...300, using: &random))
                let expected = stride(from: since, through: 2000 - span, by: span).map { start -> JSON in
                    let share = Double(isTrue[start..<start + span].count { $0 }) / Double(span)
                    return [.number(Double(start + span)), .number(DecimalNumber.round(share, decimals: 9))]
                }
                let answer = try socket.result(#"{"fetch":{"key":"k","step":"\#(span)S","since":\#(since)}}"#)
                #expect(answer == .array(expected), "seed \(seed), \(span) from \(since)")
            }
        }
    }
}

extension String {
    /// An error of the second protocol without its sentence.
    var withoutMessage: String {
        guard let json = try? JSON(parsing: self), let error = json["error"] else { return self }
        return (["error": error] as JSON).text
    }
}

extension RawSocket {
    /// Imports `[T,V]` in parts.
    func importPoints(_ key: String, _ points: [JSON]) throws {
        for part in stride(from: 0, to: points.count, by: 10_000) {
            let some = Array(points[part..<min(part + 10_000, points.count)])
            let answer = try result((["import": ["points": [[.string(key), .array(some)]]]] as JSON).text)
            guard answer["points"]?.number == Double(some.count) else { throw Broken(what: answer.text) }
        }
    }
}
