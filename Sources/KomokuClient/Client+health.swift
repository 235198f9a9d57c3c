public import Komoku

/// The time zone in which a hub counts its days.
public struct HubZone: Hashable, Sendable {
    /// `Europe/Warsaw`; nil where the hub does not know it.
    public let name: String?
    /// The same as a rule, for machines that do not know the name: `CET-1CEST,M3.5.0,M10.5.0/3`.
    public let rule: String?
}

/// How the hub is.
extension Client {
    /// - Returns: nil where the hub is of a version that does not tell.
    public func zone() async throws(ClientError) -> HubZone? {
        let hub: JSON
        do throws(ClientError) {
            hub = try await request("hub", [:])
        } catch {
            guard case .refused(.invalidQuery, _) = error else { throw error }
            return nil
        }
        return HubZone(name: hub["zone"]?.string, rule: hub["zone_rule"]?.string)
    }

    /// Why the hub is not connected to its broker, as a sentence; nil where it is, or has none.
    public func brokerTrouble() async throws(ClientError) -> String? {
        try await request("hub", [:])["broker_trouble"]?.string
    }

    /// `{"hub":{…},"broker":{…}, … ,"attention":[…]}`, see docs/protocol.md.
    public func status() async throws(ClientError) -> JSON { try await request("status", [:]) }

    /// Messages that could not be used, newest first.
    public func deadLetters(limit: Int = 100) async throws(ClientError) -> [JSON] {
        try await request("dead_letters", ["limit": .number(Double(limit))]).array ?? []
    }

    public func clearDeadLetters() async throws(ClientError) {
        _ = try await request("clear_dead_letters", [:])
    }
}
