import Komoku
import KomokuClient
import KomokuDesk
import KomokuHub
import KomokuServer
import KomokuStore
import KomokuWire
import Logging
import Synchronization

/// A hub in memory that can be stopped and started again on the same port.
final class TestHub: Sendable {
    let hub: Hub
    private let server: Mutex<Server>
    private let endpoint: Server.Endpoint
    let port: Int

    init(port: Int = 0, zone: String? = nil, tls: TLSFiles? = nil) async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        var configuration = Hub.Configuration()
        configuration.timeZone = zone
        hub = Hub(
            store: try Store(Store.Configuration(location: .memory), logger: logger), configuration: configuration,
            logger: logger)
        hub.start()
        var limits = Server.Limits()
        limits.closing = .milliseconds(100)
        var endpoint = Server.Endpoint(port: port, version: .v2, tls: tls)
        let server = Server(Server.Configuration(endpoints: [endpoint]), logger: logger, limits: limits)
        self.port = try await server.start(Desk(hub))[0].port
        endpoint.port = self.port
        self.endpoint = endpoint
        self.server = Mutex(server)
    }

    var address: HubAddress {
        get throws { try HubAddress("ws://127.0.0.1:\(port)") }
    }

    func stop() async {
        await server.withLock { $0 }.stop()
        hub.stop()
    }

    /// Ends all connections while the hub goes on, and does something before others are taken.
    func interrupt(_ body: () async throws -> Void) async throws {
        await server.withLock { $0 }.stop()
        try await body()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let next = Server(Server.Configuration(endpoints: [endpoint]), logger: logger)
        server.withLock { $0 = next }
        try await next.start(Desk(hub))
    }

    static func withClient(
        _ access: HubAccess = HubAccess(), tls: TLSFiles? = nil, host: String = "127.0.0.1",
        path: String = "", _ body: (Client) async throws -> Void
    ) async throws {
        let hub = try await TestHub(tls: tls)
        let scheme = tls == nil ? "ws" : "wss"
        let client = Client(try HubAddress("\(scheme)://\(host):\(hub.port)\(path)"), access: access)
        do {
            try await body(client)
        } catch {
            await client.close()
            await hub.stop()
            throw error
        }
        await client.close()
        await hub.stop()
    }
}
