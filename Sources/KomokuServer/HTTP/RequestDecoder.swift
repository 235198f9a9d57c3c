internal import NIOCore
internal import NIOHTTP1

/// NIO's decoder, which of a head that is too long also knows which part of it was.
final class RequestDecoder: ByteToMessageDecoder {
    typealias InboundOut = HTTPServerRequestPart

    /// Bytes of a target, or of one field of a head.
    static let mostOfField = 8 << 10

    private let decoder: HTTPRequestDecoder
    /// Of the head at which reading ended.
    private(set) var isTargetTooLong = false

    init() {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = Self.mostOfField
        limits.maxHeaderListSize = 16 << 10
        limits.maxHeaderFieldCount = 64
        decoder = HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: limits)
    }

    func decoderAdded(context: ChannelHandlerContext) { decoder.decoderAdded(context: context) }

    func decoderRemoved(context: ChannelHandlerContext) { decoder.decoderRemoved(context: context) }

    func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) throws -> DecodingState {
        do { return try decoder.decode(context: context, buffer: &buffer) } catch {
            isTargetTooLong = Self.hasLongTarget(buffer.readableBytesView)
            throw error
        }
    }

    func decodeLast(
        context: ChannelHandlerContext, buffer: inout ByteBuffer, seenEOF: Bool
    ) throws -> DecodingState {
        try decoder.decodeLast(context: context, buffer: &buffer, seenEOF: seenEOF)
    }

    /// What is not read yet begins where a request does or, in one that came in parts, where its target or a field does.
    private static func hasLongTarget(_ bytes: ByteBufferView) -> Bool {
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true)
        guard let line = lines.first(where: { $0.count > mostOfField }) else { return false }
        let method = line.prefix { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
        let rest = line.dropFirst(method.count)
        return rest.first == (method.isEmpty ? UInt8(ascii: "/") : UInt8(ascii: " "))
    }
}
