import Glibc
import Komoku
import KomokuSystem
import KomokuTesting
import KomokuWire
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Testing

@testable import KomokuServer

struct TLSTests {
    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private static let quick = {
        var limits = TestServer.quick
        limits.certificateCheck = .milliseconds(20)
        return limits
    }()

    @Test func aPortSpeaksTLSAndAgreesOnHTTP() async throws {
        try await HouseCertificates.with { house in
            try await TestServer.run(limits: Self.quick, tls: house.files) { server in
                let peer = try await TLSPeer.connect(port: server.v2, authority: house.authority.authorityCertificate)
                let fingerprint = try HouseCertificates.fingerprint(house.authority.certificate)
                let shown = try await peer.shown()
                #expect(shown == [fingerprint, "http/1.1"], "\(shown)")
                #expect(try await peer.isAnswered())
                await peer.close()
            }
        }
    }

    @Test func whatIsOlderThanTLS12IsRefused() async throws {
        try await HouseCertificates.with { house in
            try await TestServer.run(limits: Self.quick, tls: house.files) { server in
                let peer = try await TLSPeer.connect(
                    port: server.v2, authority: house.authority.authorityCertificate,
                    change: { ($0.minimumTLSVersion, $0.maximumTLSVersion) = (.tlsv1, .tlsv11) })
                #expect(try await peer.shown().first?.contains("handshakeFailed") == true)
                let allowed = try await TLSPeer.connect(
                    port: server.v2, authority: house.authority.authorityCertificate,
                    change: { $0.maximumTLSVersion = .tlsv12 })
                #expect(try await allowed.isAnswered())
                await allowed.close()
            }
        }
    }

