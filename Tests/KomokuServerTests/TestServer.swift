import Komoku
import KomokuHub
@testable import KomokuServer
import KomokuStore
import Logging

/// A hub in memory behind a real server on free loopback ports.
struct TestServer {
    let hub: Hub
    let server: Server
    let v1: Int
    let v2: Int

    /// A peer that does not answer a close is given up soon.
    static let quick = {
        var limits = Server.Limits()
        limits.closing = .milliseconds(200)
        return limits
    }()

    static func run<Result: Sendable>(
        limits: Server.Limits = quick, _ body: @Sendable (TestServer) async throws -> Result
    ) async throws -> Result {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let store = try Store(Store.Configuration(location: .memory), logger: logger)
        let hub = Hub(store: store, logger: logger)
        hub.start()
        let endpoints = [Server.Endpoint(port: 0, version: .v1), Server.Endpoint(port: 0, version: .v2)]
        let server = Server(Server.Configuration(endpoints: endpoints), hub: hub, logger: logger, limits: limits)
        let bound = try await server.start()
        let outcome: Swift.Result<Result, any Error>
        do {
            outcome = .success(
                try await body(TestServer(hub: hub, server: server, v1: bound[0].port, v2: bound[1].port)))
        } catch {
            outcome = .failure(error)
        }
        await server.stop()
        hub.stop()
        store.close()
        return try outcome.get()
    }
}
