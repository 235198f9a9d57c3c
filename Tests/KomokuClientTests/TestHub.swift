import Komoku
import KomokuClient
import KomokuDesk
import KomokuHub
import KomokuServer
import KomokuStore
import KomokuWire
import Logging

/// A hub in memory that can be stopped and started again on the same port.
final class TestHub: Sendable {
    let hub: Hub
    private let server: Server
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
        let endpoint = Server.Endpoint(port: port, version: .v2, tls: tls)
        server = Server(Server.Configuration(endpoints: [endpoint]), logger: logger, limits: limits)
        self.port = try await server.start(Desk(hub))[0].port
    }

    var address: HubAddress {
        get throws { try HubAddress("ws://127.0.0.1:\(port)") }
    }

    func stop() async {
        await server.stop()
        hub.stop()
    }

    static func withClient(
        _ access: HubAccess = HubAccess(), tls: TLSFiles? = nil, host: String = "127.0.0.1",
        _ body: (Client) async throws -> Void
    ) async throws {
        let hub = try await TestHub(tls: tls)
        let scheme = tls == nil ? "ws" : "wss"
        let client = Client(try HubAddress("\(scheme)://\(host):\(hub.port)"), access: access)
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
