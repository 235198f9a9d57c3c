internal import CMosquitto
package import Komoku
internal import Synchronization

/// A device or a user at the broker, for tests: publishes, and collects what comes.
package final class TestMQTTClient: Sendable {
    package struct Message: Sendable, Hashable, CustomStringConvertible {
        package var topic: String
        package var payload: String
        package var qos: Int
        package var isRetained: Bool
        package var description: String { "\(topic) \(payload)\(isRetained ? " (retained)" : "")" }
    }

    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// What the callbacks fill. They must not hold the client itself: it would end on the thread that it waits for.
    private final class Events: Sendable {
        let messages = Collector<Message>()
        let connected = Collector<Int32>()
        let confirmed = Collector<Int32>()

        static func from(_ context: UnsafeMutableRawPointer?) -> Events? {
            context.map { Unmanaged<Events>.fromOpaque($0).takeUnretainedValue() }
        }
    }

    private let events = Events()
    // Used by one test at a time; libmosquitto locks what its own thread shares with us.
    nonisolated(unsafe) private let handle: OpaquePointer

    /// Everything that came, in order.
    package var messages: Collector<Message> { events.messages }

    /// Connects, with a clean session.
    package init(
        port: Int, clientID: String? = nil, user: (name: String, password: String)? = nil,
        authorityFile: String? = nil
    ) async throws {
        mosquitto_lib_init()
        guard let handle = mosquitto_new(clientID, true, nil) else { throw Failure(description: "no memory") }
        self.handle = handle
        mosquitto_user_data_set(handle, Unmanaged.passUnretained(events).toOpaque())
        mosquitto_int_option(handle, MOSQ_OPT_PROTOCOL_VERSION, 5)
        mosquitto_int_option(handle, MOSQ_OPT_TCP_NODELAY, 1)
        if let user { mosquitto_username_pw_set(handle, user.name, user.password) }
        if let authorityFile { mosquitto_tls_set(handle, authorityFile, nil, nil, nil, nil) }
        setCallbacks()
        try check(mosquitto_connect(handle, "127.0.0.1", Int32(port), 60))
        try check(mosquitto_loop_start(handle))
        let codes = try await events.connected.wait(for: 1)
        if codes[0] != 0 { throw Failure(description: "refused: \(codes[0])") }
    }

    deinit {
        mosquitto_disconnect(handle)
        mosquitto_loop_stop(handle, false)
        mosquitto_destroy(handle)
    }

    /// Disconnects; nothing more comes.
    package func stop() {
        mosquitto_disconnect(handle)
    }

    /// Returns when the broker has confirmed it.
    package func subscribe(to filter: String, qos: Int = 1) async throws {
        var id: Int32 = 0
        try check(
            mosquitto_subscribe_v5(
                handle, &id, filter, Int32(qos), Int32(MQTT_SUB_OPT_RETAIN_AS_PUBLISHED.rawValue), nil))
        try await waitForConfirmation(of: id)
    }

    /// Returns when the broker has it (QoS 1), or it is written (QoS 0).
    package func publish(_ topic: String, _ payload: String, qos: Int = 1, retain: Bool = false) async throws {
        try await waitForConfirmation(of: try post(topic, Array(payload.utf8), qos: qos, retain: retain))
    }

    package func publish(_ topic: String, bytes: [UInt8], qos: Int = 1, retain: Bool = false) async throws {
        try await waitForConfirmation(of: try post(topic, bytes, qos: qos, retain: retain))
    }

    /// Queues a message without waiting for anything.
    @discardableResult
    package func post(_ topic: String, _ payload: [UInt8], qos: Int = 1, retain: Bool = false) throws -> Int32 {
        var id: Int32 = 0
        try check(mosquitto_publish(handle, &id, topic, Int32(payload.count), payload, Int32(qos), retain))
        return id
    }

    package func waitForConfirmation(of id: Int32) async throws {
        try await events.confirmed.wait { $0.contains(id) }
        events.confirmed.removeAll()
    }

    /// The first message of a topic with that payload, or any payload.
    @discardableResult
    package func message(
        _ topic: String, _ payload: String? = nil, within limit: Duration = .seconds(20)
    ) async throws -> Message {
        let all = try await messages.wait(within: limit) { messages in
            messages.contains { Self.fits($0, topic, payload) }
        }
        guard let found = all.first(where: { Self.fits($0, topic, payload) }) else {
            throw Failure(description: "no message of \(topic)")
        }
        return found
    }

    private static func fits(_ message: Message, _ topic: String, _ payload: String?) -> Bool {
        message.topic == topic && (payload == nil || message.payload == payload)
    }

    private func check(_ code: Int32) throws {
        if code != 0 { throw Failure(description: String(cString: mosquitto_strerror(code))) }
    }

    private func setCallbacks() {
        mosquitto_connect_callback_set(handle) { _, context, code in
            Events.from(context)?.connected.append(code)
        }
        mosquitto_subscribe_callback_set(handle) { _, context, id, _, _ in
            Events.from(context)?.confirmed.append(id)
        }
        mosquitto_publish_callback_set(handle) { _, context, id in
            Events.from(context)?.confirmed.append(id)
        }
        mosquitto_message_callback_set(handle) { _, context, message in
            guard let events = Events.from(context), let message = message?.pointee else { return }
            let payload = UnsafeRawBufferPointer(start: message.payload, count: Int(message.payloadlen))
            events.messages.append(
                Message(
                    topic: String(cString: message.topic), payload: String(decoding: payload, as: UTF8.self),
                    qos: Int(message.qos), isRetained: message.retain))
        }
    }
}
