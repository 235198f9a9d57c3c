internal import CMosquitto
internal import Glibc

/// What libmosquitto's TLS has decrypted: looked at, or taken before libmosquitto does.
///
/// OpenSSL comes with libmosquitto; its calls are found by their names, so that building needs nothing more.
final class SecureBytes {
    private typealias Pointer = UnsafeMutableRawPointer
    private typealias Transfer = @convention(c) @Sendable (Pointer?, Pointer?, Int32) -> Int32
    private typealias Question = @convention(c) @Sendable (UnsafeMutableRawPointer?) -> Int32
    private typealias Verdict = @convention(c) @Sendable (UnsafeMutableRawPointer?, Int32) -> Int32

    private typealias Clearing = @convention(c) @Sendable () -> Void
    private typealias Finding = @convention(c) @Sendable (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer?
    private typealias Kind = @convention(c) @Sendable () -> UnsafeMutableRawPointer?
    private typealias Exchange = @convention(c) @Sendable (UnsafeMutableRawPointer?, UnsafeMutableRawPointer?) -> Void

    private static let peekCall = call("SSL_peek", as: Transfer.self)
    private static let readCall = call("SSL_read", as: Transfer.self)
    private static let writeCall = call("SSL_write", as: Transfer.self)
    private static let readyCall = call("SSL_is_init_finished", as: Question.self)
    private static let errorCall = call("SSL_get_error", as: Verdict.self)
    private static let clearCall = call("ERR_clear_error", as: Clearing.self)

    private static let sourceCall = call("SSL_get_rbio", as: Finding.self)
    private static let exchangeCall = call("SSL_set0_rbio", as: Exchange.self)
    private static let keepCall = call("BIO_up_ref", as: Question.self)
    private static let dropCall = call("BIO_free", as: Question.self)
    private static let makeCall = call("BIO_new", as: Finding.self)
    private static let memoryCall = call("BIO_s_mem", as: Kind.self)

    private let handle: OpaquePointer
    /// A source of nothing, which says that more will come.
    private let silence: UnsafeMutableRawPointer?

    init(_ handle: OpaquePointer) {
        self.handle = handle
        silence = Self.makeCall?(Self.memoryCall?())
    }

    deinit {
        if let silence { _ = Self.dropCall?(silence) }
    }

    private static func call<Call>(_ name: String, as type: Call.Type) -> Call? {
        dlsym(nil, name).map { unsafeBitCast($0, to: type) }
    }

    private var session: UnsafeMutableRawPointer? { mosquitto_ssl_get(handle) }

    var isReady: Bool {
        guard let session, let isFinished = Self.readyCall else { return false }
        return isFinished(session) == 1
    }

    /// Does something that gets to see only what is decrypted already, and looked at: nothing is taken from the socket.
    func withoutSocket<Result>(_ body: () -> Result) -> Result {
        guard let session, let silence, let exchange = Self.exchangeCall, let keep = Self.keepCall,
            let socket = Self.sourceCall?(session), keep(socket) == 1, keep(silence) == 1
        else { return body() }
        exchange(session, silence)
        defer {
            // The session takes over what was kept here, where it is not freed meanwhile.
            if let session = self.session { exchange(session, socket) } else { _ = Self.dropCall?(socket) }
        }
        return body()
    }

    func peek(_ space: UnsafeMutableRawBufferPointer) -> PacketGate.Peek {
        switch transfer(Self.peekCall, space) {
        case let count where count > 0: .bytes(count)
        case 0: .closed
        default: .dry
        }
    }

    /// - Returns: how many bytes; 0 where the connection has ended, less where nothing has come.
    func read(_ space: UnsafeMutableRawBufferPointer) -> Int { transfer(Self.readCall, space) }

    /// - Returns: how many bytes were written.
    func write(_ bytes: [UInt8]) -> Int {
        var bytes = bytes
        return bytes.withUnsafeMutableBytes { transfer(Self.writeCall, $0) }
    }

    private func transfer(_ call: Transfer?, _ space: UnsafeMutableRawBufferPointer) -> Int {
        guard let session, let call else { return 0 }
        Self.clearCall?()
        let count = call(session, space.baseAddress, Int32(clamping: space.count))
        if count > 0 { return Int(count) }
        // SSL_ERROR_WANT_READ and _WRITE.
        let error = Self.errorCall?(session, count) ?? 1
        Self.clearCall?()
        return error == 2 || error == 3 ? -1 : 0
    }
}
