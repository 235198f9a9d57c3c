internal import CMosquitto
internal import Glibc

/// What is asked of the broker.
extension Connection {
    /// Queues one SUBSCRIBE.
    ///
    /// - Parameter identifier: what messages that are sent for these filters carry, where the broker can do that.
    /// - Returns: the id that `subscribed` is called with, with a code for each filter.
    func subscribe(to filters: [String], qos: UInt8, identifier: UInt32) -> UInt16 {
        var id: Int32 = 0
        var properties: OpaquePointer?
        defer { mosquitto_property_free_all(&properties) }
        var code = MOSQ_ERR_SUCCESS.rawValue
        if identifiesSubscriptions {
            code = mosquitto_property_add_varint(
                &properties, Int32(MQTT_PROP_SUBSCRIPTION_IDENTIFIER.rawValue), identifier)
        }
        // Retain As Published stays off: then the retain flag tells replays from what is published now, in both versions of
        // the protocol. With it on, a device that retains its state would look like a replay each time it speaks.
        if code == MOSQ_ERR_SUCCESS.rawValue {
            code = Self.withCStrings(filters) {
                mosquitto_subscribe_multiple(handle, &id, Int32($0.count), $0.baseAddress, Int32(qos), 0, properties)
            }
        }
        if code != MOSQ_ERR_SUCCESS.rawValue { fail(explained(code)) }
        return UInt16(truncatingIfNeeded: id)
    }

    func unsubscribe(from filters: [String]) {
        let code = Self.withCStrings(filters) {
            mosquitto_unsubscribe_multiple(handle, nil, Int32($0.count), $0.baseAddress, nil)
        }
        if code != MOSQ_ERR_SUCCESS.rawValue { fail(explained(code)) }
    }

    private static func withCStrings(
        _ texts: [String], _ body: (UnsafeBufferPointer<UnsafeMutablePointer<CChar>?>) -> Int32
    ) -> Int32 {
        let copies = texts.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return copies.contains(nil) ? MOSQ_ERR_NOMEM.rawValue : copies.withUnsafeBufferPointer(body)
    }

    /// - Returns: the id that `published` is called with.
    func publish(_ payload: [UInt8], to topic: String, qos: Int32, isRetained: Bool) throws(Failure) -> Int32 {
        var id: Int32 = 0
        try check(
            mosquitto_publish_v5(handle, &id, topic, Int32(payload.count), payload, qos, isRetained, nil))
        return id
    }
}
