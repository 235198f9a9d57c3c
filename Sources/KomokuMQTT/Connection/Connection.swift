internal import CMosquitto
internal import Glibc
internal import Komoku
internal import KomokuYAML

/// One connection to a broker, from its first packet to its last: the only file that knows libmosquitto.
///
/// Belongs to one thread. Packets are queued by every call and written by `write()` alone, also acknowledgements, because
/// libmosquitto takes us for an outside thread. Its callbacks run inside `read()` and `misc()` and must call nothing here.
final class Connection {
    struct Options {
        var broker: Broker
        var clientID: String
        /// The broker keeps subscriptions and messages while we are away.
        var keepsSession: Bool
        var version = Version.five
        /// The topic and payload that the broker publishes, retained, when we are gone.
        var will: (topic: String, payload: String)?
    }

    enum Version: Int32 {
        case five = 5
        case three = 4

        var name: String { self == .five ? "5" : "3.1.1" }
    }

    struct Failure: Error {
        let code: Int32
        let reason: String

        init(code: Int32) {
            self.init(code: code, reason: String(cString: mosquitto_strerror(code)))
        }

        init(code: Int32, reason: String) {
            self.code = code
            self.reason = reason
        }

        static var lost: Failure { Failure(code: MOSQ_ERR_CONN_LOST.rawValue) }
        static var timedOut: Failure { Failure(code: MOSQ_ERR_TIMEOUT.rawValue) }
    }

    /// A message, valid during the callback.
    struct Message {
        let topic: UnsafeRawBufferPointer
        let payload: UnsafeBufferPointer<UInt8>
        let id: UInt16
        let qos: Int32
        let isRetained: Bool
    }

    /// What came in; called on the connection's thread.
    struct Callbacks {
        var connected: (_ code: Int32, _ sessionPresent: Bool) -> Void = { _, _ in }
        var disconnected: (_ code: Int32) -> Void = { _ in }
        var message: (Message) -> Void = { _ in }
        /// Refusals are codes from 128 on.
        var subscribed: (_ id: Int32, _ codes: [Int32]) -> Void = { _, _ in }
        /// The broker has it (QoS 1), or it was written (QoS 0). Refusals are codes from 128 on.
        var published: (_ id: Int32, _ code: Int32) -> Void = { _, _ in }
    }

    enum Read {
        case packet
        /// Nothing more for now.
        case dry
        case broken(Int32)
    }

    var callbacks = Callbacks()
    let version: Version
    private let handle: OpaquePointer
    private let options: Options
    private var sawPacket = false
    /// What libmosquitto says about the newest error, which its code does not: which certificate, which file.
    private var detail: String?

    private static let library: Int32 = mosquitto_lib_init()

    init(_ options: Options) throws(Failure) {
        _ = Self.library
        guard let handle = mosquitto_new(options.clientID, !options.keepsSession, nil) else {
            throw Failure(code: errno == EINVAL ? MOSQ_ERR_INVAL.rawValue : MOSQ_ERR_NOMEM.rawValue)
        }
        self.handle = handle
        self.options = options
        version = options.version
        mosquitto_user_data_set(handle, Unmanaged.passUnretained(self).toOpaque())
        mosquitto_threaded_set(handle, true)
        mosquitto_int_option(handle, MOSQ_OPT_PROTOCOL_VERSION, options.version.rawValue)
        mosquitto_int_option(handle, MOSQ_OPT_TCP_NODELAY, 1)
        // How many publishes may wait for an acknowledgement is our Outbox's business.
        mosquitto_max_inflight_messages_set(handle, 0)
        setCallbacks()
        try setCredentials()
    }

    deinit {
        mosquitto_destroy(handle)
    }

