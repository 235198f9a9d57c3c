internal import Glibc
internal import Komoku
internal import KomokuSystem
internal import KomokuYAML

/// One connection to a broker, from its first packet to its last.
///
/// Belongs to one thread. Packets are queued by every call and written by `write()` alone. What was received at QoS 1 or 2
/// is acknowledged when `acknowledge` says so, in the order in which it came. Callbacks run inside `read()` and must call
/// nothing here.
///
/// It speaks MQTT itself: libmosquitto 2.0.11 reads each packet with three calls of the system, keeps a payload whatever its
/// size, does not say whether a message was sent before, and ends the process where a broker's properties are malformed.
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

    enum Version: UInt8 {
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

    /// A message that is acknowledged, and not taken.
    struct Refused {
        let id: UInt16
        let qos: UInt8
        let isRepeated: Bool
        let topic: UnsafeRawBufferPointer
        /// How its payload begins.
        let beginning: UnsafeRawBufferPointer
        let reason: String
        /// Of the whole packet, where it is too large.
        let size: Int?
    }

    /// What came in; called on the connection's thread.
    struct Callbacks {
        var connected: (_ code: UInt8, _ sessionPresent: Bool) -> Void = { _, _ in }
        var message: (Message) -> Void = { _ in }
        var refused: (Refused) -> Void = { _ in }
        /// Refusals are codes from 128 on.
        var subscribed: (_ id: UInt16, _ codes: [UInt8]) -> Void = { _, _ in }
        /// The broker has it (QoS 1), or it was queued (QoS 0). Refusals are codes from 128 on.
        var published: (_ id: Int32, _ code: UInt8) -> Void = { _, _ in }
    }

    enum Read {
        case packet
        /// Nothing more for now.
        case dry
        case broken(Failure)
    }

    var callbacks = Callbacks()
    let options: Options
    var channel: (any ByteChannel)?
    let buffer: PacketBuffer
    var output = PacketWriter()
    var failure: Failure?
    /// What the broker's CONNACK said; nil before it.
    var abilities: PacketProperties?
    /// The acknowledgements that wait for `acknowledge`, in the order of their messages.
    var held: [Acknowledgement] = []
    /// Messages of QoS 2 whose PUBREL has not come.
    var unreleased: Set<UInt16> = []
    /// What was published, by its id, until the broker has it.
    var unconfirmed: Set<UInt16> = []
    var lastID: UInt16 = 0
    /// The ids that stand for messages of QoS 0, which have none.
    var lastUnnumbered: Int32 = 1 << 16
    /// Those of QoS 0 that were queued since `read` told.
    var queuedUnnumbered: [Int32] = []
    private var isDrained = false
    /// Something may wait here that was read from the socket already, so that the socket does not tell of it.
    private(set) var hasBuffered = false
    /// In microseconds of the monotonic clock.
    private var lastWrite = MonotonicClock.now
    private var pingTime: Int64?

    struct Acknowledgement {
        let id: UInt16
        let qos: UInt8
    }

    init(_ options: Options) throws(Failure) {
        self.options = options
        buffer = PacketBuffer(maximum: options.broker.maximumMessage)
        guard options.broker.address.isEncrypted else { return }
        let broker = options.broker
        for file in [broker.authorityFile, broker.certificateFile, broker.keyFile].compactMap(\.self) {
            guard access(file, R_OK) != 0 else { continue }
            throw Failure(reason: "cannot read '\(file)': \(String(cString: strerror(errno)))")
        }
    }

    var version: Version { options.version }
}

// MARK: - The life of a connection

extension Connection {
    /// Looks up the host and connects; blocks until the broker's host answers or refuses. CONNECT is queued.
    func connect() throws(Failure) {
        let address = options.broker.address
        let descriptor: Int32
        do throws(SocketOpening.Failure) {
            descriptor = try SocketOpening.connect(to: address.host, port: address.port)
        } catch {
            throw Failure(reason: error.reason)
        }
        channel = address.isEncrypted ? try encrypted(descriptor) : PlainChannel(descriptor)
        queueConnect()
    }

    private func encrypted(_ descriptor: Int32) throws(Failure) -> TLSChannel {
        let broker = options.broker
        do throws(TLSChannel.Failure) {
            let channel = try TLSChannel(
                descriptor, host: broker.address.host, authorityFile: broker.authorityFile,
                certificateFile: broker.certificateFile, keyFile: broker.keyFile)
            try Self.shakeHands(channel)
            return channel
        } catch {
            throw Failure(reason: "TLS: \(error.reason)")
        }
    }

