internal import CMosquitto
internal import Glibc

/// What libmosquitto tells.
extension Connection {
    private static func from(_ context: UnsafeMutableRawPointer?) -> Connection? {
        context.map { Unmanaged<Connection>.fromOpaque($0).takeUnretainedValue() }
    }

    func setCallbacks() {
        // It makes a text of each packet, which the connection that takes messages can do without: it has no answers to
        // wait for, so libmosquitto reads one packet at a time.
        if !options.keepsSession || options.broker.address.isEncrypted || !Self.looksAhead {
            mosquitto_log_callback_set(handle) { _, context, level, text in
                guard let connection = Connection.from(context), let text else { return }
                if UInt32(bitPattern: level) == UInt32(MOSQ_LOG_ERR) { connection.noteError(String(cString: text)) }
                if strstr(text, "eceived ") != nil { connection.endPacket() }
                if !Connection.looksAhead { connection.noteRepetition(text) }
            }
        }
        mosquitto_connect_v5_callback_set(handle) { _, context, code, flags, properties in
            guard let connection = Connection.from(context) else { return }
            connection.noteAbilities(properties)
            connection.callbacks.connected(UInt8(clamping: code), flags & 1 != 0)
            connection.endPacket()
        }
        mosquitto_disconnect_v5_callback_set(handle) { _, context, code, _ in
            guard let connection = Connection.from(context) else { return }
            // The first code is the broker's own word; what follows is only that the socket is closed.
            guard code < 0x80 else {
                let code = UInt8(clamping: code)
                connection.fail(Failure(reason: ReasonWords.words(for: code), code: code))
                return
            }
            connection.fail(code == 0 ? .lost : connection.explained(code))
        }
        mosquitto_message_v5_callback_set(handle) { _, context, message, properties in
            guard let connection = Connection.from(context), let message else { return }
            var subscription: UInt32 = 0
            let name = Int32(MQTT_PROP_SUBSCRIPTION_IDENTIFIER.rawValue)
            let isNamed = mosquitto_property_read_varint(properties, name, &subscription, false) != nil
            connection.received(message.pointee, subscription: isNamed ? subscription : nil)
            connection.endPacket()
        }
        mosquitto_subscribe_v5_callback_set(handle) { _, context, id, count, codes, _ in
            let codes = UnsafeBufferPointer(start: codes, count: Int(count)).map { UInt8(clamping: $0) }
            Connection.from(context)?.callbacks.subscribed(UInt16(truncatingIfNeeded: id), codes)
            Connection.from(context)?.endPacket()
        }
        mosquitto_publish_v5_callback_set(handle) { _, context, id, code, _ in
            Connection.from(context)?.callbacks.published(id, UInt8(clamping: code))
            Connection.from(context)?.endPacket()
        }
    }

    /// `OpenSSL Error[0]: error:0A000086:SSL routines::certificate verify failed`, `Error: host name verification failed.`
    private func noteError(_ text: String) {
        let words = text.hasPrefix("OpenSSL Error") ? text.split(separator: ":").last.map(String.init) ?? text : text
        let reason = words.hasPrefix("Error: ") ? String(words.dropFirst(7)) : words
        // What OpenSSL adds to the name of a wrong host is less than the name.
        detail = detail.map { $0.contains("host name") ? $0 : reason } ?? reason
    }

    /// `Client komoku-home received PUBLISH (d1, q1, r0, m7, 'n/a', ... (1 bytes))`: only here libmosquitto says that the
    /// broker has sent it before.
    private func noteRepetition(_ text: UnsafePointer<CChar>) {
        let words = " received PUBLISH (d"
        guard let found = strstr(text, words) else { return }
        let isRepeated = found[words.utf8.count] == CChar(UInt8(ascii: "1"))
        head = PacketGate.Head(kind: .publish, flags: isRepeated ? 0b1010 : 0)
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
        callbacks.message(
            Message(
                topic: UnsafeRawBufferPointer(start: topic, count: strlen(topic)),
                payload: UnsafeBufferPointer(
                    start: message.payload?.assumingMemoryBound(to: UInt8.self), count: Int(max(0, message.payloadlen))),
                id: UInt16(truncatingIfNeeded: message.mid), qos: UInt8(clamping: message.qos),
                isRetained: message.retain, isRepeated: head?.isRepeated ?? false, subscription: subscription))
    }
}
