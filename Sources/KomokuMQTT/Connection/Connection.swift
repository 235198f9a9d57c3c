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
        /// Of the subscription that it was sent for; nil where the broker does not say.
        let subscription: UInt32?
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
    /// The broker says for which subscription it sends a message.
    private(set) var identifiesSubscriptions = false
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
    /// - Parameter isAlone: one packet is queued.
    /// - Returns: nil, or the code of the failure that ended the connection.
    func write(isAlone: Bool = false) -> Int32? {
        let socket = socket
        // libmosquitto writes packet by packet; 4,000 acknowledgements shall not be 4,000 segments.
        if !isAlone { Self.set(TCP_CORK, 1, on: socket) }
        let code = mosquitto_loop_write(handle, 1)
        if !isAlone { Self.set(TCP_CORK, 0, on: socket) }
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
    /// Queues one SUBSCRIBE.
    ///
    /// - Parameter identifier: what messages that are sent for these filters carry, where the broker can do that.
    /// - Returns: the id that `subscribed` is called with, with a code for each filter.
    func subscribe(to filters: [String], qos: Int32, identifier: UInt32) throws(Failure) -> Int32 {
        var id: Int32 = 0
        var properties: OpaquePointer?
        defer { mosquitto_property_free_all(&properties) }
        if identifiesSubscriptions {
            try check(
                mosquitto_property_add_varint(
                    &properties, Int32(MQTT_PROP_SUBSCRIPTION_IDENTIFIER.rawValue), identifier))
        }
        // Retain As Published stays off: then the retain flag tells replays from what is published now, in both versions of
        // the protocol. With it on, a device that retains its state would look like a replay each time it speaks.
        let code = Self.withCStrings(filters) {
            mosquitto_subscribe_multiple(handle, &id, Int32($0.count), $0.baseAddress, qos, 0, properties)
        }
        try check(code)
        return id
    }

    func unsubscribe(from filters: [String]) throws(Failure) {
        try check(
            Self.withCStrings(filters) {
                mosquitto_unsubscribe_multiple(handle, nil, Int32($0.count), $0.baseAddress, nil)
            })
    }

    private static func withCStrings(
        _ texts: [String], _ body: (UnsafeBufferPointer<UnsafeMutablePointer<CChar>?>) -> Int32
    ) -> Int32 {
        let copies = texts.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return copies.contains(nil) ? MOSQ_ERR_NOMEM.rawValue : copies.withUnsafeBufferPointer(body)
    }

    /// Whether libmosquitto takes the filter; what comes from devices may be anything.
    static func canSubscribe(to filter: String) -> Bool {
        let length = filter.utf8.count
        return mosquitto_sub_topic_check2(filter, length) == MOSQ_ERR_SUCCESS.rawValue
            && mosquitto_validate_utf8(filter, Int32(clamping: length)) == MOSQ_ERR_SUCCESS.rawValue
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
        mosquitto_connect_v5_callback_set(handle) { _, context, code, flags, properties in
            guard let connection = Connection.from(context) else { return }
            connection.noteAbilities(properties)
            connection.callbacks.connected(code, flags & 1 != 0)
        }
        mosquitto_disconnect_v5_callback_set(handle) { _, context, code, _ in
            Connection.from(context)?.callbacks.disconnected(code)
        }
        mosquitto_message_v5_callback_set(handle) { _, context, message, properties in
            guard let connection = Connection.from(context), let message else { return }
            var subscription: UInt32 = 0
            let name = Int32(MQTT_PROP_SUBSCRIPTION_IDENTIFIER.rawValue)
            let isNamed = mosquitto_property_read_varint(properties, name, &subscription, false) != nil
            connection.received(message.pointee, subscription: isNamed ? subscription : nil)
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

    /// What the broker's CONNACK says that it can do.
    private func noteAbilities(_ properties: OpaquePointer?) {
        var isAvailable: UInt8 = 1
        mosquitto_property_read_byte(
            properties, Int32(MQTT_PROP_SUBSCRIPTION_ID_AVAILABLE.rawValue), &isAvailable, false)
        identifiesSubscriptions = version == .five && isAvailable != 0
    }

    private func received(_ message: mosquitto_message, subscription: UInt32?) {
        guard let topic = message.topic else { return }
        sawPacket = true
        callbacks.message(
            Message(
                topic: UnsafeRawBufferPointer(start: topic, count: strlen(topic)),
                payload: UnsafeBufferPointer(
                    start: message.payload?.assumingMemoryBound(to: UInt8.self), count: Int(max(0, message.payloadlen))),
                id: UInt16(truncatingIfNeeded: message.mid), qos: message.qos, isRetained: message.retain,
                subscription: subscription))
    }
}
