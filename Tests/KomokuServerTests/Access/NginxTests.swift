import Glibc
import Komoku
import KomokuDesk
import KomokuHub
import KomokuStore
import KomokuTesting
import KomokuWire
import Logging
import Testing

@testable import KomokuServer

/// Behind Debian's nginx, configured as `docs/access.md` says, and as careless people do.
@Suite(.timeLimit(.minutes(1)), .enabled(if: access("/usr/sbin/nginx", X_OK) == 0)) struct NginxTests {
    private static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// - Parameter location: the directives of `location / { … }`.
    private static func nginx(_ location: String, in folder: TemporaryFolder) throws -> (ChildProcess, port: Int) {
        let port = try MosquittoBroker.freePort()
        let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map { "\($0)_temp_path \(folder.path($0));" }
        try folder.write(
            """
            daemon off; master_process off; pid \(folder.path("pid")); error_log \(folder.path("error.log"));
            events {}
            http {
              access_log off; \(paths.joined(separator: " "))
              map $http_upgrade $connection_upgrade { default upgrade; "" close; }
              server { listen 127.0.0.1:\(port); location / { \(location) } }
            }
            """, to: "nginx.conf")
        let process = try ChildProcess(["nginx", "-p", folder.path, "-c", folder.path("nginx.conf"), "-e", "stderr"])
        for _ in 0..<200 {
            if let socket = try? RawSocket(port: port), (try? socket.request("GET", "/-/healthy")) != nil { break }
            usleep(50_000)
        }
        return (process, port)
    }

    private static func run(
        trusts: Bool, _ directives: String, _ body: (AccessControl, _ port: Int) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        let store = try Store(Store.Configuration(location: .memory), logger: silent)
        let hub = Hub(store: store, logger: silent)
        hub.start()
        let desk = Desk(hub)
        var configuration = Server.Configuration(endpoints: [Server.Endpoint(port: 0, version: .v2)])
        if trusts { configuration.proxies.trusted = ["127.0.0.1"].compactMap { Network($0) } }
        let server = Server(configuration, logger: silent, limits: TestServer.quick)
        let port = try await server.start(desk)[0].port
        let (process, front) = try nginx("proxy_pass http://127.0.0.1:\(port); \(directives)", in: folder)
        do { try await body(desk.access, front) } catch { Issue.record(error) }
        process.end()
        await server.stop()
        hub.stop()
        store.close()
        folder.remove()
    }

    private static let documented = """
        proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;
        proxy_set_header Host $host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Forwarded-Host $http_host; proxy_buffering off;
        """

    @Test func aHubWithoutUsersIsNotOpenedByAProxy() async throws {
        for trusts in [false, true] {
            try await Self.run(trusts: trusts, Self.documented) { _, port in
                let reply = try RawSocket(port: port).request("GET", "/api/keys")
                #expect(reply.status == 403 && reply.body.contains("komoku user add"), "\(reply.body)")
                #expect(try RawSocket(port: port).request("GET", "/-/healthy").status == 200)
            }
        }
    }

    @Test func aTokenComesThroughAndAWebSocketToo() async throws {
        try await Self.run(trusts: true, Self.documented) { access, port in
            let secret = try access.addToken("owner", .all)
            let bearer = "Authorization: Bearer \(secret)"
            #expect(try RawSocket(port: port).request("GET", "/api/keys", headers: [bearer]).status == 200)
            #expect(try RawSocket(port: port).request("GET", "/api/keys").status == 401)
            let socket = try RawSocket.webSocket(port: port, path: "/v2?token=\(secret)")
            #expect(try socket.ask(#"{"put":{"key":"a","value":1}}"#).contains("ok"))
            // Failures are his who is before the proxy, even where he says that he is another.
            for index in 0..<8 {
                _ = try RawSocket(port: port, from: 2).request(
                    "GET", "/api/keys", headers: ["Authorization: Bearer no", "X-Forwarded-For: 10.0.0.\(index)"])
            }
            let throttled = try RawSocket(port: port, from: 2).request(
                "GET", "/api/keys", headers: ["Authorization: Bearer no", "X-Forwarded-For: 10.0.1.1"])
            #expect(throttled.status == 429)
        }
    }

    /// It adds nothing by which it could be known: only a user or a token keeps the house closed.
    @Test func aCarelessProxyOpensNoHouseThatKnowsSomebody() async throws {
        try await Self.run(trusts: false, "") { access, port in
            _ = try access.addToken("owner", .all)
            #expect(try RawSocket(port: port).request("GET", "/api/keys").status == 401)
        }
    }
}
