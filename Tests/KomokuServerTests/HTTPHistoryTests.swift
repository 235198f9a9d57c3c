import Komoku
import NIOHTTP1
import Testing

@testable import KomokuServer

/// History by HTTP.
@Suite struct HTTPHistoryTests {
    /// A point a minute, some with microseconds.
    private static func fill(_ socket: RawSocket, _ key: String, _ count: Int) throws -> [(Double, JSON)] {
        let points = (0..<count).map { index -> (Double, JSON) in
            let fraction = index % 3 == 0 ? 0.25 : 0
            return (1_600_000_000 + Double(index * 60) + fraction, JSON.number(Double(index) / 4))
        }
        _ = try socket.ask(#"{"define":{"\#(key)":{"type":"numeric"}}}"#)
        try socket.put(key, points)
        return points
    }

    @Test func pointsAreToldInEachForm() async throws {
        try await TestServer.run { server in
            let points = try Self.fill(try RawSocket.webSocket(port: server.v2), "hall.lux", 40_000)
            let socket = try RawSocket(port: server.v2)
            let target = "/api/keys/hall.lux/history?since=1600000000"
            let zoned = "/api/keys/hall.lux/history?since=2020-09-13T14:26:40+02:00&limit=1"
            #expect(try socket.request("GET", zoned).json["points"]?.array?.count == 1)
            let csv = try socket.request("GET", target, headers: ["Accept: text/csv"])
            #expect(csv.headers["content-type"] == "text/csv; charset=utf-8")
            #expect(csv.headers["transfer-encoding"] == "chunked")
            var lines = ["key,time,value"]
            for (time, value) in points { lines.append("hall.lux,\(DecimalNumber.text(time)),\(value.text)") }
            #expect(csv.body == lines.joined(separator: "\n") + "\n")
            let ndjson = try socket.request("GET", target, headers: ["Accept: application/x-ndjson"])
            #expect(ndjson.body.split(separator: "\n").count == 40_000)
            #expect(ndjson.body.hasPrefix(#"{"key":"hall.lux","time":1600000000.25,"value":0}"# + "\n"))
            // In JSON a page at a time.
            var (found, after): ([JSON], String) = ([], "")
            for _ in 0..<5 {
                let page = try socket.request("GET", target + after).json
                found += page["points"]?.array ?? []
                guard let next = page["next"]?.text else { break }
                after = "&after=\(next)"
            }
            #expect(found == points.map { [.number($0.0), $0.1] })
            #expect(try socket.request("GET", target, headers: ["Accept: image/png"]).status == 406)
        }
    }

    @Test(arguments: [1, 7, 100, 1000])
    func aFewBucketsStandForManyPoints(most: Int) async throws {
        try await TestServer.run { server in
            let points = try Self.fill(try RawSocket.webSocket(port: server.v2), "hall.lux", 3000)
            let socket = try RawSocket(port: server.v2)
            let reply = try socket.request(
                "GET", "/api/keys/hall.lux/history?since=1600000000&until=1600200000&points=\(most)")
            let windows = try #require(reply.json["windows"]?.array, "\(reply.body)")
            #expect((1...most).contains(windows.count))
            #expect(windows.reduce(0) { $0 + ($1["count"]?.number ?? 0) } == Double(points.count))
            #expect(windows.compactMap { $0["max"]?.number }.max() == 749.75)
        }
    }

    @Test func aRangeLiesInNoMoreWindowsThanAskedFor() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let start = Int64.random(in: -2_000_000_000_000_000...4_000_000_000_000_000, using: &random)
            let length = Int64.random(in: 1...(1 << Int64.random(in: 1...50, using: &random)), using: &random)
            let most = Int.random(in: 2...2000, using: &random)
            let range = Timestamp(microseconds: start)..<Timestamp(microseconds: start + length)
            guard let text = WindowSteps.step(range, most: most), let step = try? Komoku.Duration(parsing: text) else {
                Issue.record("no step for \(range)")
                continue
            }
            let size = step.microseconds
            func window(_ time: Int64) -> Int64 { time >= 0 ? time / size : -((-time + size - 1) / size) }
            #expect(window(start + length - 1) - window(start) < Int64(most), "\(range) \(most)")
        }
    }

    @Test func aLongAnswerIsCompressed() async throws {
        try await TestServer.run { server in
            _ = try Self.fill(try RawSocket.webSocket(port: server.v2), "hall.lux", 3000)
            let socket = try RawSocket(port: server.v2)
            let reply = try socket.request(
                "GET", "/api/keys/hall.lux/history?since=1600000000",
                headers: ["Accept: text/csv", "Accept-Encoding: deflate, gzip"])
            #expect(reply.headers["content-encoding"] == "gzip")
            #expect(reply.body.utf8.count < 60_000)
            let short = try socket.request("GET", "/-/healthy", headers: ["Accept-Encoding: gzip"])
            #expect(short.headers["content-encoding"] == nil)
        }
    }

    @Test func changesAreToldAsEvents() async throws {
        try await TestServer.run { server in
            let client = try RawSocket.webSocket(port: server.v2)
            _ = try client.ask(#"{"define":{"hall.lux":{"type":"numeric"},"hall.lamp":{"type":"boolean"}}}"#)
            _ = try client.ask(#"{"put":{"key":"hall.lux","value":1}}"#)
            let socket = try RawSocket(port: server.v2)
            try socket.write(
                Array("GET /api/changes?keys=*.lux&init=true HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
            while case let line = try socket.line(), !line.isEmpty {
                if line.lowercased().hasPrefix("content-type") { #expect(line.hasSuffix("text/event-stream")) }
            }
            #expect(try socket.event()?["value"] == 1)
            _ = try client.ask(#"[{"put":{"key":"hall.lamp","value":true}},{"put":{"key":"hall.lux","value":2}}]"#)
            let event = try socket.event()
            #expect(event?["key"] == "hall.lux" && event?["value"] == 2 && event?["previous"] == 1)
        }
    }

    @Test func theDocumentHasEveryRoute() async throws {
        try await TestServer.run { server in
            let document = try RawSocket(port: server.v2).request("GET", "/openapi.json").json
            #expect(document["openapi"] == "3.1.0")
            for route in Route.all {
                let operation = document["paths"]?[route.path.description]?[route.method.rawValue.lowercased()]
                #expect(operation?["summary"]?.string == route.title)
            }
            #expect(Set(Route.all.map(\.id)).count == Route.all.count)
        }
    }
}

extension RawSocket {
    /// The data of the next event.
    func event() throws -> JSON? {
        for _ in 0..<100 {
            let line = try line()
            guard line.contains("data: ") else {
                // Lines of an event end with a single line feed; those of chunks with two bytes.
                continue
            }
            let data = line.split(separator: "\n").first { $0.hasPrefix("data: ") }
            return data.flatMap { try? JSON(parsing: String($0.dropFirst(6))) }
        }
        return nil
    }
}
