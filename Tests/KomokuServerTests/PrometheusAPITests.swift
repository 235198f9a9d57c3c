import Komoku
import KomokuDesk
import KomokuHub
@testable import KomokuServer
import KomokuStore
import KomokuTesting
import NIOHTTP1
import Testing

/// Prometheus's API over a hub in memory.
struct PrometheusAPITests {
    /// 2026-01-01.
    private static let start = 1_767_225_600.0

    private struct House: Sendable {
        let api: PrometheusAPI
        let hub: Hub
        var rights = Rights.all

        private static let questions: [String: PrometheusQuestion] = [
            "query": .query, "query_range": .queryRange, "query_exemplars": .exemplars, "series": .series,
            "labels": .labels, "metadata": .metadata, "rules": .rules, "alerts": .alerts,
            "status/buildinfo": .buildInfo,
        ]

        func ask(_ path: String, _ parameters: String = "") async throws -> HTTPAnswer {
            let fields = try FormFields(parsing: parameters.utf8)
            let label = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().first
            let question = Self.questions[path] ?? .values(label.map(String.init) ?? "")
            let caller = Caller("http", isLocal: true, rights: rights)
            return await withCheckedContinuation { continuation in
                api.answer(question, fields, for: caller) { continuation.resume(returning: $0) }
            }
        }

        func text(_ path: String, _ parameters: String = "") async throws -> String {
            String(decoding: try await ask(path, parameters).content, as: UTF8.self)
        }

        /// The `data`.
        func data(_ path: String, _ parameters: String = "") async throws -> String {
            try JSON(parsing: try await text(path, parameters))["data"]?.text ?? "-"
        }
    }

    private static func run(_ body: @escaping @Sendable (House) async throws -> Void) async throws {
        let clock = VirtualClock(seconds: start + 3600)
        try await TestServer.run(clock: clock) { server in
            let socket = try RawSocket.webSocket(port: server.v2)
            _ = try socket.ask(
                #"{"define":{"hall.lux":{"type":"numeric","unit":"lx"},"hall.door":{"type":"boolean"},"meter":{"type":"counter","unit":"kWh"},"alarm":{"type":"string","values":["armed","disarmed"]},"note":{"type":"string"},"secret.lux":{"type":"numeric"}}}"#
            )
            try socket.put("hall.lux", [(start, 10), (start + 60, 12), (start + 1800, 20)])
            try socket.put("hall.door", [(start + 100, true), (start + 130, false)])
            try socket.put("meter", [(start, 5), (start + 600, 7)])
            try socket.put("alarm", [(start, "armed"), (start + 300, "disarmed")])
            try socket.put("note", [(start, "hello")])
            try socket.put("secret.lux", [(start, 1)])
            try await body(House(api: PrometheusAPI(Desk(server.hub)), hub: server.hub))
        }
    }

    @Test func `the health check of Grafana`() async throws {
        try await Self.run { house in
            let text = try await house.text("query", "query=1%2B1&time=4")
            #expect(text == #"{"status":"success","data":{"resultType":"scalar","result":[4,"2"]}}"#)
            let now = try await house.data("query", "query=1%2B1")
            #expect(now == "{\"resultType\":\"scalar\",\"result\":[\(Int(Self.start) + 3600),\"2\"]}")
        }
    }

