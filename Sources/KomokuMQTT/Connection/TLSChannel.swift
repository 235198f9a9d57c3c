internal import COpenSSL
internal import Glibc

/// The bytes of a connection that OpenSSL encrypts. It works on memory; the socket is ours, so that no signal comes of a
/// peer that is gone.
final class TLSChannel: ByteChannel {
    let descriptor: Int32
    private let session: OpaquePointer
    private let incoming: OpaquePointer
    private let outgoing: OpaquePointer
    /// Encrypted, and not yet with the socket.
    private var unsent: [UInt8] = []
    private var buffer = [UInt8](repeating: 0, count: 1 << 14)

    struct Failure: Error {
        let reason: String
    }

    /// Takes over a connected socket that does not block.
    init(_ descriptor: Int32, host: String, authorityFile: String?, certificateFile: String?, keyFile: String?)
        throws(Failure)
    {
        let context: OpaquePointer
        do throws(Failure) {
            context = try Self.context(authorityFile, certificateFile, keyFile)
        } catch {
            close(descriptor)
            throw error
        }
        defer { SSL_CTX_free(context) }
        guard let session = SSL_new(context), let incoming = BIO_new(BIO_s_mem()), let outgoing = BIO_new(BIO_s_mem())
        else {
            close(descriptor)
            throw Failure(reason: "there is no memory")
        }
        (self.descriptor, self.session, self.incoming, self.outgoing) = (descriptor, session, incoming, outgoing)
        SSL_set_bio(session, incoming, outgoing)
        SSL_set_connect_state(session)
        guard Self.expect(host, of: session) else { throw Failure(reason: "the host's name cannot be checked") }
    }

    deinit {
        SSL_free(session)
        close(descriptor)
    }

    private static func context(
        _ authorityFile: String?, _ certificateFile: String?, _ keyFile: String?
    ) throws(Failure) -> OpaquePointer {
        guard let context = SSL_CTX_new(TLS_client_method()) else { throw Failure(reason: "there is no memory") }
        var isRight = komoku_tls_require_1_2(context) == 1
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
        if let authorityFile {
            isRight = isRight && SSL_CTX_load_verify_file(context, authorityFile) == 1
        } else {
            isRight = isRight && SSL_CTX_set_default_verify_paths(context) == 1
        }
        if let certificateFile {
            isRight = isRight && SSL_CTX_use_certificate_chain_file(context, certificateFile) == 1
        }
        if let keyFile {
            isRight =
                isRight && SSL_CTX_use_PrivateKey_file(context, keyFile, SSL_FILETYPE_PEM) == 1
                && SSL_CTX_check_private_key(context) == 1
        }
        if isRight { return context }
        SSL_CTX_free(context)
        throw Failure(reason: errorText() ?? "the certificates cannot be used")
    }

    /// Has the certificate checked against the host, a name or an address.
    private static func expect(_ host: String, of session: OpaquePointer) -> Bool {
        if X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host) == 1 { return true }
        return SSL_set1_host(session, host) == 1 && komoku_tls_name_server(session, host) == 1
    }

    /// The oldest error that OpenSSL keeps for this thread, in words; none is kept afterwards.
    private static func errorText() -> String? {
        let code = ERR_get_error()
        ERR_clear_error()
        guard code != 0, let reason = ERR_reason_error_string(code) else { return nil }
        return String(cString: reason)
    }

    /// Goes on with the handshake.
    ///
    /// - Returns: `.done` when it is over.
    func handshake() -> Transfer {
        while true {
            ERR_clear_error()
            let code = SSL_do_handshake(session)
            let flushed = flush()
            if code == 1 { return flushed == .wouldBlock ? .done(0) : flushed }
            guard SSL_get_error(session, code) == SSL_ERROR_WANT_READ else { return .failed(reason) }
            if case .failed = flushed { return flushed }
            let filled = fill()
            guard case .done = filled else { return filled }
        }
    }

    /// Why OpenSSL gave up just now.
    private var reason: String {
        let result = SSL_get_verify_result(session)
        let text = Self.errorText() ?? "the connection was closed"
        guard result != X509_V_OK, let words = X509_verify_cert_error_string(result) else { return text }
        return "\(text): \(String(cString: words))"
    }

    var mustFlush: Bool { !unsent.isEmpty }
    var isDryAfterShortRead: Bool { false }

    func read(into space: UnsafeMutableRawBufferPointer) -> Transfer {
        while true {
            var count = 0
            ERR_clear_error()
            if SSL_read_ex(session, space.baseAddress, space.count, &count) == 1 { return .done(count) }
            let error = SSL_get_error(session, 0)
            if case .failed(let text) = flush() { return .failed(text) }
            if error == SSL_ERROR_ZERO_RETURN { return .closed }
            guard error == SSL_ERROR_WANT_READ else { return .failed(reason) }
            let filled = fill()
            guard case .done = filled else { return filled }
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> Transfer {
        let before = flush()
        guard case .done = before else { return before }
        var count = 0
        ERR_clear_error()
        guard !bytes.isEmpty else { return .done(0) }
        guard SSL_write_ex(session, bytes.baseAddress, min(bytes.count, buffer.count), &count) == 1 else {
            return SSL_get_error(session, 0) == SSL_ERROR_WANT_READ ? .wouldBlock : .failed(reason)
        }
        if case .failed(let text) = flush() { return .failed(text) }
        return .done(count)
    }

    /// Gives OpenSSL what has come.
    private func fill() -> Transfer {
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return count == 0 ? .closed : .failure(errno) }
        return BIO_write(incoming, buffer, Int32(count)) == Int32(count)
            ? .done(count) : .failed("there is no memory")
    }

    /// Sends what OpenSSL has made.
    ///
    /// - Returns: `.done` where nothing is left.
    private func flush() -> Transfer {
        while true {
            if unsent.isEmpty {
                let count = BIO_read(outgoing, &buffer, Int32(buffer.count))
                if count <= 0 { return .done(0) }
                unsent = Array(buffer[..<Int(count)])
            }
            let count = send(descriptor, unsent, unsent.count, Int32(MSG_NOSIGNAL))
            if count < 0 { return .failure(errno) }
            unsent.removeFirst(count)
        }
    }
}