    private func setCredentials() throws(Failure) {
        let broker = options.broker
        if let username = broker.username {
            try check(mosquitto_username_pw_set(handle, username, broker.password?.reveal()))
        }
        if let will = options.will {
            try check(
                mosquitto_will_set(
                    handle, will.topic, Int32(will.payload.utf8.count), Array(will.payload.utf8), 1, true))
        }
        guard broker.address.isEncrypted else { return }
        for file in [broker.authorityFile, broker.certificateFile, broker.keyFile].compactMap(\.self) {
            guard access(file, R_OK) != 0 else { continue }
            let reason = "cannot read '\(file)': \(String(cString: strerror(errno)))"
            throw Failure(code: MOSQ_ERR_TLS.rawValue, reason: reason)
        }
        if let file = broker.authorityFile {
            try check(mosquitto_tls_set(handle, file, nil, broker.certificateFile, broker.keyFile, nil))
        } else {
            try check(mosquitto_int_option(handle, MOSQ_OPT_TLS_USE_OS_CERTS, 1))
            if let certificate = broker.certificateFile {
                try check(mosquitto_tls_set(handle, nil, "/etc/ssl/certs", certificate, broker.keyFile, nil))
            }
        }
    }

    private func check(_ code: Int32) throws(Failure) {
        if code != MOSQ_ERR_SUCCESS.rawValue { throw failure(code) }
    }

    /// A code with what is known beyond it.
    func failure(_ code: Int32) -> Failure {
        guard code == MOSQ_ERR_TLS.rawValue, let detail else { return Failure(code: code) }
        return Failure(code: code, reason: "TLS: \(detail)")
    }
}

// MARK: - The life of a connection

extension Connection {
    /// Looks up the host and connects; blocks until the broker's host answers or refuses. CONNECT is queued.
    func connect() throws(Failure) {
        var properties: OpaquePointer?
        defer { mosquitto_property_free_all(&properties) }
        if version == .five {
            let kept = options.keepsSession ? options.broker.sessionExpiry : .zero
            let expiry = UInt32(clamping: kept.microseconds / 1_000_000)
            try check(
                mosquitto_property_add_int32(
                    &properties, Int32(MQTT_PROP_SESSION_EXPIRY_INTERVAL.rawValue), expiry))
            try check(
                mosquitto_property_add_int16(
                    &properties, Int32(MQTT_PROP_RECEIVE_MAXIMUM.rawValue),
                    UInt16(clamping: options.broker.receiveMaximum)))
        }
        let address = options.broker.address
        let keepAlive = Int32(clamping: options.broker.keepAlive.microseconds / 1_000_000)
        try check(
            mosquitto_connect_bind_v5(handle, address.host, Int32(address.port), keepAlive, nil, properties))
    }

    /// Negative where there is none.
    var socket: Int32 { mosquitto_socket(handle) }

    var wantsToWrite: Bool { mosquitto_want_write(handle) }

    /// Reads some packets, usually one.
    func read() -> Read {
        sawPacket = false
        errno = 0
        let code = mosquitto_loop_read(handle, 1)
        // A read that would block is a success that leaves EAGAIN behind; so may a callback's own calls.
        let wouldBlock = errno == EAGAIN && !sawPacket
        if code != MOSQ_ERR_SUCCESS.rawValue { return .broken(code) }
        return wouldBlock ? .dry : .packet
    }

    /// Writes everything that is queued, as far as the socket takes it.
    ///
    /// - Returns: nil, or the code of the failure that ended the connection.
    func write() -> Int32? {
        let socket = socket
        // libmosquitto writes packet by packet; 4,000 acknowledgements shall not be 4,000 segments.
        Self.set(TCP_CORK, 1, on: socket)
        let code = mosquitto_loop_write(handle, 1)
        Self.set(TCP_CORK, 0, on: socket)
        return code == MOSQ_ERR_SUCCESS.rawValue ? nil : code
    }

    /// Keeps the connection alive; to be called about once a second.
    func misc() -> Int32? {
        let code = mosquitto_loop_misc(handle)
        return code == MOSQ_ERR_SUCCESS.rawValue ? nil : code
    }

    /// Has the kernel acknowledge at once what was read: a peer with Nagle's algorithm waits for that, 40 ms at worst.
    func acknowledgeSegments() {
        Self.set(TCP_QUICKACK, 1, on: socket)
    }

