import Glibc
import Komoku
import KomokuDesk
import KomokuHub
import KomokuStore
import KomokuTesting
import Testing

@testable import KomokuServer

/// What is about the hub itself, by HTTP.
@Suite struct HTTPHubTests {
    @Test func figuresAreToldInPrometheusForm() async throws {
        try await TestServer.run(rules: FakeRules()) { server in
            let socket = try RawSocket(port: server.v2)
            _ = try socket.request("PATCH", "/api/keys/hall.lux", #"{"type":"numeric"}"#)
            _ = try socket.request("PUT", "/api/keys/hall.lux", "1")
            let reply = try socket.request("GET", "/metrics")
            #expect(reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            var (types, samples): (Set<String>, [String: Double]) = ([], [:])
            for line in reply.body.split(separator: "\n") {
                let words = line.split(separator: " ")
                if line.hasPrefix("# TYPE") { #expect(types.insert(String(words[2])).inserted, "twice: \(line)") }
                if line.hasPrefix("#") { continue }
                samples[words.dropLast().joined(separator: " ")] = Double(words[words.count - 1])
            }
            #expect(samples["komoku_puts_total"] == 1)
            #expect(samples["komoku_keys"] == 1)
            #expect(samples["komoku_build_info{version=\"\(Release.version)\"}"] == 1)
            #expect((samples["komoku_commit_seconds_count"] ?? 0) >= 1)
            #expect(samples["komoku_commit_seconds_bucket{le=\"+Inf\"}"] == samples["komoku_commit_seconds_count"])
        }
    }

    @Test func promtoolFindsNothingWrongWithThem() async throws {
        try await TestServer.run(rules: FakeRules()) { server in
            let folder = try TemporaryFolder()
            defer { folder.remove() }
            try folder.write(try RawSocket(port: server.v2).request("GET", "/metrics").body, to: "metrics")
            try folder.write("", to: "said")
            let file = open(folder.path("said"), O_WRONLY | O_CLOEXEC)
            let child = try ChildProcess(
                ["/bin/sh", "-c", "promtool check metrics < \(folder.path("metrics"))"], output: file)
            close(file)
            #expect(child.waitForEnd() == 0)
        }
    }

    @Test func aWebhookNeedsItsSecret() async throws {
        let rules = FakeRules()
        try await TestServer.run(rules: rules, hooks: ["doorbell": "0123456789abcdef"]) { server in
            let socket = try RawSocket(port: server.v2)
            #expect(try socket.request("POST", "/api/hooks/doorbell/0123456789abcdef?button=2", "ring").status == 200)
            #expect(
                try socket.request(
                    "POST", "/api/hooks/doorbell", "again", headers: ["X-Komoku-Secret: 0123456789abcdef"]
                ).status == 200)
            #expect(try socket.request("GET", "/api/hooks/doorbell/0123456789abcdef").status == 200)
            for wrong in ["0123456789abcdeg", "0", "0123456789abcdef0"] {
                let reply = try socket.request("POST", "/api/hooks/doorbell/\(wrong)", "no")
                #expect(reply.status == 403 && reply.code == "not_allowed")
            }
            #expect(try socket.request("POST", "/api/hooks/other/0123456789abcdef", "no").status == 403)
            // Who may do everything needs no secret.
            #expect(try socket.request("POST", "/api/hooks/nobody", "").status == 404)
            #expect(try socket.request("POST", "/api/hooks/gate", "x").status == 200)
        }
        #expect(rules.calls.elements == ["doorbell ring button=2", "doorbell again", "doorbell ", "nobody ", "gate x"])
    }

    @Test func aBackupIsDownloadedWhole() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let path = folder.path("k.db")
        try await TestServer.run(location: .file(path)) { server in
            let socket = try RawSocket(port: server.v2)
            _ = try socket.request("PATCH", "/api/keys/hall.lux", #"{"type":"numeric"}"#)
            let reply = try socket.request("GET", "/api/store/backup")
            #expect(reply.status == 200 && reply.body.hasPrefix("SQLite format 3"))
            let left = try FolderNames.of(folder.path).filter { $0.contains("download") }
            #expect(left.isEmpty, "\(left)")
        }
    }

    /// A piece may be empty, and compressed to nothing.
    @Test(arguments: ["text/csv", "application/x-ndjson"])
    func anExportOfKeysWithoutPointsEndsWhenItIsCompressed(type: String) async throws {
        try await TestServer.run { server in
            let socket = try RawSocket(port: server.v2)
            for key in ["a.x", "b.x", "c.x", "d.x"] {
                #expect(try socket.request("PATCH", "/api/keys/\(key)", #"{"type":"numeric"}"#).status == 200)
            }
            _ = try socket.request("PUT", "/api/keys/c.x", "1")
            for encoding in ["gzip", "identity"] {
                let reply = try socket.request(
                    "GET", "/api/export", headers: ["Accept: \(type)", "Accept-Encoding: \(encoding)"])
                #expect(reply.status == 200 && !reply.body.isEmpty)
            }
        }
    }

    @Test func whatIsExportedIsImported() async throws {
        try await TestServer.run { server in
            let client = try RawSocket.webSocket(port: server.v2)
            _ = try client.ask(
                #"{"define":{"a.x":{"type":"numeric"},"b.x":{"type":"boolean"},"c.y":{"type":"string"}}}"#)
            try client.put("a.x", (0..<50).map { (1_600_000_000 + Double($0), .number(Double($0))) })
            try client.put("b.x", [(1_600_000_000, true)])
            try client.put("c.y", [(1_600_000_000, "a \"b\", c")])
            let socket = try RawSocket(port: server.v2)
            let csv = try socket.request("GET", "/api/export", headers: ["Accept: text/csv"]).body
            #expect(csv.split(separator: "\n").count == 53)
            #expect(csv.hasPrefix("key,time,value\na.x,1600000000,0\n"))
            #expect(csv.hasSuffix("b.x,1600000000,true\nc.y,1600000000,\"a \"\"b\"\", c\"\n"))
            let lines = try socket.request("GET", "/api/export?match=*.x").body
            #expect(lines.split(separator: "\n").count == 51)
            let taken = try socket.request(
                "POST", "/api/import",
                #"{"keys":{"d.x":{"type":"numeric"}},"points":[["d.x",[[1600000000,1],[1600000001,2]]]]}"#)
            #expect(taken.json["points"] == 2, "\(taken.body)")
            #expect(try socket.request("GET", "/api/keys/d.x").json["value"] == 2)
        }
    }
}

private enum FolderNames {
    static func of(_ path: String) throws -> [String] {
        let folder = try #require(opendir(path))
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            names.append(
                withUnsafePointer(to: entry.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                })
        }
        return names
    }
}
