internal import Komoku
internal import NIOCore
internal import NIOHTTP1

/// Reads what is answered instead of a WebSocket.
final class RefusedUpgrade: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    struct Answer: Sendable {
        var status = 0
        /// Its beginning.
        var body: [UInt8] = []
    }

    private let promise: EventLoopPromise<Answer>
    private var answer = Answer()
    private static let maximumBody = 1024

    init(_ promise: EventLoopPromise<Answer>) {
        self.promise = promise
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .head(let head): answer.status = Int(head.status.code)
        case .body(let part):
            answer.body += part.readableBytesView.prefix(Self.maximumBody - answer.body.count)
            if answer.body.count >= Self.maximumBody { finish() }
        case .end: finish()
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { finish() }

    private func finish() { promise.succeed(answer) }
}

extension RefusedUpgrade.Answer {
    /// What it says to people: the detail of a problem (RFC 9457), or the first line. Without what a terminal would obey.
    private var sentence: String {
        let detail = (try? JSON(parsing: body))?["detail"]?.string.map { Array($0.utf8) }
        let line = (detail ?? body).prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        let text = String(decoding: line, as: UTF8.self).unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }
        return String(String.UnicodeScalarView(text)).prefix(300).description
    }

    func error(at address: HubAddress, token: HubAccess.Token?) -> ClientError {
        let said = sentence.isEmpty || sentence.hasPrefix("<") || sentence.hasPrefix("{") ? "" : " (\(sentence))"
        switch status {
        case 401 where token?.isPassword == true:
            return .denied(address, reason: "it refuses the name or the password\(said)")
        case 401 where token != nil:
            return .denied(
                address, reason: "it refuses the token\(said); is it this hub's, and was it not removed?")
        case 401:
            return .denied(
                address, reason: "it wants to know who asks\(said); give a token with --token-file or KOMOKU_TOKEN")
        case 403: return .denied(address, reason: said.isEmpty ? "it forbids it (403)" : "it says\(said)")
        case 429: return .denied(address, reason: "too many attempts failed\(said); wait a minute")
        default:
            return .notAHub(address, reason: "it does not answer with a WebSocket, but with \(status)\(said)")
        }
    }
}
