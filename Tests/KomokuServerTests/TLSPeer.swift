import Komoku
import KomokuSystem
import KomokuTesting
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS

/// A client that speaks TLS, and what it heard.
final class TLSPeer: Sendable {
    private let channel: any Channel
    private let heard: Collector<String>
    private let certificate: Collector<String>

    /// - Parameters:
    ///   - authority: the file of the authority that it trusts.
    ///   - own: the files of its certificate and key.
    static func connect(
        port: Int, authority: String, own: (certificate: String, key: String)? = nil,
        change: (inout TLSConfiguration) -> Void = { _ in }
    ) async throws -> TLSPeer {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .file(authority)
        configuration.applicationProtocols = ["h2", "http/1.1"]
        if let own {
            configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(own.certificate).map { .certificate($0) }
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: own.key, format: .pem))
        }
        change(&configuration)
        let context = try NIOSSLContext(configuration: configuration)
        let (heard, certificate) = (Collector<String>(), Collector<String>())
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        NIOSSLClientHandler(context: context, serverHostname: "localhost"),
                        Listening(heard, certificate),
                    ])
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return TLSPeer(channel, heard, certificate)
    }

    private init(_ channel: any Channel, _ heard: Collector<String>, _ certificate: Collector<String>) {
        (self.channel, self.heard, self.certificate) = (channel, heard, certificate)
    }

    /// Sends a request and waits for an answer that holds `text`.
    func ask(_ request: String, until text: String) async throws -> String {
        let before = heard.elements.count
        try await channel.writeAndFlush(ByteBuffer(string: request)).get()
        return try await heard.wait(within: .seconds(10)) { parts in
            parts.dropFirst(before).joined().contains(text) || parts.last == Self.end
        }.dropFirst(before).joined()
    }

    /// Asks whether the hub is healthy.
    func isAnswered() async throws -> Bool {
        try await ask("GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n", until: "\r\n\r\nok").contains("200")
    }

    /// The fingerprint of the certificate that was shown, once the handshake is over, and what it agreed on.
    func shown() async throws -> [String] { try await certificate.wait(for: 1, within: .seconds(10)) }

    func close() async { try? await channel.close().get() }

    static let end = "(end)"

    private final class Listening: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let heard: Collector<String>
        private let certificate: Collector<String>

        init(_ heard: Collector<String>, _ certificate: Collector<String>) {
            (self.heard, self.certificate) = (heard, certificate)
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            guard case .handshakeCompleted(let agreed)? = event as? TLSUserEvent else { return }
            let shown = try? context.pipeline.syncOperations.nioSSL_peerCertificate()?.toDERBytes()
            certificate.append(contentsOf: [shown.map { SHA256(of: $0).hexadecimal } ?? "", agreed ?? "nothing"])
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            heard.append(String(buffer: Self.unwrapInboundIn(data)))
        }

        func channelInactive(context: ChannelHandlerContext) { heard.append(TLSPeer.end) }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            heard.append(TLSPeer.end)
            certificate.append("\(error)")
            context.close(promise: nil)
        }
    }
}
