import CMosquitto
import Glibc

/// A connection to the broker on this machine, used from one thread. What cannot be sent is dropped: a house does not wait.
final class BrokerLink {
    enum Error: Swift.Error {
        case outOfMemory
    }

    private static let isLibraryReady: Bool = mosquitto_lib_init() == MOSQ_ERR_SUCCESS.code
    /// The longest command that is looked at, in bytes.
    private static let longestPayload = 64 * 1024

    private let handle: OpaquePointer
    private let port: Int32
    private let subscriptions: [String]
    private var received: [Message] = []
    private var mustSubscribe = false
    private var isConnected = false

    init(port: Int32, subscriptions: [String], will: Message) throws(Error) {
        guard Self.isLibraryReady, let handle = mosquitto_new(nil, true, nil) else { throw .outOfMemory }
        self.handle = handle
        self.port = port
        self.subscriptions = subscriptions
        mosquitto_int_option(handle, MOSQ_OPT_TCP_NODELAY, 1)
        mosquitto_will_set(
            handle, will.topic, Int32(will.payload.utf8.count), Array(will.payload.utf8), 1, will.isRetained)
        mosquitto_user_data_set(handle, Unmanaged.passUnretained(self).toOpaque())
        mosquitto_connect_callback_set(handle) { _, context, code in
            guard code == 0, let context else { return }
            Unmanaged<BrokerLink>.fromOpaque(context).takeUnretainedValue().mustSubscribe = true
        }
        mosquitto_message_callback_set(handle) { _, context, message in
            guard let context, let message = message?.pointee else { return }
            Unmanaged<BrokerLink>.fromOpaque(context).takeUnretainedValue().take(message)
        }
    }

    deinit { mosquitto_destroy(handle) }

    func publish(_ messages: [Message]) {
        for message in messages {
            mosquitto_publish(
                handle, nil, message.topic, Int32(message.payload.utf8.count), Array(message.payload.utf8), 0,
                message.isRetained)
        }
    }

    /// Reads and writes for at most so many milliseconds, connecting where there is no connection.
    ///
    /// - Returns: the messages that came.
    func turn(milliseconds: Int32) -> [Message] {
        if !isConnected {
            isConnected = mosquitto_connect(handle, "127.0.0.1", port, 60) == MOSQ_ERR_SUCCESS.code
        }
        if isConnected {
            isConnected = mosquitto_loop(handle, milliseconds, 1) == MOSQ_ERR_SUCCESS.code
        } else {
            poll(nil, 0, 200)
        }
        subscribeIfNew()
        defer { received.removeAll(keepingCapacity: true) }
        return received
    }

    /// Says goodbye, so that the broker forgets the will.
    func close() {
        // Without a connection libmosquitto says for ever that it has something to write, and that writing it went well.
        guard isConnected, mosquitto_socket(handle) >= 0 else { return }
        mosquitto_disconnect(handle)
        let end = monotonicSeconds() + 1
        while mosquitto_want_write(handle), mosquitto_socket(handle) >= 0, monotonicSeconds() < end {
            guard mosquitto_loop_write(handle, 1) == MOSQ_ERR_SUCCESS.code else { return }
            poll(nil, 0, 5)
        }
    }

    private func subscribeIfNew() {
        guard mustSubscribe else { return }
        mustSubscribe = false
        for topic in subscriptions { mosquitto_subscribe(handle, nil, topic, 1) }
    }

    private func take(_ message: mosquitto_message) {
        guard !message.retain, let topic = message.topic, message.payloadlen <= Self.longestPayload else { return }
        let payload = UnsafeRawBufferPointer(start: message.payload, count: Int(message.payloadlen))
        received.append(Message(String(cString: topic), String(decoding: payload, as: UTF8.self)))
    }
}

extension mosq_err_t {
    fileprivate var code: Int32 { Int32(rawValue) }
}
