import Glibc
import Komoku
import KomokuDesk
import KomokuDeskTesting
import KomokuHub
import KomokuStore
import KomokuTesting
import KomokuWire
import Logging
import Testing

@testable import KomokuServer

/// Who comes in by HTTP and WebSocket, over real sockets.
@Suite(.timeLimit(.minutes(2))) struct AccessServerTests {
    private static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// A hub with a token that may do everything.
    struct Place {
        let desk: Desk
        let server: Server
        let port: Int
        let secret: String
        let folder: TemporaryFolder
        var access: AccessControl { desk.access }
        var bearer: String { "Authorization: Bearer \(secret)" }
    }

    static func run(
        closed: Bool = true, proxies: [String] = [],
        _ change: (inout Server.Configuration, TemporaryFolder) -> Void = { _, _ in },
        _ body: (Place) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        let store = try Store(Store.Configuration(location: .memory), logger: silent)
        let hub = Hub(store: store, logger: silent)
        hub.start()
        let desk = Desk(hub)
        let secret = closed ? try desk.access.addToken("owner", .all) : ""
        var configuration = Server.Configuration(endpoints: [Server.Endpoint(port: 0, version: .v2)])
        configuration.proxies.trusted = proxies.compactMap { Network($0) }
        change(&configuration, folder)
        let server = Server(configuration, logger: silent, limits: TestServer.quick)
        do {
            let bound = try await server.start(desk)
            try await body(Place(desk: desk, server: server, port: bound[0].port, secret: secret, folder: folder))
        } catch {
            Issue.record(error)
        }
        await server.stop()
        hub.stop()
        store.close()
        folder.remove()
    }

    @Test func withoutUsersTheMachineIsServedAndNoProxy() async throws {
        try await Self.run(closed: false) { place in
            let socket = try RawSocket(port: place.port)
            #expect(try socket.request("GET", "/api/hub").status == 200)
            for header in ["X-Forwarded-For: 1.2.3.4", "Forwarded: for=1.2.3.4", "Via: 1.1 x"] {
                let refused = try socket.request("GET", "/api/keys", headers: [header])
                #expect(refused.status == 403 && refused.body.contains("komoku user add"), "\(refused.body)")
            }
            #expect(try socket.request("GET", "/-/healthy", headers: ["Via: 1.1 x"]).status == 200)
            // A wrong token is not nobody.
            #expect(try socket.request("GET", "/api/hub", headers: ["Authorization: Bearer x"]).status == 401)
        }
    }

    @Test func withATokenEverybodyIsAsked() async throws {
        try await Self.run { place in
            let socket = try RawSocket(port: place.port)
            let refused = try socket.request("GET", "/api/keys")
            #expect(refused.status == 401 && refused.code == "unauthorized")
            #expect(refused.headers["www-authenticate"] != nil)
            #expect(try socket.request("GET", "/-/healthy").status == 200)
            #expect(try socket.request("GET", "/api/keys", headers: [place.bearer]).status == 200)
            #expect(try socket.request("GET", "/api/keys?token=\(place.secret)").status == 200)
            #expect(try socket.request("GET", "/api/keys?limit=1&token=\(place.secret)").status == 200)
            for _ in 0..<5 { _ = try socket.request("GET", "/api/keys?token=no") }
            let throttled = try socket.request("GET", "/api/keys?token=no")
            #expect(throttled.status == 429 && throttled.headers["retry-after"] != nil)
            #expect(try socket.request("GET", "/api/keys", headers: [place.bearer]).status == 200)
        }
    }

    @Test func aPasswordComesInAsBasic() async throws {
        try await Self.run { place in
            try await withCheckedContinuation { continuation in
                place.access.addUser("anna", password: "correct horse", Rights(writing: [])) {
                    continuation.resume(returning: $0)
                }
            }.get()
            let socket = try RawSocket(port: place.port)
            let basic = "Authorization: Basic YW5uYTpjb3JyZWN0IGhvcnNl"
            #expect(try socket.request("GET", "/api/keys", headers: [basic]).status == 200)
            #expect(try socket.request("PUT", "/api/keys/a", "1", headers: [basic]).status == 403)
            #expect(try socket.request("POST", "/-/reload", headers: [basic]).status == 403)
            #expect(
                try socket.request("GET", "/api/keys", headers: ["Authorization: Basic YW5uYTpubw=="]).status == 401)
        }
    }

    @Test func aSessionChangesSomethingOnlyForOurOwnPage() async throws {
        try await Self.run { place in
            let session = try await withCheckedContinuation { continuation in
                place.access.logIn(.token(place.secret), at: Entrance(address: "", openness: .never)) {
                    continuation.resume(returning: $0)
                }
            }.get()
            let socket = try RawSocket(port: place.port)
            let cookie = "Cookie: komoku_session=\(session.cookie)"
            #expect(try socket.request("GET", "/api/keys", headers: [cookie]).status == 200)
            #expect(try socket.request("PUT", "/api/keys/a", "1", headers: [cookie]).status == 403)
            let ours = [cookie, "X-CSRF-Token: \(session.csrfToken)"]
            #expect(try socket.request("PUT", "/api/keys/a", "1", headers: ours).status == 200)
            let foreign = ours + ["Origin: https://evil.example"]
            #expect(try socket.request("GET", "/api/keys", headers: foreign).status == 403)
        }
    }

    @Test func aPageLogsInAndOut() async throws {
        try await Self.run { place in
            let socket = try RawSocket(port: place.port)
            #expect(try socket.request("POST", "/api/session", #"{"user":"x","password":"y"}"#).status == 401)
            #expect(try socket.request("POST", "/api/session", "{}").status == 400)
            let login = try socket.request("POST", "/api/session", #"{"token":"\#(place.secret)"}"#)
            let header = login.headers["set-cookie"] ?? ""
            #expect(login.status == 200 && header.hasSuffix("HttpOnly; SameSite=Strict"), "\(header)")
            let cookie = "Cookie: " + header.prefix { $0 != ";" }
            let csrf = "X-CSRF-Token: " + (login.json["csrf"]?.string ?? "")
            #expect(try socket.request("GET", "/api/session", headers: [cookie]).json["csrf"] == login.json["csrf"])
            #expect(try socket.request("POST", "/api/tokens", #"{"token":"a"}"#, headers: [cookie]).status == 403)
            let made = try socket.request("POST", "/api/tokens", #"{"token":"a"}"#, headers: [cookie, csrf])
            #expect(made.json["secret"]?.string?.hasPrefix("komoku_") == true, "\(made.body)")
            #expect(try socket.request("GET", "/api/tokens", headers: [cookie]).body.contains(#""name":"a""#))
            #expect(try socket.request("DELETE", "/api/tokens/a", headers: [cookie, csrf]).status == 200)
            #expect(try socket.request("DELETE", "/api/tokens/a", headers: [cookie, csrf]).status == 404)
            #expect(try socket.request("DELETE", "/api/session", headers: [cookie, csrf]).status == 200)
            #expect(try socket.request("GET", "/api/session", headers: [cookie]).status == 401)
        }
    }

    @Test func aWebSocketMaySayWhoItIsAndIsServedThen() async throws {
        try await Self.run { place in
            let guest = try place.access.addToken(
                "guest", Rights(reading: [try KeyPattern(validating: "hall.*")], writing: []))
            let owner = try RawSocket.webSocket(port: place.port, path: "/v2?token=\(place.secret)")
            #expect(try owner.ask(#"{"put":{"key":"safe.code","value":1}}"#).contains("ok"))
            let socket = try RawSocket.webSocket(port: place.port)
            #expect(try socket.ask(#"{"ping":1}"#).contains("pong"))
            #expect(try socket.ask(#"{"get":{"key":"hall.lux"}}"#).contains(#""error":"unauthorized""#))
            #expect(try socket.ask(#"{"auth":{}}"#).contains(#""kind":"unknown""#))
            #expect(try socket.ask(#"{"auth":{"token":"no"}}"#).contains(#""error":"unauthorized""#))
            let told = try socket.ask(#"{"auth":{"token":"\#(guest)"}}"#)
            #expect(told.contains(#""name":"guest""#) && !told.contains(guest))
            // Patterns are of what he may read, and pushes too.
            #expect(try socket.ask(#"{"sub":{"pattern":"**"}}"#).contains("ok"))
            #expect(try socket.ask(#"{"sub":{"key":"safe.code"}}"#).contains("ok"))
            _ = try owner.ask(#"[{"put":{"key":"safe.code","value":2}},{"put":{"key":"hall.lux","value":5}}]"#)
            #expect(try socket.receiveText().contains("hall.lux"))
            #expect(try socket.ask(#"{"keys":{}}"#).contains("safe") == false)
            try place.access.removeToken("guest")
            #expect(try socket.ask(#"{"keys":{}}"#).contains(#""error":"unauthorized""#))
            let refused = #expect(throws: RawSocket.Broken.self) {
                try RawSocket.webSocket(port: place.port, path: "/?token=no")
            }
            #expect(refused?.what.contains("401") == true)
        }
    }

    @Test func aTrustedProxyIsBelievedAndHasItsPath() async throws {
        try await Self.run(proxies: ["127.0.0.1"]) { configuration, _ in
            configuration.proxies.basePath = "/komoku"
        } _: { place in
            let socket = try RawSocket(port: place.port)
            let forwarded = ["X-Forwarded-For: 1.2.3.4", "X-Forwarded-Proto: https", place.bearer]
            #expect(try socket.request("GET", "/komoku/api/keys", headers: forwarded).status == 200)
            #expect(try socket.request("GET", "/api/keys", headers: forwarded).status == 200)
            #expect(try socket.request("GET", "/komokux/api/keys", headers: forwarded).status == 404)
            // Failures count for who is behind it.
            let wrong = { (address: String) in ["X-Forwarded-For: \(address)", "Authorization: Bearer no"] }
            for _ in 0..<6 { _ = try socket.request("GET", "/api/keys", headers: wrong("1.2.3.4")) }
            #expect(try socket.request("GET", "/api/keys", headers: wrong("1.2.3.4")).status == 429)
            #expect(try socket.request("GET", "/api/keys", headers: wrong("1.2.3.5")).status == 401)
        }
    }

    @Test func whoMayOpenTheSocketIsServed() async throws {
        try await Self.run { configuration, folder in
            configuration.endpoints.append(
                Server.Endpoint(socket: .init(path: folder.path("komoku.sock"), mode: 0o600)))
        } _: { place in
            let path = place.folder.path("komoku.sock")
            var status = stat()
            #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
            let answer = try UnixSocket.ask(path, "GET /api/keys HTTP/1.0\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.0 200") || answer.hasPrefix("HTTP/1.1 200"), "\(answer)")
            let proxied = try UnixSocket.ask(path, "GET /api/keys HTTP/1.0\r\nX-Real-IP: 1.2.3.4\r\n\r\n")
            #expect(proxied.contains(" 403 "), "\(proxied)")
            await place.server.stop()
            #expect(stat(path, &status) != 0)
        }
    }

    @Test func anotherAddressNeedsSomebodyWhoIsKnown() async throws {
        let store = try Store(Store.Configuration(location: .memory), logger: Self.silent)
        let hub = Hub(store: store, logger: Self.silent)
        hub.start()
        let desk = Desk(hub)
        let endpoints = [Server.Endpoint(address: "0.0.0.0", port: 0, version: .v2)]
        let server = Server(.init(endpoints: endpoints), logger: Self.silent, limits: TestServer.quick)
        let error = await #expect(throws: Server.Error.self) { try await server.start(desk) }
        #expect(error?.description.contains("komokud --add-token") == true, "\(String(describing: error))")
        let secret = try desk.access.addToken("owner", .all)
        let port = try await server.start(desk)[0].port
        let socket = try RawSocket(port: port)
        #expect(try socket.request("GET", "/api/keys").status == 401)
        #expect(try socket.request("GET", "/api/keys", headers: ["Authorization: Bearer \(secret)"]).status == 200)
        await server.stop()
        hub.stop()
        store.close()
    }
}
