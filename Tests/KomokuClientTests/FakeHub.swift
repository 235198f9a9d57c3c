import Komoku
import KomokuClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import Synchronization

/// A hub that answers as a test tells it to, also in ways no hub should.
final class FakeHub: Sendable {
    enum Reply: Sendable {
        /// One message for each, with the `query_id` of the command; the next when the one before is written.
        case messages([JSON])
        /// These messages, then the end of the connection.
        case messagesThenEnd([JSON])
        case silence
    }

    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let channel: any Channel
    /// Bytes that were handed to the system, of answers of several messages.
    let written = Counter()

    final class Counter: Sendable {
        private let count = Mutex(0)
        func add(_ more: Int) { count.withLock { $0 += more } }
        var value: Int { count.withLock { $0 } }
    }

    /// - Parameters:
    ///   - socket: where it listens in the file system, instead of a port.
    ///   - token: who asks without it is answered so, with a sentence.
    ///   - answer: takes a command's name and body.
    init(
        socket: String? = nil, token: (text: String, status: HTTPResponseStatus)? = nil,
        _ answer: @escaping @Sendable (String, JSON) -> Reply
    ) async throws {
        let written = self.written
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            // A system that buffers megabytes would hide who waits for whom.
            .childChannelOption(.socketOption(.so_sndbuf), value: 64 << 10)
        let listening =
            bootstrap
            .childChannelInitializer { channel in
                let upgrader = NIOWebSocketServerUpgrader(
                    maxFrameSize: 4 << 20,
                    shouldUpgrade: { channel, head in
                        // It speaks the second version of the protocol alone.
                        if head.uri.hasSuffix("/v3") { return channel.eventLoop.makeSucceededFuture(nil) }
                        let isIn = token.map { head.headers["Authorization"] == ["Bearer \($0.text)"] } ?? true
                        return channel.eventLoop.makeSucceededFuture(isIn ? [:] : nil)
                    },
                    upgradePipelineHandler: { channel, _ in
                        channel.eventLoop.makeCompletedFuture {
                            try channel.pipeline.syncOperations.addHandler(FakeHubHandler(written, answer))
                        }
                    })
                return channel.eventLoop.makeCompletedFuture {
                    let refusing = Refusing(status: token?.status ?? .notFound)
                    let bound = NIOLoopBound(refusing, eventLoop: channel.eventLoop)
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline(
                        withServerUpgrade: (
                            upgraders: [upgrader],
                            completionHandler: { context in
                                context.pipeline.syncOperations.removeHandler(bound.value, promise: nil)
                            }
                        ))
                    try channel.pipeline.syncOperations.addHandler(refusing)
                }
            }
        channel =
            if let socket {
                try await listening.bind(unixDomainSocketPath: socket).get()
            } else {
                try await listening.bind(host: "127.0.0.1", port: 0).get()
            }
    }

    var address: HubAddress {
        get throws { try HubAddress("ws://127.0.0.1:\(channel.localAddress?.port ?? 0)") }
    }

    func stop() async {
        try? await channel.close()
        try? await group.shutdownGracefully()
    }

    static func with(
        _ answer: @escaping @Sendable (String, JSON) -> Reply, _ body: (FakeHub, Client) async throws -> Void
    ) async throws {
        let hub = try await FakeHub(answer)
        let client = Client(try hub.address)
        do {
            try await body(hub, client)
        } catch {
            await client.close()
            await hub.stop()
            throw error
        }
        await client.close()
        await hub.stop()
    }
}

private final class Refusing: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart
    private let status: HTTPResponseStatus
    private var isNewer = false

    init(status: HTTPResponseStatus) {
        self.status = status
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = Self.unwrapInboundIn(data)
        if case .head(let head) = part { isNewer = head.uri.hasSuffix("/v3") }
        guard case .end = part else { return }
        let text = "a sentence of the hub\n"
        let head = HTTPResponseHead(
            version: .http1_1, status: isNewer ? .notFound : status, headers: ["Content-Length": "\(text.utf8.count)"])
        context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
        context.write(Self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
        context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
    }
}

private final class FakeHubHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let written: FakeHub.Counter
    private let answer: @Sendable (String, JSON) -> FakeHub.Reply

    init(_ written: FakeHub.Counter, _ answer: @escaping @Sendable (String, JSON) -> FakeHub.Reply) {
        self.written = written
        self.answer = answer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = Self.unwrapInboundIn(data)
        guard frame.opcode == .text, let command = try? JSON(parsing: frame.unmaskedData.readableBytesView),
            let member = command.object?.first
        else { return }
        let id = JSON.Member("query_id", command["query_id"] ?? .null)
        func framed(_ messages: [JSON]) -> [ByteBuffer] {
            messages.map { ByteBuffer(bytes: JSON.object(($0.object ?? []) + [id]).bytes) }
        }
        // Of an older version: it does not say which zone is its own.
        let isAskedForZone = member.name.utf8.elementsEqual("hub".utf8)
        switch isAskedForZone ? .messages([["error": "invalid_query"]]) : answer(member.name, member.value) {
        case .silence: break
        case .messages(let messages): send(framed(messages)[...], context, counts: messages.count > 1, ends: false)
        case .messagesThenEnd(let messages): send(framed(messages)[...], context, counts: true, ends: true)
        }
    }

    private func send(_ messages: ArraySlice<ByteBuffer>, _ context: ChannelHandlerContext, counts: Bool, ends: Bool) {
        guard let first = messages.first else {
            if ends { context.close(promise: nil) }
            return
        }
        let frame = WebSocketFrame(fin: true, opcode: .text, data: first)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.writeAndFlush(Self.wrapOutboundOut(frame)).whenSuccess {
            let (handler, context) = bound.value
            if counts { handler.written.add(first.readableBytes) }
            handler.send(messages.dropFirst(), context, counts: counts, ends: ends)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
