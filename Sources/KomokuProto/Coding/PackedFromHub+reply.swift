package import Komoku
package import KomokuWire

// What the hub says, of the replies that it has for every protocol.
extension PackedFromHub {
    package init(_ reply: Reply, to id: UInt64, _ kind: Request.Form.Kind) {
        self.init()
        self.id = id
        switch reply {
        case .ok, .unstored, .future:
            var ack = PackedAck()
            ack.add(reply)
            self.ack = ack
        case .error(let refusal): self.refusal = PackedRefusal(refusal)
        case .value(let value, let isStale) where kind == .reading:
            reading = PackedReading(value, isStale: isStale)
        case .last(let point, let isStale) where kind == .reading:
            reading = PackedReading(point?.value, at: point?.time, isStale: isStale)
        case .json(let json) where kind == .hello:
            if let welcome = try? AgentWelcome(json) {
                self.welcome = PackedAgentWelcome(welcome)
            } else {
                answer = PackedAnswer(reply)
            }
        default: answer = PackedAnswer(reply)
        }
    }

    /// What several points of one message came to.
    package init(_ replies: some Collection<Reply>, to id: UInt64) {
        self.init()
        self.id = id
        var ack = PackedAck()
        for (index, reply) in replies.enumerated() {
            if case .error(let refusal) = reply {
                ack.refused.append(PackedRefusedPoint(index, refusal))
            } else {
                ack.taken += 1
                ack.add(reply)
            }
        }
        self.ack = ack
    }

    /// Messages that are done, and nothing is to be said of them.
    ///
    /// - Parameter ids: at least one.
    package init(done ids: ArraySlice<UInt64>) {
        self.init()
        id = ids.first ?? 0
        ack = PackedAck()
        ack.others = Array(ids.dropFirst())
    }

    package init(_ changes: [KeyChange]) {
        self.init()
        self.changes.changes = changes.map(PackedChange.init)
    }

    package init(news: JSON) {
        self.init()
        switch AgentOrder(news) {
        case .welcome(let welcome): self.welcome = PackedAgentWelcome(welcome)
        case .pull(let what, let id): (self.id, pull) = (UInt64(clamping: id), PackedPull(what))
        case nil: self.news = PackedValue(news)
        }
    }

    package static let alive = {
        var message = PackedFromHub()
        message.alive = PackedAlive()
        return message
    }()

    package static func farewell(_ code: Int, _ reason: String) -> PackedFromHub {
        var message = PackedFromHub()
        message.farewell.code = UInt32(clamping: code)
        message.farewell.reason = reason
        return message
    }
}

extension PackedAck {
    fileprivate mutating func add(_ reply: Reply) {
        switch reply {
        case .unstored, .unstoredJSON: unstored = true
        case .future: future = true
        default: break
        }
    }
}

extension PackedRefusal {
    init(_ refusal: Refusal) {
        self.init()
        code = refusal.code
        message = refusal.message ?? ""
    }
}

extension PackedRefusedPoint {
    fileprivate init(_ index: Int, _ refusal: Refusal) {
        self.init()
        point = UInt32(clamping: index)
        self.refusal = PackedRefusal(refusal)
    }
}

extension PackedReading {
    fileprivate init(_ value: Komoku.Value?, at time: Timestamp? = nil, isStale: Bool) {
        self.init()
        if let value { self.value = PackedValue(value.json) }
        if let time { self.time = time.microseconds }
        stale = isStale
    }
}

extension PackedAnswer {
    fileprivate init(_ reply: Reply) {
        self.init()
        switch reply {
        case .json(let json): result = PackedValue(json)
        case .unstoredJSON(let json):
            result = PackedValue(json)
            unstored = true
        case .piece(let text, _, let ends):
            part = String(decoding: text, as: UTF8.self)
            more = !ends
        default:
            var text: [UInt8] = []
            reply.writeBody(into: &text)
            if let json = try? JSON(parsing: text) {
                result = PackedValue(json)
            } else {
                part = String(decoding: text, as: UTF8.self)
            }
        }
    }
}

extension PackedChange {
    fileprivate init(_ change: KeyChange) {
        self.init()
        key = change.key
        if !change.value.isNull { value = PackedValue(change.value) }
        time = change.time.microseconds
        if !change.previous.isNull { previous = PackedValue(change.previous) }
        if let isStale = change.isStale { stale = isStale }
        skipped = UInt32(clamping: change.skipped)
        missed = change.isMissed
        if let sequence = change.sequence { seq = sequence }
    }
}