    @Test func `keys are series`() async throws {
        try await Self.run { house in
            let lux = try await house.data("query", "query=komoku_value{key=%22hall.lux%22}")
            #expect(
                lux
                    == "{\"resultType\":\"vector\",\"result\":[{\"metric\":{\"__name__\":\"komoku_value\",\"key\":\"hall.lux\",\"room\":\"hall\",\"unit\":\"lx\"},\"value\":[\(Int(Self.start) + 3600),\"20\"]}]}"
            )
            let state = try await house.data("query", "query=komoku_state==1")
            #expect(state.contains(#"{"__name__":"komoku_state","key":"alarm","state":"disarmed"}"#))
            let range = try await house.data(
                "query_range",
                "query=max_over_time(komoku_value{unit=%22lx%22}[1m])&start=\(Self.start)&end=\(Self.start + 120)&step=1m"
            )
            #expect(
                range
                    == "{\"resultType\":\"matrix\",\"result\":[{\"metric\":{\"key\":\"hall.lux\",\"room\":\"hall\",\"unit\":\"lx\"},\"values\":[[\(Int(Self.start)),\"10\"],[\(Int(Self.start) + 60),\"12\"],[\(Int(Self.start) + 120),\"12\"]]}]}"
            )
            // A value holds until the hub's now, and a little longer for clocks that are ahead.
            let (soon, late) = (Self.start + 3600 + 299, Self.start + 3600 + 301)
            #expect(try await house.data("query", "query=count(komoku_value)&time=\(soon)").contains("\"4\""))
            #expect(try await house.data("query", "query=count(komoku_value)&time=\(late)").contains("\"result\":[]"))
        }
    }

    @Test func `labels, their values, series and metadata`() async throws {
        try await Self.run { house in
            let labels = try await house.data("labels")
            #expect(labels == #"["__name__","key","room","state","unit"]"#)
            #expect(try await house.data("label/__name__/values") == #"["komoku_state","komoku_value"]"#)
            #expect(try await house.data("label/unit/values") == #"["kWh","lx"]"#)
            #expect(
                try await house.data("label/key/values", "match[]={room=%22hall%22}") == #"["hall.door","hall.lux"]"#)
            #expect(try await house.data("label/key/values", "limit=2") == #"["alarm","hall.door"]"#)
            #expect(try await house.data("label/nothing/values") == "[]")
            #expect(
                try await house.data(
                    "series", "match[]=komoku_value{unit=%22kWh%22}&match%5B%5D={key=%22meter%22}&start=1&end=2")
                    == #"[{"__name__":"komoku_value","key":"meter","unit":"kWh"}]"#)
            #expect(
                try await house.data("metadata", "metric=komoku_value").hasPrefix(#"{"komoku_value":[{"type":"gauge","#)
            )
            #expect(try await house.data("rules") == #"{"groups":[]}"#)
            #expect(try await house.data("alerts") == #"{"alerts":[]}"#)
            #expect(try await house.data("query_exemplars", "query=up") == "[]")
            #expect(try await house.data("status/buildinfo").contains(#""version":"2.42.0""#))
        }
    }

    @Test(arguments: [
        (
            "query", "", 400,
            #""errorType":"bad_data","error":"invalid parameter \"query\": 1:1: parse error: no expression found in input"#
        ),
        ("query", "query=1%2B", 400, #"invalid parameter \"query\": 1:3: parse error: unexpected end of the query"#),
        ("query", "query=1&time=soon", 400, #"invalid parameter \"time\": cannot parse \"soon\" to a valid timestamp"#),
        ("query", "query=1&time=1e300", 400, #"invalid parameter \"time\""#),
        ("query", "query=1&timeout=-", 400, #"invalid parameter \"timeout\""#),
        ("query", "query=1&limit=x", 400, #"invalid parameter \"limit\""#),
        ("query", "query=komoku_value&timeout=0", 503, #""errorType":"timeout""#),
        ("query", "query=komoku_value%2Bon(room)komoku_value", 422, #""errorType":"execution""#),
        ("query_range", "query=1&start=5&end=3&step=1", 400, "end timestamp must not be before start time"),
        ("query_range", "query=1&start=5&end=9&step=0", 400, "zero or negative query resolution step widths"),
        ("query_range", "query=1&start=5&end=9&step=1e-9", 400, "zero or negative query resolution step widths"),
        ("query_range", "query=1&start=5&end=9", 400, #"invalid parameter \"step\""#),
        ("query_range", "query=1&end=9&step=1", 400, #"invalid parameter \"start\""#),
        ("query_range", "query=1&start=0&end=12000&step=1", 400, "exceeded maximum resolution of 11,000 points"),
        ("query_range", "query=x[5m]&start=0&end=12&step=1", 400, "must be Scalar or instant Vector"),
        ("query_range", "query=%22a%22&start=0&end=12&step=1", 400, "must be Scalar or instant Vector"),
        ("series", "", 400, "no match[] parameter provided"),
        ("series", "match[]=1", 400, "is no selector of series"),
        ("series", "match[]={a=~%22(%22}", 400, #"invalid parameter \"match[]\": 1:5: parse error"#),
        ("label/a-b/values", "", 400, #"invalid label name: \"a-b\""#),
        ("label//values", "", 400, "invalid label name"),
        ("labels", "start=x", 400, #"invalid parameter \"start\""#),
    ])
    func `what is wrong is told`(path: String, parameters: String, status: Int, message: String) async throws {
        try await Self.run { house in
            let answer = try await house.ask(path, parameters)
            let text = String(decoding: answer.content, as: UTF8.self)
            #expect(Int(answer.status.code) == status)
            #expect(text.contains(message), "\(text)")
            #expect(text.hasPrefix(#"{"status":"error","errorType":""#))
        }
    }

    @Test func `a key that may not be read is nowhere`() async throws {
        try await Self.run { house in
            var guest = house
            guest.rights = Rights(reading: [try KeyPattern(validating: "hall.*")])
            for (path, parameters) in [
                ("query", "query={__name__=~%22.%2B%22}"), ("query", "query=absent(komoku_value{key=%22meter%22})"),
                ("query_range", "query=komoku_value[0]&start=1&end=2&step=1"), ("labels", ""), ("label/key/values", ""),
                ("label/room/values", ""), ("label/unit/values", ""), ("label/state/values", ""),
                ("series", "match[]={key!=%22%22}"),
                ("query", "query=sum by (key) (last_over_time({key!=%22%22}[1h]))"),
                ("query", "query={key!=%22%22}[1h]"),
            ] {
                let text = try await guest.text(path, parameters).replacing("absent", with: "")
                for word in ["meter\",\"unit", "secret", "armed", "kWh", "alarm"] {
                    #expect(!text.contains(word), "\(path) \(text)")
                }
            }
            #expect(try await guest.data("query", "query=count(komoku_value)").contains("\"2\""))
            #expect(try await guest.data("query", "query=absent(komoku_value{key=%22meter%22})").contains("\"1\""))
        }
    }

    @Test func `the keys of a device have its name`() async throws {
        try await Self.run { house in
            // The catalogue is there already when the device comes.
            #expect(try await house.data("label/device/values") == "[]")
            await withCheckedContinuation { continuation in
                house.hub.enqueue { hub in
                    var device = DeviceDescription(id: DeviceID("0x1"), source: "zigbee2mqtt", name: "Küche \"1\"")
                    device.properties = [PropertyDescription("temperature", .numeric, unit: "°C")]
                    hub.apply([.described(device)])
                    continuation.resume()
                }
            }
            #expect(try await house.data("label/device/values") == #"["Küche \"1\""]"#)
            let series = try await house.data("series", "match[]={device!=%22%22}")
            #expect(series.contains(#""device":"Küche \"1\"","key":"#) && series.contains(#""unit":"°C""#))
        }
    }

    @Test func `a key that comes, goes or is renamed is seen at once`() async throws {
        try await Self.run { house in
            #expect(try await house.data("query", "query=count(komoku_value)").contains("\"4\""))
            let names = try ["hall.lux", "attic.lux", "secret.lux"].map { try KeyName(validating: $0) }
            await withCheckedContinuation { continuation in
                house.hub.enqueue { hub in
                    _ = try? hub.rename(names[0], to: names[1])
                    _ = try? hub.delete(names[2])
                    continuation.resume()
                }
            }
            #expect(try await house.data("label/key/values") == #"["alarm","attic.lux","hall.door","meter"]"#)
            #expect(try await house.data("query", "query=komoku_value{room=%22attic%22}").contains("\"20\""))
        }
    }
}
