internal import Komoku
public import KomokuWire

/// How the hub is.
extension Client {
    /// Who the hub is: its version, its time zone, what stands between it and its broker.
    ///
    /// - Returns: nil where the hub is of a version that does not tell.
    public func identity() async throws(ClientError) -> HubIdentity? {
        do throws(ClientError) {
            return try await ask(.hub)
        } catch {
            guard case .refused(.invalidQuery, _) = error else { throw error }
            return nil
        }
    }

    /// How everything is, and what of it needs a person.
    public func status() async throws(ClientError) -> HubStatus { try await ask(.status) }

    /// How much is kept, and whether keeping works.
    public func store() async throws(ClientError) -> StoreStatus { try await ask(.store) }

    /// Messages that could not be used, newest first.
    public func deadLetters(limit: Int = 100) async throws(ClientError) -> [DeadLetterReport] {
        let result = try await perform(.deadLetters(DeadLettersRequest(limit: limit)))["result"] ?? .null
        return try shaped { () throws(Refusal) in try [DeadLetterReport](wire: result, of: "result") }
    }

    public func clearDeadLetters() async throws(ClientError) {
        try await perform(.clearDeadLetters)
    }

    /// The keys that take most of the hub's file, the largest first.
    public func sizes(_ pattern: String = "**", limit: Int = 10_000) async throws(ClientError) -> KeySizesList {
        try await ask(.sizes(SizesRequest(self.pattern(pattern), limit: limit)))
    }
}
