/// What the broker's packets mean.
extension Connection {
    func take(_ kind: PacketKind, _ flags: UInt8, _ body: UnsafeRawBufferPointer) throws(MalformedPacket) {
        var fields = PacketFields(body)
        guard abilities != nil || kind == .connack else { throw .protocolError("a \(kind.name) before its CONNACK") }
        switch kind {
        case .publish: try publish(flags, &fields)
        case .connack: try connack(&fields)
        case .puback, .pubcomp: try confirmed(try fields.identifier(), &fields)
        case .pubrec: try pubrec(&fields)
        case .pubrel: try pubrel(&fields)
        case .suback: try suback(&fields)
        case .unsuback: try unsuback(&fields)
        case .pingresp: pingAnswered()
        case .disconnect where version == .five: try disconnected(&fields)
        default: throw .protocolError("a \(kind.name) from a broker")
        }
    }

    private func connack(_ fields: inout PacketFields) throws(MalformedPacket) {
        guard abilities == nil else { throw .protocolError("a second CONNACK") }
        let flags = try fields.byte()
        guard flags <= 1 else { throw MalformedPacket("unknown flags of CONNACK") }
        let code = try fields.byte()
        // A broker that knows only 3.1.1 refuses version 5 in its own form.
        let isOld = version == .three || fields.isEmpty
        let properties = isOld ? PacketProperties() : try PacketProperties(&fields)
        try fields.end()
        abilities = properties
        callbacks.connected(code, flags & 1 != 0)
    }

    private func publish(_ flags: UInt8, _ fields: inout PacketFields) throws(MalformedPacket) {
        let qos = (flags >> 1) & 3
        guard qos < 3 else { throw MalformedPacket("a message of QoS 3") }
        let topic = try fields.block()
        let id = qos > 0 ? try fields.identifier() : 0
        let properties = version == .five ? try PacketProperties(&fields) : PacketProperties()
        if properties.hasTopicAlias { throw MalformedPacket("a topic alias, which was not allowed", code: 0x94) }
        guard hold(id, qos, isRepeated: flags & 8 != 0) else { return }
        if let fault = Self.fault(of: topic) {
            let beginning = UnsafeRawBufferPointer(rebasing: fields.rest.prefix(1024))
            return callbacks.refused(
                Refused(
                    id: id, qos: qos, isRepeated: flags & 8 != 0, topic: topic, beginning: beginning, reason: fault,
                    size: nil))
        }
        callbacks.message(
            Message(
                topic: topic, payload: fields.rest.bindMemory(to: UInt8.self), id: id, qos: qos,
                isRetained: flags & 1 != 0, isRepeated: flags & 8 != 0 && qos > 0,
                subscription: properties.subscription))
    }

    /// Notes what is to be acknowledged.
    ///
    /// - Returns: whether the message is to be taken: one of QoS 2 comes again until its id is released.
    private func hold(_ id: UInt16, _ qos: UInt8, isRepeated: Bool) -> Bool {
        guard qos > 0 else { return true }
        if qos == 2, !unreleased.insert(id).inserted, isRepeated {
            output.answer(.pubrec, id)
            return false
        }
        held.append(Acknowledgement(id: id, qos: qos))
        return true
    }

    /// Why nothing can be published under a topic.
    private static func fault(of topic: UnsafeRawBufferPointer) -> String? {
        if topic.isEmpty { return "its topic is empty" }
        var isASCII = true
        for byte in topic {
            if byte == 0 || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "#") {
                return "its topic has a character that no topic may have"
            }
            if byte >= 0x80 { isASCII = false }
        }
        return isASCII || String(validating: topic, as: UTF8.self) != nil ? nil : "its topic is not UTF-8"
    }

    /// A message that is longer than was allowed: its payload goes by.
    func takeOversized(
        _ flags: UInt8, _ beginning: UnsafeRawBufferPointer, _ length: Int
    ) throws(MalformedPacket) {
        guard abilities != nil else { throw .protocolError("a PUBLISH before its CONNACK") }
        var fields = PacketFields(beginning)
        let qos = (flags >> 1) & 3
        guard qos < 3 else { throw MalformedPacket("a message of QoS 3") }
        let topic = try fields.block()
        let id = qos > 0 ? try fields.identifier() : 0
        guard hold(id, qos, isRepeated: flags & 8 != 0) else { return }
        // Properties that are longer than what is here are of no interest.
        if version == .five { _ = try? PacketProperties(&fields) }
        callbacks.refused(
            Refused(
                id: id, qos: qos, isRepeated: flags & 8 != 0, topic: topic, beginning: fields.rest,
                reason: "it is larger than 'mqtt.max_message' allows", size: length))
    }

    /// The broker has what was published.
    private func confirmed(_ id: UInt16, _ fields: inout PacketFields) throws(MalformedPacket) {
        let code = try reasonAndProperties(&fields)
        unconfirmed.remove(id)
        callbacks.published(Int32(id), code)
    }

    private func pubrec(_ fields: inout PacketFields) throws(MalformedPacket) {
        let id = try fields.identifier()
        let code = try reasonAndProperties(&fields)
        guard code < 128 else {
            unconfirmed.remove(id)
            return callbacks.published(Int32(id), code)
        }
        output.answer(.pubrel, id)
    }

    private func pubrel(_ fields: inout PacketFields) throws(MalformedPacket) {
        let id = try fields.identifier()
        _ = try reasonAndProperties(&fields)
        unreleased.remove(id)
        output.answer(.pubcomp, id)
    }

    /// What MQTT 5 leaves out where it is nothing special.
    private func reasonAndProperties(_ fields: inout PacketFields) throws(MalformedPacket) -> UInt8 {
        guard version == .five, !fields.isEmpty else {
            try fields.end()
            return 0
        }
        let code = try fields.byte()
        if !fields.isEmpty { _ = try PacketProperties(&fields) }
        try fields.end()
        return code
    }

    private func suback(_ fields: inout PacketFields) throws(MalformedPacket) {
        let id = try fields.identifier()
        if version == .five { _ = try PacketProperties(&fields) }
        callbacks.subscribed(id, Array(fields.rest))
    }

    private func unsuback(_ fields: inout PacketFields) throws(MalformedPacket) {
        _ = try fields.identifier()
        if version == .five { _ = try PacketProperties(&fields) }
    }

    private func disconnected(_ fields: inout PacketFields) throws(MalformedPacket) {
        let code = fields.isEmpty ? 0 : try fields.byte()
        let properties = fields.isEmpty ? PacketProperties() : try PacketProperties(&fields)
        let words = ReasonWords.words(for: code)
        fail(Failure(reason: properties.reason.map { "\(words): \($0)" } ?? words, code: code))
    }
}
