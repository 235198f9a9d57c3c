internal import KomokuServer
public import KomokuStandalone
internal import KomokuWire
internal import Logging

/// Serves the keys of a program to others: WebSockets of all versions, the HTTP API, MCP and the web page, on one port.
///
/// ```swift
/// let hub = try StandaloneHub(path: "/var/lib/meter/meter.db")
/// let server = EmbeddedServer(of: hub, port: 7274)
/// let port = try await server.start()
/// ```
public actor EmbeddedServer {
    private let hub: StandaloneHub
    private let server: Server

    /// Why a port cannot be opened: a sentence with its remedy.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// - Parameters:
    ///   - port: 0 lets the system choose.
    ///   - address: where it listens. Other machines may reach it only where the hub has a user or a token
    ///     (`hub.answer("add_token", …)`).
    public init(of hub: StandaloneHub, port: Int = 7274, address: String = "127.0.0.1") {
        self.hub = hub
        let endpoint = Server.Endpoint(address: address, port: port, version: .v2)
        server = Server(
            Server.Configuration(endpoints: [endpoint]),
            logger: Logger(label: "komoku") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Opens the port.
    ///
    /// - Returns: its number.
    @discardableResult
    public func start() async throws(Failure) -> Int {
        do throws(Server.Error) {
            return try await server.start(hub.desk).first?.port ?? 0
        } catch {
            throw Failure(description: error.description)
        }
    }

    /// Closes the port, and says goodbye to every client.
    public func stop() async { await server.stop() }
}
