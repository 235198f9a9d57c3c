public import Komoku
internal import NIOCore
internal import NIOPosix

/// A client of a hub: asks, puts and watches over WebSockets. It connects at the first call, and again after a break.
public actor Client {
    public nonisolated let address: HubAddress
    nonisolated let timeout: TimeAmount
    private nonisolated let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private var connection: Connection?

    /// - Parameter timeout: the longest wait for a connection, and for an answer.
    public init(_ address: HubAddress = .local, timeout: Komoku.Duration = .seconds(10)) {
        self.address = address
        self.timeout = .microseconds(timeout.microseconds)
    }

    /// Ends the connection and its thread. Watches end too.
    public func close() async {
        await connection?.close()
        connection = nil
        try? await group.shutdownGracefully()
    }

    /// Sends a command as the protocol spells it (docs/protocol.md) and returns the answer's `result`.
    ///
    /// - Throws: `ClientError.refused` where the hub answers with an error. After `.disconnected` or `.timedOut` the
    ///   command may have been carried out.
    public func request(_ name: String, _ body: JSON) async throws(ClientError) -> JSON {
        try await answer(name, body)["result"] ?? .null
    }

    /// The same for what may take longer than most, such as compaction.
    public func request(
        _ name: String, _ body: JSON, timeout: Komoku.Duration
    ) async throws(ClientError) -> JSON {
        try await answer(name, body, timeout: timeout)["result"] ?? .null
    }

    func answer(_ name: String, _ body: JSON, timeout: Komoku.Duration) async throws(ClientError) -> JSON {
        let connection = try await connected()
        let timeout = TimeAmount.microseconds(timeout.microseconds)
        return try await Self.answer(name, body, on: connection, timeout: timeout)
    }

    /// The whole answer, where it is no error.
    func answer(_ name: String, _ body: JSON) async throws(ClientError) -> JSON {
        let connection = try await connected()
        return try await Self.answer(name, body, on: connection, timeout: timeout)
    }

    static func answer(
        _ name: String, _ body: JSON, on connection: Connection, timeout: TimeAmount
    ) async throws(ClientError) -> JSON {
        let answer = try await connection.request([JSON.Member(name, body)], timeout: timeout)
        if let error = ClientError(in: answer) { throw error }
        return answer
    }

    private func connected() async throws(ClientError) -> Connection {
        if let connection, connection.isOpen { return connection }
        let opened = try await open()
        // Another call may have been quicker meanwhile; both work, the later one is kept.
        connection = opened
        return opened
    }

    /// A further connection of its own.
    nonisolated func open() async throws(ClientError) -> Connection {
        try await Connection.open(address, on: group, timeout: timeout)
    }
}

extension Client {
    /// The newest value of a key; nil where there is none.
    public func get(_ key: String) async throws(ClientError) -> JSON? {
        let value = try await request("get", ["key": .string(key)])
        return value.nonNull
    }

    /// Puts a value, now or at a time; returns when it is durable, of a device's key when the command is on its way.
    ///
    /// - Returns: false where the hub took it but cannot store anything at the moment.
    @discardableResult
    public func put(_ key: String, _ value: JSON, at time: Timestamp? = nil) async throws(ClientError) -> Bool {
        var members = [JSON.Member("key", .string(key)), JSON.Member("value", value), JSON.Member("wait", false)]
        if let time { members.append(JSON.Member("time", .number(time.seconds))) }
        return try await answer("put", .object(members))["stored"] != .bool(false)
    }

    /// The keys that match, by name.
    public func keys(matching pattern: String = "**") async throws(ClientError) -> [KeyDescription] {
        let result = try await request("keys", ["match": .string(pattern), "include": ["value", "time"]])
        return (result.object ?? []).map { KeyDescription(name: $0.name, $0.value) }
    }

    /// One key, or nil where there is none of that name.
    public func key(_ name: String) async throws(ClientError) -> KeyDescription? {
        guard KeyName(name) != nil else { return nil }
        return try await keys(matching: name).first
    }

    /// Points as `[time, value]`, ascending; the newest where there are more than `limit`.
    public func history(
        _ key: String, since: Timestamp? = nil, until: Timestamp? = nil, limit: Int? = nil
    ) async throws(ClientError) -> [HistoryPoint] {
        // With `last` the answer is always points; a boolean with a start alone would be answered with shares.
        let count = limit ?? (since == nil ? 100 : 10_000)
        var members = [JSON.Member("key", .string(key)), JSON.Member("last", .number(Double(count)))]
        if let since { members.append(JSON.Member("since", .number(since.seconds))) }
        if let until { members.append(JSON.Member("until", .number(until.seconds))) }
        let points = try await request("fetch", .object(members)).array ?? []
        return points.reversed().compactMap(HistoryPoint.init)
    }

    /// Creates a key or adds options to it.
    public func define(_ key: String, type: KeyType, options: [JSON.Member] = []) async throws(ClientError) {
        let definition: JSON = ["type": .string(type.rawValue), "opts": .object(options)]
        _ = try await request("define", .object([JSON.Member(key, definition)]))
    }

    /// Deletes a key with its history.
    public func delete(_ key: String) async throws(ClientError) {
        _ = try await request("delete", ["key": .string(key)])
    }

    /// Watches keys over a connection of its own, which comes back by itself after a break.
    ///
    /// - Parameters:
    ///   - initial: the last value of each key is told first, also after a break.
    ///   - every: each put is told, not only changes.
    /// - Throws: where the hub cannot be reached now, or refuses the pattern.
    public nonisolated func watch(
        _ pattern: String, initial: Bool = false, every: Bool = false
    ) async throws(ClientError) -> KeyWatch {
        let command: JSON = ["pattern": .string(pattern), "init": .bool(initial), "every": .bool(every)]
        let watch = KeyWatch(client: self, command: JSON.Member("sub", command), timeout: timeout) {
            KeyChange($0, dropped: $1)
        }
        try await watch.connect()
        return watch
    }
}
