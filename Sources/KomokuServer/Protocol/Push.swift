internal import Komoku
internal import KomokuHub

/// The one message that a server sends unasked: a change of a key to a connection that subscribed to it, or that it went stale
/// or recovered.
enum Push {
    /// Appends `{"pub":{…}}`.
    static func write(_ delivery: Delivery, version: ProtocolVersion, into bytes: inout [UInt8]) {
        let change = delivery.change
        let value = JSON(change.value)
        let previous = JSON(change.previous)
        // Clients of both old servers live on: one reads `previous_value`, the other `previous`.
        var members: [JSON.Member] = [
            JSON.Member("key", .string(change.key.text)), JSON.Member("value", value),
            JSON.Member("time", .number(change.time.seconds)), JSON.Member("previous_value", previous),
            JSON.Member("previous", previous),
        ]
        switch version {
        case .v1:
            members.append(JSON.Member("curr", value))
        case .v2:
            if delivery.freshness != nil || delivery.isStale {
                members.append(JSON.Member("stale", .bool(delivery.isStale || delivery.freshness == .stale)))
            }
            if delivery.skipped > 0 { members.append(JSON.Member("skipped", .number(Double(delivery.skipped)))) }
        }
        JSON.object([JSON.Member("pub", .object(members))]).write(into: &bytes)
    }
}
