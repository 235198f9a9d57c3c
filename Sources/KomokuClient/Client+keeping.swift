public import Komoku
public import KomokuWire

/// What changes or moves whole histories.
extension Client {
    /// Gives a key another name; its history goes with it.
    ///
    /// - Throws: `ClientError` with the code `key_exists` where the new name is taken.
    public func rename(_ key: String, to new: String) async throws(ClientError) {
        try await perform(.rename(RenameRequest(name(key), to: name(new))), timeout: Self.longTime)
    }

    /// Where the configuration, as its files are now, names a key.
    ///
    /// - Parameter new: what it shall be called; then the answer says what to write.
    public func uses(of key: String, as new: String? = nil) async throws(ClientError) -> KeyUses {
        let new = try new.map { text throws(ClientError) in try name(text) }
        return try await ask(.uses(UsesRequest(name(key), as: new)))
    }

    /// What became of a name that a key had before; nil where a key has it, or none ever had.
    public func newName(of former: String) async throws(ClientError) -> String? {
        try await ask(.renames, for: FormerKeys.self).keys.first { $0.key.utf8.elementsEqual(former.utf8) }?.name
    }

    /// Moves the points of a key into another one and removes it. At equal times the points of `target` stay.
    public func merge(_ key: String, into target: String) async throws(ClientError) {
        try await perform(.merge(MergeRequest(name(key), into: name(target))), timeout: Self.longTime)
    }

    /// Packs what is stored and gives unused space back.
    ///
    /// - Returns: the sizes of the store before and after.
    public func compact() async throws(ClientError) -> Compaction {
        try await ask(.compact, timeout: Self.longTime)
    }

    /// Writes a consistent copy of the database while the hub goes on.
    ///
    /// - Parameter path: absolute, on the hub's machine; must not exist yet.
    /// - Returns: its bytes.
    @discardableResult
    public func backup(to path: String) async throws(ClientError) -> Int {
        try await ask(.backup(BackupRequest(path)), for: BackupReport.self, timeout: Self.longTime).bytes
    }

    /// All stored points of the keys that match, streamed over a connection of its own.
    ///
    /// - Throws: where the pattern is none.
    public nonisolated func export(
        _ pattern: String = "**", since: Timestamp? = nil, until: Timestamp? = nil
    ) throws(ClientError) -> PointExport {
        let request = ExportRequest(try self.pattern(pattern), since: since, until: until)
        return PointExport(client: self, command: Command.export(request).member)
    }

    /// Opens a connection over which points are stored as they are.
    public nonisolated func importPoints() async throws(ClientError) -> PointImport {
        PointImport(connection: try await open())
    }

    /// A hub at work says so by its pings; a hub that is gone is noticed long before.
    private static let longTime = Komoku.Duration.seconds(6 * 3600)
}
