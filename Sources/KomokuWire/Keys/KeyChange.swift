public import Komoku

/// `pub`: a change of a key, on its way to a connection that subscribed to it; or that it went stale, or recovered.
public struct KeyChange: Hashable, Sendable {
    public var key: String
    /// Null where nothing is known.
    public var value: JSON
    /// The time of the put.
    public var time: Timestamp
    /// Null at first.
    public var previous: JSON
    /// Nil where it was fresh and stays so.
    public var isStale: Bool?
    /// Changes of the key that were left out before this one, because the client reads slowly.
    public var skipped: Int
    /// It happened while the client was away: the newest value, whatever came before it.
    public var isMissed: Bool
    /// What a client that comes back says that it has seen; nil where it did not ask for that.
    public var sequence: String?

    public init(
        key: String, value: JSON, time: Timestamp, previous: JSON, isStale: Bool? = nil, skipped: Int = 0,
        isMissed: Bool = false, sequence: String? = nil
    ) {
        (self.key, self.value, self.time, self.previous) = (key, value, time, previous)
        (self.isStale, self.skipped) = (isStale, skipped)
        (self.isMissed, self.sequence) = (isMissed, sequence)
    }

    /// Reads what `pub` has; nil where it is something else.
    package init?(pub: JSON) {
        guard let key = pub["key"]?.string,
            let time = pub["time"]?.number.flatMap(Timestamp.init(seconds:))
        else { return nil }
        self.init(
            key: key, value: pub["value"] ?? .null, time: time, previous: pub["previous"] ?? .null,
            isStale: pub["stale"]?.bool, skipped: pub["skipped"]?.number.flatMap { Int(exactly: $0) } ?? 0,
            isMissed: pub["missed"]?.bool ?? false, sequence: pub["seq"]?.string)
    }

    /// Appends `{"key":K,"value":V,"time":T,"previous":V}` and what else there is.
    package func writeObject(into bytes: inout [UInt8]) {
        let hidden = ["previous_value"]
        JSON.object(members(.v2).filter { !hidden.contains($0.name) }).write(into: &bytes)
    }

    /// Appends `{"pub":{…}}`. Clients of both old servers live on: one reads `previous_value`, the other `previous`.
    package func write(_ version: ProtocolVersion, into bytes: inout [UInt8]) {
        json(version).write(into: &bytes)
    }

    /// `{"pub":{…}}`.
    package func json(_ version: ProtocolVersion) -> JSON {
        .object([JSON.Member("pub", .object(members(version)))])
    }

    private func members(_ version: ProtocolVersion) -> [JSON.Member] {
        var members: [JSON.Member] = [
            JSON.Member("key", .string(key)), JSON.Member("value", value), JSON.Member("time", .number(time.seconds)),
            JSON.Member("previous_value", previous), JSON.Member("previous", previous),
        ]
        switch version {
        case .v1:
            members.append(JSON.Member("curr", value))
        case .v2:
            if let isStale { members.append(JSON.Member("stale", .bool(isStale))) }
            if skipped > 0 { members.append(JSON.Member("skipped", .number(Double(skipped)))) }
            if isMissed { members.append(JSON.Member("missed", true)) }
            if let sequence { members.append(JSON.Member("seq", .string(sequence))) }
        }
        return members
    }
}
