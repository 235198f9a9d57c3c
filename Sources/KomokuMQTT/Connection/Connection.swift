internal import CMosquitto
internal import Glibc
internal import Komoku
internal import KomokuYAML

/// One connection to a broker, from its first packet to its last: the only code that knows libmosquitto.
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

    struct Failure: Error, Hashable {
        let reason: String
        /// What the broker said, as MQTT's reason code; 0 where it said nothing.
        var code: UInt8 = 0

        static var lost: Failure { Failure(reason: "The connection was lost.") }
        static var timedOut: Failure { Failure(reason: "Timed out") }
    }

    /// A message, valid during the callback.
    struct Message {
        let topic: UnsafeRawBufferPointer
        let payload: UnsafeBufferPointer<UInt8>
        let id: UInt16
        let qos: UInt8
        let isRetained: Bool
        /// The broker has sent it before.
        let isRepeated: Bool
        /// Of the subscription that it was sent for; nil where the broker does not say.
        let subscription: UInt32?
    }

    /// What came in; called on the connection's thread.
    struct Callbacks {
        var connected: (_ code: UInt8, _ sessionPresent: Bool) -> Void = { _, _ in }
        var message: (Message) -> Void = { _ in }
        var refused: (RefusedMessage) -> Void = { _ in }
        /// Refusals are codes from 128 on.
        var subscribed: (_ id: UInt16, _ codes: [UInt8]) -> Void = { _, _ in }
        /// The broker has it (QoS 1), or it was written (QoS 0). Refusals are codes from 128 on.
        var published: (_ id: Int32, _ code: UInt8) -> Void = { _, _ in }
    }

    enum Read {
        case packet
        /// Nothing more for now.
        case dry
        case broken(Failure)
    }

    var callbacks = Callbacks()
    let version: Version
    let handle: OpaquePointer
    let options: Options
    /// The broker says for which subscription it sends a message.
    var identifiesSubscriptions = false
    /// What libmosquitto says about the newest error, which its code does not: which certificate, which file.
    var detail: String?
    private let gate: PacketGate
    /// The packet that libmosquitto reads.
    var head: PacketGate.Head?
    /// It is a message whose payload was not all here.
    private var isBegun = false
    /// libmosquitto has read it.
    private var isRead = false
    /// So many bytes of a message that is not taken are still to go by.
    private var skipped = 0
    /// The beginning of a packet that TLS has cut, which libmosquitto has read, and cannot act upon before it has the rest.
    private var carried: [UInt8] = []
    /// The messages that went by and are to be acknowledged; libmosquitto knows nothing of them.
    var refusedIDs: [UInt16] = []
    /// The socket tells of nothing until so many bytes have come.
    private var lowWater: Int32 = 1
    private(set) var failure: Failure?
    /// Something may wait in libmosquitto's TLS, so that the socket does not tell of it.
    private(set) var hasBuffered = false
    private(set) lazy var secured = SecureBytes(handle)

    private static let library: Int32 = mosquitto_lib_init()
    /// From 2.1 on libmosquitto reads ahead into a buffer of its own: what stands in the socket then need not be the
    /// beginning of a packet. It does not end the process either.
    static let looksAhead = mosquitto_lib_version(nil, nil, nil) < 2_001_000

    init(_ options: Options) throws(Failure) {
        _ = Self.library
        guard let handle = mosquitto_new(options.clientID, !options.keepsSession, nil) else {
            throw Self.explained(errno == EINVAL ? MOSQ_ERR_INVAL.rawValue : MOSQ_ERR_NOMEM.rawValue)
        }
        self.handle = handle
        self.options = options
        version = options.version
        gate = PacketGate(
            maximum: options.broker.maximumMessage, isFive: options.version == .five,
            // TLS shows what it has, and more only when that is taken.
            glance: options.broker.address.isEncrypted ? 0 : 1 << 10)
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
            throw Failure(reason: reason)
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

    func check(_ code: Int32) throws(Failure) {
        if code != MOSQ_ERR_SUCCESS.rawValue { throw explained(code) }
    }

    /// A code with what is known beyond it.
    func explained(_ code: Int32) -> Failure {
        guard code == MOSQ_ERR_TLS.rawValue, let detail else { return Self.explained(code) }
        return Failure(reason: "TLS: \(detail)")
    }

    private static func explained(_ code: Int32) -> Failure {
        Failure(reason: String(cString: mosquitto_strerror(code)))
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
            try check(
                mosquitto_property_add_int32(
                    &properties, Int32(MQTT_PROP_MAXIMUM_PACKET_SIZE.rawValue),
                    UInt32(clamping: options.broker.maximumMessage)))
        }
        let address = options.broker.address
        let keepAlive = Int32(clamping: options.broker.keepAlive.microseconds / 1_000_000)
        try check(
            mosquitto_connect_bind_v5(handle, address.host, Int32(address.port), keepAlive, nil, properties))
    }

    /// Of what is received, in bytes; more than one joined segment takes up.
    static let wideBuffer: Int32 = 2 << 20

    /// Negative where there is none.
    var socket: Int32 { mosquitto_socket(handle) }

    var wantsToWrite: Bool { mosquitto_want_write(handle) || !refusedIDs.isEmpty }

    /// Reads at most one packet. libmosquitto gets to see none that was not looked at before.
    func read() -> Read {
        if let failure { return .broken(failure) }
        let result = readNext()
        if case .dry = result { hasBuffered = false } else { hasBuffered = options.broker.address.isEncrypted }
        return result
    }

    private func readNext() -> Read {
        guard Self.looksAhead else { return readAnything() }
        if skipped > 0 { return skip() }
        if isBegun || !isReady { return readOn() }
        do throws(MalformedPacket) {
            switch try gate.next(peek) {
            case .packet(let head): return read(head, isWhole: true)
            case .begun(let head): return read(head, isWhole: false)
            case .refused(let message, let length): return letGo(message, length)
            case .incomplete(let count): return waitForMore(than: count)
            case .closed: return readOn()
            case .dry: return .dry
            }
        } catch {
            let failure = fail(Failure(reason: "the broker breaks MQTT's rules: \(error)"))
            // Nothing is written any more, no farewell either: acknowledgements would go with it, before their commit.
            return .broken(failure)
        }
    }

    /// TLS that is still being negotiated is libmosquitto's business.
    private var isReady: Bool { !options.broker.address.isEncrypted || secured.isReady }

    private func peek(_ space: UnsafeMutableRawBufferPointer) -> PacketGate.Peek {
        if options.broker.address.isEncrypted { return peekSecured(space) }
        let count = recv(socket, space.baseAddress, space.count, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
        if count > 0 { return .bytes(count) }
        return count < 0 && (errno == EAGAIN || errno == EINTR) ? .dry : .closed
    }

    /// What was carried, and what TLS has behind it: one record at a time.
    private func peekSecured(_ space: UnsafeMutableRawBufferPointer) -> PacketGate.Peek {
        space.copyBytes(from: carried)
        let result = secured.peek(UnsafeMutableRawBufferPointer(rebasing: space[carried.count...]))
        guard case .bytes(let count) = result else { return result }
        return .bytes(carried.count + count)
    }

    private func read(_ head: PacketGate.Head, isWhole: Bool) -> Read {
        self.head = head
        isBegun = !isWhole
        carried = []
        setLowWater(1)
        guard isWhole, options.broker.address.isEncrypted else { return readOn() }
        return secured.withoutSocket(readOn)
    }

    private func readAnything() -> Read {
        isRead = false
        errno = 0
        let code = mosquitto_loop_read(handle, 1)
        // A read that would block is a success that leaves EAGAIN behind; so does `endPacket`.
        let isDry = errno == EAGAIN && !isRead
        if code != MOSQ_ERR_SUCCESS.rawValue { return .broken(fail(explained(code))) }
        if let failure { return .broken(failure) }
        return isDry ? .dry : .packet
    }

    /// libmosquitto reads, at most to the end of a packet: see `endPacket`.
    private func readOn() -> Read {
        isRead = false
        let code = mosquitto_loop_read(handle, 1)
        if code != MOSQ_ERR_SUCCESS.rawValue { return .broken(fail(explained(code))) }
        if let failure { return .broken(failure) }
        guard isBegun else { return isReady ? .packet : .dry }
        isBegun = !isRead
        return isRead ? .packet : .dry
    }

    /// libmosquitto would go on with the next packet where it waits for several answers, or where TLS has more. It takes
    /// this for "nothing more".
    func endPacket() {
        isRead = true
        errno = EAGAIN
    }

    private func waitForMore(than count: Int) -> Read {
        if options.broker.address.isEncrypted { return carry(count - carried.count) }
        // The socket goes on telling of half a packet where nothing will follow it.
        if lowWater > count {
            if hasEnded(after: count) { return .broken(fail(.lost)) }
            widenBuffer()
        }
        setLowWater(Int32(clamping: count + 1))
        return .dry
    }

    /// The kernel tells of bytes below the low water mark where it has no room for others: what is left of a packet holds on to
    /// the whole segment that it came with, and the kernel joins segments to some hundred KiB. In a small buffer the rest of
    /// the packet would find no room, and broker and hub would wait for each other.
    ///
    /// A low water mark widens the buffer for good, and unlike SO_RCVBUF lets the kernel go on widening it. Not before it has
    /// to be: what waits in a wide one leaves the processor's caches, and a burst costs a sixth more.
    private func widenBuffer() {
        if lowWater < Self.wideBuffer { setLowWater(Self.wideBuffer) }
    }

    /// POLLRDHUP, which Glibc's module leaves out.
    private static let hangUp: Int16 = 0x2000

    /// Whether the broker has hung up, and nothing has come behind the bytes that were looked at.
    private func hasEnded(after count: Int) -> Bool {
        var peer = pollfd(fd: socket, events: Self.hangUp, revents: 0)
        guard poll(&peer, 1, 0) > 0 else { return false }
        var unread: Int32 = 0
        return ioctl(socket, UInt(FIONREAD), &unread) != 0 || unread <= count
    }

    /// TLS shows the next record only when the one before is taken. So libmosquitto takes the beginning of a packet, and not
    /// a byte more; it does nothing with that before it has the rest, which is looked at together with what is kept here.
    private func carry(_ count: Int) -> Read {
        let piece = [UInt8](unsafeUninitializedCapacity: count) { space, filled in
            if case .bytes(let seen) = secured.peek(UnsafeMutableRawBufferPointer(space)) { filled = seen }
        }
        guard piece.count == count else { return .broken(fail(.lost)) }
        carried += piece
        return secured.withoutSocket(readOn)
    }

    private func setLowWater(_ count: Int32) {
        guard count != lowWater else { return }
        lowWater = count
        var value = count
        setsockopt(socket, SOL_SOCKET, SO_RCVLOWAT, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    private func letGo(_ message: RefusedMessage, _ length: Int) -> Read {
        // Of one that was cut, libmosquitto has the beginning. The broker sends it again, hardly cut there.
        guard carried.isEmpty else { return .broken(fail(Failure(reason: message.reason))) }
        setLowWater(1)
        skipped = length
        if message.qos > 0 { refusedIDs.append(message.id) }
        callbacks.refused(message)
        return skip()
    }

    private func skip() -> Read {
        let taken = take(min(skipped, 1 << 16))
        skipped -= max(taken, 0)
        return taken > 0 ? .packet : taken == 0 ? .broken(fail(.lost)) : .dry
    }

    /// Takes bytes that nobody wants.
    ///
    /// - Returns: how many; 0 where the connection has ended, less where nothing has come.
    private func take(_ most: Int) -> Int {
        withUnsafeTemporaryAllocation(byteCount: most, alignment: 1) { space in
            if options.broker.address.isEncrypted { return secured.read(space) }
            let count = recv(socket, space.baseAddress, space.count, Int32(MSG_DONTWAIT))
            return count >= 0 ? count : errno == EAGAIN || errno == EINTR ? -1 : 0
        }
    }

    /// The connection is of no use any more.
    @discardableResult
    func fail(_ reason: Failure) -> Failure {
        if failure == nil { failure = reason }
        return failure ?? reason
    }
}
