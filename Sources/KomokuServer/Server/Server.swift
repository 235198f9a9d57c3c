internal import Glibc
internal import Komoku
package import KomokuDesk
package import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOPosix

/// Serves the WebSocket protocols, and the little HTTP beside them, on every configured port.
package actor Server {
    package typealias Limits = ServerLimits
    package typealias Endpoint = ServerEndpoint

    private let limits: Limits
    /// Nil until it is started.
    private var context: ServerContext?
    private let group: MultiThreadedEventLoopGroup
    private let logger: Logger
    private var configuration: Configuration
    private let certificates: TLSContexts
    /// The open ports, by the endpoint that was asked for.
    private var listening: [Endpoint: Listener] = [:]

    package init(_ configuration: Configuration, logger: Logger, limits: Limits = Limits()) {
        self.configuration = configuration
        self.logger = logger
        self.limits = limits
        certificates = TLSContexts(logger: logger)
        group = MultiThreadedEventLoopGroup(numberOfThreads: min(2, System.coreCount))
    }

    /// Opens the ports: all of them, or none.
    ///
    /// - Parameter desk: where commands are carried out.
    /// - Returns: the endpoints in the order of the configuration, with the ports that the system gave for port 0.
    @discardableResult
    package func start(_ desk: Desk) async throws(Error) -> [Endpoint] {
        let context = ServerContext(desk, limits: limits, logger: logger)
        context.hooks.withLockedValue { $0 = configuration.hooks }
        context.proxies.withLockedValue { $0 = configuration.proxies }
        context.page.withLockedValue { $0 = configuration.page }
        self.context = context
        try await listen(on: configuration.endpoints)
        watchCertificates()
        return bound
    }

    /// Opens the ports that are new and closes those that are gone; connections of the latter live on.
    ///
    /// - Throws: `Server.Error`, and then nothing is changed.
    @discardableResult
    package func reload(_ configuration: Configuration) async throws(Error) -> [Endpoint] {
        try await listen(on: configuration.endpoints)
        self.configuration = configuration
        context?.hooks.withLockedValue { $0 = configuration.hooks }
        context?.proxies.withLockedValue { $0 = configuration.proxies }
        context?.page.withLockedValue { $0 = configuration.page }
        certificates.keep(configuration.endpoints.compactMap(\.tls))
        let gone = listening.filter { !configuration.endpoints.contains($0.key) }
        for (endpoint, listener) in gone {
            listening[endpoint] = nil
            await listener.close()
            logger.info("no longer listening", metadata: ["server.address": "\(endpoint)"])
        }
        return bound
    }

    /// Closes the ports, tells every client (close code 1001), and ends the threads once the last connection is gone.
    package func stop() async {
        await close()
        await finish()
    }

    /// Closes the ports, tells every client, and returns when the last connection is gone.
    package func close() async {
        for listener in listening.values { await listener.close() }
        listening = [:]
        let open = context?.connections.beginClosing() ?? []
        for channel in open { channel.pipeline.fireUserInboundEventTriggered(ServerStops()) }
        for channel in open { try? await channel.closeFuture.get() }
    }

    /// Ends the threads: after whatever may still answer to connections that are gone.
    package func finish() async { try? await group.shutdownGracefully() }

    /// The open endpoints with their real ports.
    private var bound: [Endpoint] {
        configuration.endpoints.compactMap { endpoint in
            guard let port = listening[endpoint]?.port else { return nil }
            var endpoint = endpoint
            endpoint.port = port
            return endpoint
        }
    }

    private func listen(on endpoints: [Endpoint]) async throws(Error) {
        guard let context else { return }
        let access = context.desk.access
        let before = access.reach
        try Self.setReach(of: endpoints, access)
        do throws(Error) {
            try await open(endpoints, context)
        } catch {
            _ = access.setReach(before)
            throw error
        }
    }

    private func open(_ endpoints: [Endpoint], _ context: ServerContext) async throws(Error) {
        for endpoint in endpoints {
            guard let files = endpoint.tls else { continue }
            do throws(TLSFault) { try certificates.prepare(files) } catch { throw Error(error, of: endpoint) }
        }
        var opened: [(Endpoint, Listener)] = []
        for endpoint in endpoints where listening[endpoint] == nil && samePort(as: endpoint) == nil {
            do {
                let listener = try await Listener.open(
                    endpoint, tls: certificates[endpoint.tls], addresses: endpoints.map(\.address), context: context,
                    group: group)
                opened.append((endpoint, listener))
            } catch {
                for (_, listener) in opened { await listener.close() }
                throw Error(opening: endpoint, because: error)
            }
        }
        for endpoint in endpoints where listening[endpoint] == nil { retarget(endpoint) }
        for (endpoint, listener) in opened {
            listening[endpoint] = listener
            let place: Logger.Metadata =
                endpoint.socket.map { ["server.address": "\($0.path)"] }
                ?? ["server.address": "\(endpoint.address)", "server.port": "\(listener.port)"]
            logger.info("listening", metadata: place)
        }
    }

    /// Whoever reaches a port of another address could command the house, were nobody known to it.
    private static func setReach(of endpoints: [Endpoint], _ access: AccessControl) throws(Error) {
        let open = endpoints.first(where: \.isExposed)
        if !access.setReach(open?.description), let open { throw Error(unguarded: open) }
    }

    /// A port that is open and speaks another version, so far.
    private func samePort(as endpoint: Endpoint) -> Endpoint? {
        guard endpoint.port != 0 || endpoint.socket != nil else { return nil }
        return listening.keys.first { $0.collides(with: endpoint) }
    }

    private func retarget(_ endpoint: Endpoint) {
        guard let old = samePort(as: endpoint), let listener = listening.removeValue(forKey: old) else { return }
        listener.speak(as: endpoint, tls: certificates[endpoint.tls])
        listening[endpoint] = listener
    }

    /// Looks at the files from time to time, away from the connections' threads: a disk may be slow.
    private func watchCertificates() {
        let interval = TimeAmount(limits.certificateCheck)
        let certificates = certificates
        group.next().scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            NIOThreadPool.singleton.submit { _ in certificates.look() }
        }
    }
}

extension Server {
    /// Why a port could not be opened.
    package struct Error: Swift.Error, Hashable, Sendable, CustomStringConvertible {
        package let subject: String
        package let message: String
        package let remedy: String

        package var description: String { "\(subject): \(message); \(remedy)" }

        init(_ fault: TLSFault, of endpoint: Endpoint) {
            subject = "cannot speak TLS on \(endpoint)"
            message = fault.text
            remedy = fault.remedy
        }

        init(unguarded endpoint: Endpoint) {
            subject = "cannot listen on \(endpoint)"
            (message, remedy) = (Server.Configuration.Exposure.message, Server.Configuration.Exposure.remedy)
        }

        init(opening endpoint: Endpoint, because error: any Swift.Error) {
            subject = "cannot listen on \(endpoint)"
            switch (error as? IOError)?.errnoCode {
            case EADDRINUSE:
                message = "the port is in use"
                remedy = "is another komokud running? Else choose another port in the section 'listen'"
            case EACCES:
                message = "ports below 1024 need a privilege"
                remedy = "choose another port in the section 'listen'"
            case EADDRNOTAVAIL:
                message = "this machine does not have that address"
                remedy = "leave 'address' out to listen on 127.0.0.1"
            default:
                message = "\(error)"
                remedy = "check 'address' and 'port' in the section 'listen'"
            }
        }
    }
}
