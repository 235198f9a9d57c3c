internal import Komoku
internal import KomokuYAML

/// What is asked of the broker.
extension Connection {
    func queueConnect() {
        let broker = options.broker
        var flags: UInt8 = options.keepsSession ? 0 : 2
        // A will of QoS 1 that is retained.
        if options.will != nil { flags |= 0b0010_1100 }
        if broker.username != nil { flags |= 0x80 }
        if broker.password != nil { flags |= 0x40 }
        output.packet(.connect) { body in
            body.text("MQTT")
            body.byte(version.rawValue)
            body.byte(flags)
            body.integer16(UInt16(clamping: broker.keepAlive.microseconds / 1_000_000))
            if version == .five { body.properties(connectProperties) }
            body.text(options.clientID)
            if let will = options.will {
                if version == .five { body.properties { _ in } }
                body.text(will.topic)
                body.text(will.payload)
            }
            if let username = broker.username { body.text(username) }
            if let password = broker.password { body.text(password.reveal()) }
        }
    }

    private func connectProperties(_ properties: inout PacketBody) {
        let kept = options.keepsSession ? options.broker.sessionExpiry : .zero
        properties.byte(17)
        properties.integer32(UInt32(clamping: kept.microseconds / 1_000_000))
        properties.byte(33)
        properties.integer16(UInt16(clamping: options.broker.receiveMaximum))
        properties.byte(39)
        properties.integer32(UInt32(clamping: options.broker.maximumMessage))
    }

    /// The broker says for which subscription it sends a message.
    var identifiesSubscriptions: Bool { version == .five && abilities?.identifiesSubscriptions ?? false }

    /// An id that nothing waits for.
    private func nextID() -> UInt16 {
        repeat { lastID = lastID == .max ? 1 : lastID + 1 } while unconfirmed.contains(lastID)
        return lastID
    }

    /// Queues one SUBSCRIBE.
    ///
    /// - Parameter identifier: what messages that are sent for these filters carry, where the broker can do that.
    /// - Returns: the id that `subscribed` is called with, with a code for each filter.
    func subscribe(to filters: [String], qos: UInt8, identifier: UInt32) -> UInt16 {
        let id = nextID()
        output.packet(.subscribe, flags: 2) { body in
            body.integer16(id)
            if version == .five {
                body.properties { properties in
                    guard identifiesSubscriptions else { return }
                    properties.byte(11)
                    properties.variable(identifier)
                }
            }
            // Retain As Published stays off: then the retain flag tells replays from what is published now, in both versions of
            // the protocol. With it on, a device that retains its state would look like a replay each time it speaks.
            for filter in filters {
                body.text(filter)
                body.byte(qos)
            }
        }
        return id
    }

    func unsubscribe(from filters: [String]) {
        let id = nextID()
        output.packet(.unsubscribe, flags: 2) { body in
            body.integer16(id)
            if version == .five { body.properties { _ in } }
            for filter in filters { body.text(filter) }
        }
    }

    /// How many messages the broker takes before it has confirmed one of them.
    var mayPublish: Bool { unconfirmed.count < Int(abilities?.receiveMaximum ?? .max) }

    var mayRetain: Bool { abilities?.canRetain ?? true }

    /// Queues a message.
    ///
    /// - Returns: the id that `published` is called with: by `read` once the broker has it, by `write` at QoS 0.
    func publish(_ payload: [UInt8], to topic: String, qos: Int32, isRetained: Bool) throws(Failure) -> Int32 {
        let quality = UInt8(clamping: min(qos, Int32(abilities?.maximumQuality ?? 2)))
        if isRetained, !mayRetain {
            throw Failure(reason: ReasonWords.words(for: 154), code: 154)
        }
        let size = payload.count + topic.utf8.count + 16
        guard size <= min(PacketWriter.largestBody, Int(abilities?.maximumPacket ?? .max)) else {
            throw Failure(reason: "the broker takes messages of \(abilities?.maximumPacket ?? .max) bytes", code: 149)
        }
        guard topic.utf8.count <= UInt16.max, BrokerText.isPrintable(topic) else {
            throw Failure(reason: "the topic has characters that no broker takes", code: 144)
        }
        let id = quality > 0 ? nextID() : 0
        output.packet(.publish, flags: quality << 1 | (isRetained ? 1 : 0)) { body in
            body.text(topic)
            if quality > 0 { body.integer16(id) }
            if version == .five { body.byte(0) }
            body.raw(payload)
        }
        if quality > 0 {
            unconfirmed.insert(id)
            return Int32(id)
        }
        lastUnnumbered = lastUnnumbered == .max ? 1 << 16 + 1 : lastUnnumbered + 1
        queuedUnnumbered.append(lastUnnumbered)
        return lastUnnumbered
    }

    /// Tells of the messages of QoS 0 once all that was queued is written.
    func tellWritten() {
        guard output.isEmpty, !queuedUnnumbered.isEmpty else { return }
        let ids = queuedUnnumbered
        queuedUnnumbered.removeAll(keepingCapacity: true)
        for id in ids { callbacks.published(id, 0) }
    }

    /// Queues the acknowledgements of the first so many messages that have none.
    func acknowledge(_ count: Int) {
        for entry in held.prefix(count) { output.answer(entry.qos == 2 ? .pubrec : .puback, entry.id) }
        held.removeFirst(min(count, held.count))
    }

    /// Queues a DISCONNECT; the broker keeps the session.
    func disconnect() {
        output.packet(.disconnect) { _ in }
    }
}