    private static func set(_ option: Int32, _ value: Int32, on socket: Int32) {
        guard socket >= 0 else { return }
        var value = value
        setsockopt(socket, Int32(IPPROTO_TCP), option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Whether the broker's host has everything that was written.
    var isDelivered: Bool {
        var unsent: Int32 = 0
        let code = ioctl(socket, UInt(TIOCOUTQ), &unsent)
        return code == 0 && unsent == 0 && !wantsToWrite
    }

    /// Queues a DISCONNECT; the broker keeps the session.
    func disconnect() {
        mosquitto_disconnect_v5(handle, 0, nil)
    }
}

// MARK: - Requests

extension Connection {
    /// - Returns: the id that `subscribed` is called with.
    func subscribe(to filter: String, qos: Int32) throws(Failure) -> Int32 {
        var id: Int32 = 0
        // Retain As Published stays off: then the retain flag tells replays from what is published now, in both versions of
        // the protocol. With it on, a device that retains its state would look like a replay each time it speaks.
        try check(mosquitto_subscribe_v5(handle, &id, filter, qos, 0, nil))
        return id
    }

    func unsubscribe(from filter: String) throws(Failure) {
        try check(mosquitto_unsubscribe(handle, nil, filter))
    }

    /// - Returns: the id that `published` is called with.
    func publish(_ payload: [UInt8], to topic: String, qos: Int32, isRetained: Bool) throws(Failure) -> Int32 {
        var id: Int32 = 0
        try check(
            mosquitto_publish_v5(handle, &id, topic, Int32(payload.count), payload, qos, isRetained, nil))
        return id
    }

    /// A code of CONNACK or DISCONNECT in words.
    func describe(_ code: Int32) -> String {
        switch code {
        case 0..<6 where version == .three: String(cString: mosquitto_connack_string(code))
        case 128...: String(cString: mosquitto_reason_string(code))
        default: String(cString: mosquitto_strerror(code))
        }
    }
}

// MARK: - Callbacks

extension Connection {
    private static func from(_ context: UnsafeMutableRawPointer?) -> Connection? {
        context.map { Unmanaged<Connection>.fromOpaque($0).takeUnretainedValue() }
    }

    private func setCallbacks() {
        mosquitto_log_callback_set(handle) { _, context, level, text in
            guard UInt32(bitPattern: level) == UInt32(MOSQ_LOG_ERR), let text else { return }
            Connection.from(context)?.noteError(String(cString: text))
        }
        mosquitto_connect_v5_callback_set(handle) { _, context, code, flags, _ in
            Connection.from(context)?.callbacks.connected(code, flags & 1 != 0)
        }
        mosquitto_disconnect_v5_callback_set(handle) { _, context, code, _ in
            Connection.from(context)?.callbacks.disconnected(code)
        }
        mosquitto_message_v5_callback_set(handle) { _, context, message, _ in
            guard let connection = Connection.from(context), let message else { return }
            connection.received(message.pointee)
        }
        mosquitto_subscribe_v5_callback_set(handle) { _, context, id, count, codes, _ in
            let codes = UnsafeBufferPointer(start: codes, count: Int(count)).map { $0 }
            Connection.from(context)?.callbacks.subscribed(id, codes)
        }
        mosquitto_publish_v5_callback_set(handle) { _, context, id, code, _ in
            Connection.from(context)?.callbacks.published(id, code)
        }
    }

    /// `OpenSSL Error[0]: error:0A000086:SSL routines::certificate verify failed`, `Error: host name verification failed.`
    private func noteError(_ text: String) {
        let words = text.hasPrefix("OpenSSL Error") ? text.split(separator: ":").last.map(String.init) ?? text : text
        let reason = words.hasPrefix("Error: ") ? String(words.dropFirst(7)) : words
        // What OpenSSL adds to the name of a wrong host is less than the name.
        detail = detail.map { $0.contains("host name") ? $0 : reason } ?? reason
    }

    private func received(_ message: mosquitto_message) {
        guard let topic = message.topic else { return }
        sawPacket = true
        callbacks.message(
            Message(
                topic: UnsafeRawBufferPointer(start: topic, count: strlen(topic)),
                payload: UnsafeBufferPointer(
                    start: message.payload?.assumingMemoryBound(to: UInt8.self), count: Int(max(0, message.payloadlen))),
                id: UInt16(truncatingIfNeeded: message.mid), qos: message.qos, isRetained: message.retain))
    }
}
