public import Komoku

/// What changes or moves whole histories.
extension Client {
    /// Gives a key another name; its history goes with it.
    ///
    /// - Throws: `ClientError` with the code `key_exists` where the new name is taken.
    public func rename(_ key: String, to name: String) async throws(ClientError) {
        _ = try await request("rename", ["key": .string(key), "to": .string(name)], timeout: Self.longTime)
    }

    /// Moves the points of a key into another one and removes it. At equal times the points of `target` stay.
    public func merge(_ key: String, into target: String) async throws(ClientError) {
        _ = try await request("merge", ["key": .string(key), "into": .string(target)], timeout: Self.longTime)
    }

    /// Packs what is stored and gives unused space back.
    ///
    /// - Returns: `{"before":{…},"after":{…}}`, the sizes of the store.
    public func compact() async throws(ClientError) -> JSON {
        try await request("compact", [:], timeout: Self.longTime)
    }

    /// Writes a consistent copy of the database while the hub goes on.
    ///
    /// - Parameter path: absolute, on the hub's machine; must not exist yet.
    /// - Returns: its bytes.
    @discardableResult
    public func backup(to path: String) async throws(ClientError) -> Int {
        let result = try await request("backup", ["path": .string(path)], timeout: Self.longTime)
        return result["bytes"]?.number.flatMap { Int(exactly: $0) } ?? 0
    }

    /// All stored points of the keys that match, streamed over a connection of its own.
    public nonisolated func export(
        _ pattern: String = "**", since: Timestamp? = nil, until: Timestamp? = nil
    ) -> PointExport {
        var members = [JSON.Member("match", .string(pattern))]
        if let since { members.append(JSON.Member("since", .number(since.seconds))) }
        if let until { members.append(JSON.Member("until", .number(until.seconds))) }
        return PointExport(client: self, command: .object(members))
    }

    /// Opens a connection over which points are stored as they are.
    public nonisolated func importPoints() async throws(ClientError) -> PointImport {
        PointImport(connection: try await open())
    }

    /// A hub at work says so by its pings; a hub that is gone is noticed long before.
    private static let longTime = Komoku.Duration.seconds(6 * 3600)
}
