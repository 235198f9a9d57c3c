import Glibc
import Komoku
import KomokuTesting
import Testing

/// Prometheus's API over real connections: by hand, and by Debian's `promtool`.
struct PrometheusHTTPTests {
    private static let start = 1_767_225_600.0

    private static func run(_ body: @escaping @Sendable (TestServer) async throws -> Void) async throws {
        try await TestServer.run(clock: VirtualClock(seconds: start + 3600)) { server in
            let socket = try RawSocket.webSocket(port: server.v2)
            _ = try socket.ask(#"{"define":{"hall.lux":{"type":"numeric","unit":"lx"},"meter":{"type":"counter"}}}"#)
            try socket.put("hall.lux", [(start, 10), (start + 60, 12), (start + 1800, 20)])
            try socket.put("meter", [(start, 5), (start + 600, 7)])
            try await body(server)
        }
    }

    @Test func `as Grafana asks`() async throws {
        try await Self.run { server in
            let socket = try RawSocket(port: server.v2)
            let form = ["Content-Type: application/x-www-form-urlencoded"]
            let health = try socket.request("POST", "/api/v1/query", "query=1%2B1&time=4", headers: form)
            #expect(health.status == 200 && health.headers["content-type"] == "application/json")
            #expect(health.body == #"{"status":"success","data":{"resultType":"scalar","result":[4,"2"]}}"#)
            let range = try socket.request(
                "POST", "/api/v1/query_range",
                "query=komoku_value%7Broom%3D%22hall%22%7D&start=\(Self.start)&end=\(Self.start + 60)&step=60.000&timeout=30s",
                headers: form)
            #expect(range.body.hasSuffix(#""values":[[1767225600,"10"],[1767225660,"12"]]}]}}"#))
            #expect(try socket.request("GET", "/api/v1/query?query=1%2B").status == 400)
            #expect(
                try socket.request("POST", "/api/v1/query", "query=%zz", headers: form).json["errorType"] == "bad_data")
            #expect(try socket.request("POST", "/api/v1/metadata", "").status == 405)
            #expect(try socket.request("GET", "/api/v1/nothing").status == 404)
            let series = try socket.request(
                "POST", "/api/v1/series?match[]=x", "match%5B%5D=%7Bkey%3D%22meter%22%7D&limit=40000", headers: form)
            #expect(series.body == #"{"status":"success","data":[{"__name__":"komoku_value","key":"meter"}]}"#)
            let values = try socket.request("GET", "/api/v1/label/key/values?match%5B%5D=komoku_value")
            #expect(values.json["data"]?.text == #"["hall.lux","meter"]"#)
            #expect(try socket.request("GET", "/api/v1/status/buildinfo").json["data"]?["version"] == "2.42.0")
            #expect(try socket.request("HEAD", "/api/v1/labels").body == "")
        }
    }

    @Test func `a long answer leaves in pieces`() async throws {
        try await Self.run { server in
            let socket = try RawSocket(port: server.v2)
            let reply = try socket.request(
                "GET",
                "/api/v1/query_range?query=komoku_value*1.01&start=\(Self.start)&end=\(Self.start + 3600)&step=0.4")
            #expect(reply.status == 200 && reply.headers["transfer-encoding"] == "chunked")
            #expect(reply.json["status"] == "success" && reply.body.utf8.count > 300_000)
            // The connection goes on.
            #expect(try socket.request("GET", "/api/v1/labels").status == 200)
        }
    }

    /// What it prints, times in the hub's zone left as they are.
    private static func promtool(_ arguments: String...) throws -> String {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let file = open(folder.path("output"), O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(file) }
        let child = try ChildProcess(["promtool", "query"] + arguments, output: file)
        #expect(child.waitForEnd() == 0)
        var (text, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 4096))
        lseek(file, 0, SEEK_SET)
        while case let count = read(file, &buffer, buffer.count), count > 0 { text += buffer.prefix(count) }
        return String(decoding: text, as: UTF8.self)
    }

    @Test func `promtool understands the answers`() async throws {
        try await Self.run { server in
            let address = "http://127.0.0.1:\(server.v2)"
            let time = "--time=\(Int(Self.start) + 90)"
            let sum = try Self.promtool("instant", time, address, "1+1")
            #expect(sum == "scalar: 2 @[1767225690]\n")
            #expect(
                try Self.promtool("instant", time, address, "komoku_value{room=\"hall\"}")
                    == "komoku_value{key=\"hall.lux\", room=\"hall\", unit=\"lx\"} => 12 @[1767225690]\n")
            #expect(
                try Self.promtool(
                    "range", "--start=\(Int(Self.start))", "--end=\(Int(Self.start) + 1200)", "--step=10m", address,
                    "increase(komoku_value{key=\"meter\"}[10m])")
                    == "{key=\"meter\"} =>\n2 @[1767226200]\n0 @[1767226800]\n")
            #expect(
                try Self.promtool("series", "--match={key!=\"\"}", address)
                    == "{__name__=\"komoku_value\", key=\"hall.lux\", room=\"hall\", unit=\"lx\"}\n{__name__=\"komoku_value\", key=\"meter\"}\n"
            )
            #expect(try Self.promtool("labels", address, "unit") == "lx\n")
        }
    }
}