    private static func shakeHands(_ channel: TLSChannel) throws(TLSChannel.Failure) {
        let deadline = MonotonicClock.now + 20_000_000
        while true {
            switch channel.handshake() {
            case .done: return
            case .closed: throw TLSChannel.Failure(reason: "the broker hangs up")
            case .failed(let reason): throw TLSChannel.Failure(reason: reason)
            case .wouldBlock:
                let left = (deadline - MonotonicClock.now) / 1000
                let events = Int16(POLLIN) | (channel.mustFlush ? Int16(POLLOUT) : 0)
                var waiting = pollfd(fd: channel.descriptor, events: events, revents: 0)
                guard left > 0, poll(&waiting, 1, Int32(clamping: left)) > 0 else {
                    throw TLSChannel.Failure(reason: "the broker does not answer")
                }
            }
        }
    }

    /// Negative where there is none.
    var socket: Int32 { channel?.descriptor ?? -1 }

    var wantsToWrite: Bool { !output.isEmpty || (channel?.mustFlush ?? false) }

    /// Reads at most one packet.
    func read() -> Read {
        guard let channel, failure == nil else { return .broken(failure ?? .lost) }
        hasBuffered = true
        do throws(MalformedPacket) {
            while true {
                if try takeNext() { return .packet }
                if isDrained { return dry() }
                let space = buffer.space
                switch channel.read(into: space) {
                case .done(let count):
                    isDrained = count < space.count && channel.isDryAfterShortRead
                    buffer.added(count)
                    // A packet that is too large goes by in pieces.
                    if buffer.isEmpty { return .packet }
                case .wouldBlock: return dry()
                case .closed: return .broken(fail(.lost))
                case .failed(let reason): return .broken(fail(Failure(reason: reason)))
                }
            }
        } catch {
            return .broken(refuse(error))
        }
    }

    private func dry() -> Read {
        (isDrained, hasBuffered) = (false, false)
        return .dry
    }

    private func takeNext() throws(MalformedPacket) -> Bool {
        switch try buffer.next() {
        case .incomplete: return false
        case .packet(let kind, let flags, let body): try take(kind, flags, body)
        case .oversized(let flags, let beginning, let length): try takeOversized(flags, beginning, length)
        }
        return true
    }

    /// The connection is of no use any more.
    @discardableResult
    func fail(_ reason: Failure) -> Failure {
        if failure == nil { failure = reason }
        return failure ?? reason
    }

    /// Tells a broker that sends what it must not, and hangs up.
    private func refuse(_ packet: MalformedPacket) -> Failure {
        if version == .five, abilities != nil, failure == nil {
            output.packet(.disconnect) { $0.byte(packet.code) }
            _ = write()
        }
        return fail(Failure(reason: "the broker breaks MQTT's rules: \(packet)"))
    }

    /// Writes everything that is queued, as far as the socket takes it.
    ///
    /// - Returns: nil, or the failure that ended the connection.
    func write() -> Failure? {
        guard let channel else { return .lost }
        while wantsToWrite {
            switch output.withPending(channel.write) {
            case .done(let count):
                output.drop(count)
                lastWrite = MonotonicClock.now
            case .wouldBlock: return failure
            case .closed: return fail(.lost)
            case .failed(let reason): return fail(Failure(reason: reason))
            }
        }
        tellWritten()
        return failure
    }

    /// Keeps the connection alive; to be called about once a second.
    func misc() -> Failure? {
        if let failure { return failure }
        let seconds = abilities?.keepAlive.map(Int64.init) ?? options.broker.keepAlive.microseconds / 1_000_000
        let now = MonotonicClock.now
        guard seconds > 0 else { return nil }
        if let pingTime {
            // Its answer may wait where nobody has read.
            guard now - pingTime < max(seconds, 5) * 1_000_000 || Self.isReadable(socket) else {
                return fail(Failure(reason: "The broker does not answer."))
            }
        } else if now - lastWrite >= seconds * 1_000_000 - 1_000_000 || now - lastWrite >= seconds * 750_000 {
            output.packet(.pingreq) { _ in }
            pingTime = now
        }
        return nil
    }

    func pingAnswered() { pingTime = nil }

    private static func isReadable(_ socket: Int32) -> Bool {
        var waiting = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        return poll(&waiting, 1, 0) > 0
    }

    /// Drops what has come.
    ///
    /// - Returns: false once the broker has hung up.
    func discard() -> Bool {
        guard let channel, failure == nil else { return false }
        var (bytes, result) = ([UInt8](repeating: 0, count: 1 << 16), Transfer.done(0))
        while case .done = result { result = bytes.withUnsafeMutableBytes { channel.read(into: $0) } }
        return result == .wouldBlock
    }

    /// Has the kernel acknowledge at once what was read: a peer with Nagle's algorithm waits for that, 40 ms at worst.
    func acknowledgeSegments() {
        var yes: Int32 = 1
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_QUICKACK, &yes, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Whether the broker's host has everything that was written.
    var isDelivered: Bool {
        var unsent: Int32 = 0
        let code = ioctl(socket, UInt(TIOCOUTQ), &unsent)
        return code == 0 && unsent == 0 && !wantsToWrite
    }
}