    @Test func aPlainRequestIsToldToUseTLS() async throws {
        try await HouseCertificates.with { house in
            try await TestServer.run(limits: Self.quick, tls: house.files) { server in
                let answer = try RawSocket(port: server.v2).http("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                #expect(answer.hasPrefix("HTTP/1.1 400"))
                #expect(answer.contains("https://"))
                let silent = try RawSocket(port: server.v2)
                try silent.write([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
                #expect(silent.isEnded())
            }
        }
    }

    @Test func certificatesAreSwappedAndOpenConnectionsGoOn() async throws {
        try await HouseCertificates.with { house in
            try await TestServer.run(limits: Self.quick, tls: house.files) { server in
                let path = house.authority.certificate
                let kept = try await TLSPeer.connect(port: server.v2, authority: house.authority.authorityCertificate)
                #expect(try await kept.isAnswered())
                for _ in 0..<3 {
                    try house.authority.renew()
                    let new = try HouseCertificates.fingerprint(path)
                    try await Self.waitUntil(new, isShownBy: server.v2, house)
                    #expect(try await kept.isAnswered())
                }
                await kept.close()
            }
        }
    }

    /// Every client is answered while it waits.
    ///
    /// - Parameter trusts: whether the old certificate is trusted, too; a client that does not trust it hangs up at any point.
    private static func waitUntil(
        _ fingerprint: String, isShownBy port: Int, _ house: HouseCertificates, trusts: Bool = true
    ) async throws {
        let end = ContinuousClock().now + .seconds(10)
        while ContinuousClock().now < end {
            do {
                let peer = try await TLSPeer.connect(port: port, authority: house.authority.authorityCertificate)
                let shown = try await peer.shown().first
                if trusts || shown == fingerprint { #expect(try await peer.isAnswered()) }
                await peer.close()
                if shown == fingerprint { return }
            } catch  where !trusts {
                continue
            }
        }
        Issue.record("the new certificate is not shown")
    }

    @Test func aBadNewFileKeepsTheOldOneAndIsNamed() async throws {
        try await HouseCertificates.with { house in
            try await TestServer.run(limits: Self.quick, tls: house.files) { server in
                let old = try HouseCertificates.fingerprint(house.authority.certificate)
                let other = try house.other("other")
                try FileCopy.copy(other.certificate, to: house.authority.certificate)
                let endpoints = [
                    Server.Endpoint(port: 0, version: .v1), Server.Endpoint(port: 0, version: .v2, tls: house.files),
                ]
                let failure = await #expect(throws: Server.Error.self) {
                    try await server.server.reload(Server.Configuration(endpoints: endpoints))
                }
                #expect(failure?.message.contains(house.authority.key) == true, "\(failure as Any)")
                #expect(failure?.message.contains("not the key of the certificate") == true, "\(failure as Any)")
                let peer = try await TLSPeer.connect(port: server.v2, authority: house.authority.authorityCertificate)
                #expect(try await peer.shown().first == old)
                await peer.close()
                // The key that belongs to it comes a moment later.
                try FileCopy.copy(other.key, to: house.authority.key)
                let new = try HouseCertificates.fingerprint(other.certificate)
                try await Self.waitUntil(new, isShownBy: server.v2, HouseCertificates(authority: other), trusts: false)
            }
        }
    }

    @Test func aPortTurnsToTLSAndBackWhileItIsOpen() async throws {
        try await HouseCertificates.with { house in
            try await TestServer.run(limits: Self.quick) { server in
                let free = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                    .bind(host: "127.0.0.1", port: 0).get()
                let port = free.localAddress?.port ?? 0
                try await free.close()
                let plain = Server.Endpoint(port: port, version: .v2)
                let secure = Server.Endpoint(port: port, version: .v2, tls: house.files)
                for endpoint in [plain, secure] {
                    try await server.server.reload(Server.Configuration(endpoints: [endpoint]))
                }
                let peer = try await TLSPeer.connect(port: port, authority: house.authority.authorityCertificate)
                #expect(try await peer.isAnswered())
                try await server.server.reload(Server.Configuration(endpoints: [plain]))
                #expect(try RawSocket(port: port).http("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").contains("200"))
                #expect(try await peer.isAnswered())
                await peer.close()
            }
        }
    }

    @Test func aClientMayShowACertificateOfTheClientsAuthority() async throws {
        try await HouseCertificates.with { house in
            var files = house.files
            files.clientCA = house.authority.authorityCertificate
            let context = try TLSContext(files, logger: Self.quiet)
            let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try context.addHandler(to: channel)
                        try channel.pipeline.syncOperations.addHandler(TellsWhoAsks())
                    }
                }
                .bind(host: "127.0.0.1", port: 0).get()
            let port = server.localAddress?.port ?? 0
            let client = try house.clientCertificate()
            let ca = house.authority.authorityCertificate
            let known = try await TLSPeer.connect(port: port, authority: ca, own: client)
            let fingerprint = try HouseCertificates.fingerprint(client.certificate)
            #expect(try await known.ask("?", until: "!") == "tablet \(fingerprint)!")
            let anonymous = try await TLSPeer.connect(port: port, authority: ca)
            #expect(try await anonymous.ask("?", until: "!") == "nobody!")
            let stranger = HouseCertificates(authority: try house.other("other"))
            let foreign = try await TLSPeer.connect(port: port, authority: ca, own: try stranger.clientCertificate())
            #expect((try? await foreign.ask("?", until: "!"))?.contains("!") != true)
            for peer in [known, anonymous, foreign] { await peer.close() }
            try await server.close()
        }
    }

    @Test func theHubRenewsWhatItsOwnAuthorityHasSigned() async throws {
        try await HouseCertificates.with { house in
            try house.shorten(to: 20)
            let before = try HouseCertificates.fingerprint(house.authority.certificate)
            let contexts = TLSContexts(logger: Self.quiet)
            try contexts.prepare(house.files)
            contexts.look()
            #expect(try HouseCertificates.fingerprint(house.authority.certificate) != before)
            contexts.look()
            contexts.look()
            let context = try #require(contexts[house.files])
            let days = (context.end - Int(time(nil))) / 86_400
            #expect((363...366).contains(days))
        }
    }

    @Test func withoutTheAuthoritysKeyNothingIsRenewed() async throws {
        try await HouseCertificates.with { house in
            try house.shorten(to: 20)
            try FileCopy.remove(house.authority.authorityKey)
            let before = try HouseCertificates.fingerprint(house.authority.certificate)
            let contexts = TLSContexts(logger: Self.quiet)
            try contexts.prepare(house.files)
            contexts.look()
            #expect(try HouseCertificates.fingerprint(house.authority.certificate) == before)
        }
    }
}

private final class TellsWhoAsks: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let who = context.channel.peerCertificate.map { "\($0.name ?? "") \($0.fingerprint)" } ?? "nobody"
        context.writeAndFlush(Self.wrapOutboundOut(ByteBuffer(string: who + "!")), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
