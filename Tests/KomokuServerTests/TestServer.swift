import Komoku
import KomokuDesk
import KomokuHub
@testable import KomokuServer
import KomokuStore
import KomokuWire
import KomokuYAML
import Logging

/// A hub in memory behind a real server on free loopback ports.
struct TestServer {
    let hub: Hub
    let desk: Desk
    let server: Server
    let v1: Int
    let v2: Int
    /// Without HTTP.
    let v3: Int

    /// A peer that does not answer a close is given up soon, one that is only slow on a busy machine is not.
    static let quick = {
        var limits = Server.Limits()
        limits.closing = .milliseconds(200)
        limits.silence = .seconds(60)
        return limits
    }()

    static func run<Result: Sendable>(
        limits: Server.Limits = quick, configuration: Hub.Configuration = .init(),
        clock: any HubClock = SystemClock(), location: Store.Location = .memory,
        tls: TLSFiles? = nil, rules: (any RuleService)? = nil, hooks: [String: String] = [:],
        page: PageSettings = .init(),
        broker: @escaping BrokerState.Source = { nil },
        _ body: @Sendable (TestServer) async throws -> Result
    ) async throws -> Result {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let store = try Store(Store.Configuration(location: location), logger: logger)
        let hub = Hub(store: store, configuration: configuration, clock: clock, logger: logger)
        hub.start()
        var endpoints = [
            Server.Endpoint(port: 0, version: .v1), Server.Endpoint(port: 0, version: .v2, tls: tls),
            Server.Endpoint(port: 0, version: .v2, tls: tls),
        ]
        endpoints[2].isPacked = true
        var settings = Server.Configuration(endpoints: endpoints)
        settings.hooks = hooks.mapValues { Secret($0) }
        settings.page = page
        let server = Server(settings, logger: logger, limits: limits)
        let desk = Desk(hub, rules: rules, broker: broker)
        let bound = try await server.start(desk)
        let outcome: Swift.Result<Result, any Error>
        do {
            outcome = .success(
                try await body(
                    TestServer(
                        hub: hub, desk: desk, server: server, v1: bound[0].port, v2: bound[1].port,
                        v3: bound[2].port)))
        } catch {
            outcome = .failure(error)
        }
        await server.stop()
        hub.stop()
        store.close()
        return try outcome.get()
    }
}

extension RawSocket {
    /// The result of a command of the second protocol; null where it was refused.
    func result(_ text: String) throws -> JSON { try JSON(parsing: try ask(text))["result"] ?? .null }

    /// Puts `[[T,V], …]`, which must not be refused, and asks for no answers but the last.
    func put(_ key: String, _ points: [(Double, JSON)]) throws {
        for part in stride(from: 0, to: points.count, by: 1000) {
            let commands = points[part..<min(part + 1000, points.count)].map { time, value -> JSON in
                ["put": ["key": .string(key), "value": value, "time": .number(time)]]
            }
            _ = try ask(JSON.array(commands).text)
        }
    }
}
