package import Komoku
package import KomokuWire

/// What the hub said, as the second protocol would have.
package enum HubMessage: Hashable, Sendable {
    /// `{"result":…}` or `{"error":…}`, to messages of these ids.
    case reply([UInt64], JSON)
    /// A part of the text of a long result.
    case part(UInt64, String, isLast: Bool)
    /// What came of several points.
    case points(UInt64, PutReport)
    /// `{"pub":…}`, `{"run":…}`, `{"agent":…}`, in order.
    case pushes([JSON])
    case alive
    /// The connection ends.
    case farewell(String)
    /// Of a newer hub.
    case other
}

extension PackedFromHub {
    package func message() throws(PackedFault) -> HubMessage {
        switch what {
        case .ack(let ack): return ack.message(id)
        case .reading(let reading): return .reply([id], try reading.json())
        case .answer(let answer): return try answer.message(id)
        case .refusal(let refusal): return .reply([id], refusal.json)
        case .changes(let changes):
            var pushes: [JSON] = []
            for change in changes.changes { pushes.append(try change.change().json(.v2)) }
            return .pushes(pushes)
        case .news(let news): return .pushes([try news.json()])
        case .alive: return .alive
        case .farewell(let farewell): return .farewell(farewell.reason)
        case .welcome(let welcome):
            let json = try welcome.json()
            return id == 0 ? .pushes([["agent": json]]) : .reply([id], ["result": json])
        case .pull(let pull):
            guard let what = pull.order, let number = Int(exactly: id) else { return .other }
            return .pushes([AgentOrder.pull(what, id: number).json])
        case nil: return .other
        }
    }
}

extension PackedAck {
    fileprivate func message(_ id: UInt64) -> HubMessage {
        guard taken == 0, refused.isEmpty else {
            var report = PutReport()
            (report.taken, report.isStored) = (Int(taken), !unstored)
            report.refused = refused.map { .init(Int($0.point), $0.refusal.refusal) }
            return .points(id, report)
        }
        var members = [JSON.Member("result", "ok")]
        if unstored { members.append(JSON.Member("stored", false)) }
        if future { members.append(JSON.Member("future", true)) }
        return .reply([id] + others, .object(members))
    }
}

extension PackedReading {
    fileprivate func json() throws(PackedFault) -> JSON {
        let value: JSON = hasValue ? try self.value.json() : .null
        if hasTime {
            let last = LastValue(value.isNull ? nil : value, at: try Timestamp(packed: time), isStale: stale)
            return .object([JSON.Member("result", last.json)])
        }
        return .object([JSON.Member("result", value)] + (stale ? [JSON.Member("stale", true)] : []))
    }
}

extension PackedAnswer {
    fileprivate func message(_ id: UInt64) throws(PackedFault) -> HubMessage {
        switch what {
        case .part(let text): return .part(id, text, isLast: !more)
        case .result(let result):
            let members = [JSON.Member("result", try result.json())]
            return .reply([id], .object(members + (unstored ? [JSON.Member("stored", false)] : [])))
        case nil: throw .unreadable("an answer without a result")
        }
    }
}

extension PackedRefusal {
    var refusal: Refusal { Refusal(code: code, message.isEmpty ? nil : message) }

    fileprivate var json: JSON {
        let text = message.isEmpty ? [] : [JSON.Member("message", .string(message))]
        return .object([JSON.Member("error", .string(code))] + text)
    }
}

extension PackedChange {
    fileprivate func change() throws(PackedFault) -> KeyChange {
        KeyChange(
            key: key, value: hasValue ? try value.json() : .null, time: try Timestamp(packed: time),
            previous: hasPrevious ? try previous.json() : .null, isStale: hasStale ? stale : nil,
            skipped: Int(skipped), isMissed: missed, sequence: hasSeq ? seq : nil)
    }
}
