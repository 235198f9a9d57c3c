public import Komoku
public import KomokuWire
internal import NIOCore
internal import NIOPosix

/// A client of a hub: asks, puts and watches over WebSockets. It connects at the first call, and again after a break.
public actor Client {
    public nonisolated let address: HubAddress
    private nonisolated let access: HubAccess
    /// Nil without TLS; or why there is none.
    private nonisolated let tls: Result<ClientTLS, ClientError>?
    nonisolated let timeout: TimeAmount
    private nonisolated let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private nonisolated let greeting: AgentGreeting?
    private var connection: Connection?
    /// That is being opened and greeted; further calls wait for the same.
    private var opening: Task<Result<Connection, ClientError>, Never>?

    /// - Parameters:
    ///   - access: how it shows who it is, and knows the hub.
    ///   - timeout: the longest wait for a connection, and for an answer.
    public init(
        _ address: HubAddress = .local, access: HubAccess = HubAccess(), timeout: Komoku.Duration = .seconds(10)
    ) {
        self.init(address, access: access, timeout: timeout, greeting: nil)
    }

    /// One of an agent.
    ///
    /// - Parameter greeting: what is said first on the connection that commands take.
    package init(
        _ address: HubAddress, access: HubAccess, timeout: Komoku.Duration = .seconds(10), greeting: AgentGreeting?
    ) {
        self.greeting = greeting
        self.address = address
        self.access = access
        tls = address.transport == .tls ? Result { () throws(ClientError) in try ClientTLS(address, access) } : nil
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

    private func answer(_ name: String, _ body: JSON, timeout: Komoku.Duration) async throws(ClientError) -> JSON {
        let timeout = TimeAmount.microseconds(timeout.microseconds)
        return try await Self.answer(JSON.Member(name, body), on: try await connected(), timeout: timeout)
    }

    private func answer(_ name: String, _ body: JSON) async throws(ClientError) -> JSON {
        try await Self.answer(JSON.Member(name, body), on: try await connected(), timeout: timeout)
    }

    static func answer(
        _ command: JSON.Member, on connection: Connection, timeout: TimeAmount
    ) async throws(ClientError) -> JSON {
        let answer = try await connection.request(command, timeout: timeout)
        if let error = ClientError(in: answer) { throw error }
        return answer
    }

    /// Has a command carried out.
    ///
    /// - Returns: the whole reply, where it is no error.
    @discardableResult
    func perform(_ command: Command, timeout: Komoku.Duration? = nil) async throws(ClientError) -> JSON {
        let member = command.member
        guard let timeout else { return try await answer(member.name, member.value) }
        return try await answer(member.name, member.value, timeout: timeout)
    }

    /// Has a command carried out whose answer is a shape.
    func ask<Answer: Shape>(
        _ command: Command, for type: Answer.Type = Answer.self, timeout: Komoku.Duration? = nil
    ) async throws(ClientError) -> Answer {
        let result = try await perform(command, timeout: timeout)["result"] ?? .null
        return try shaped { () throws(Refusal) in try Answer(result) }
    }

    func connected() async throws(ClientError) -> Connection {
        if let connection, connection.isOpen { return connection }
        if let greeting { return try await greeted(greeting) }
        let opened = try await open()
        // Another call may have been quicker meanwhile; both work, the later one is kept.
        connection = opened
        return opened
    }

    private func greeted(_ greeting: AgentGreeting) async throws(ClientError) -> Connection {
        let attempt =
            opening
            ?? Task { [self] in
                do throws(ClientError) {
                    let opened = try await open()
                    do throws(ClientError) {
                        try await greeting.say(on: opened, by: self)
                        return .success(opened)
                    } catch {
                        opened.abandon()
                        return .failure(error)
                    }
                } catch {
                    return .failure(error)
                }
            }
        opening = attempt
        let result = await attempt.value
        if opening == attempt { opening = nil }
        let opened = try result.get()
        connection = opened
        return opened
    }

    /// A further connection of its own.
    nonisolated func open() async throws(ClientError) -> Connection {
        try await Connection.open(address, token: access.token, tls: tls?.get(), on: group, timeout: timeout)
    }
}

extension Client {
    /// The newest value of a key; nil where there is none.
    public func get(_ key: String) async throws(ClientError) -> JSON? {
        try await perform(.get(ValueRequest(key)))["result"]?.nonNull
    }

    /// Puts a value, now or at a time; returns when it is durable, of a device's key when the command is on its way.
    ///
    /// - Returns: false where the hub took it but cannot store anything at the moment.
    @discardableResult
    public func put(_ key: String, _ value: JSON, at time: Timestamp? = nil) async throws(ClientError) -> Bool {
        try await perform(.put(PutRequest(name(key), value, at: time, waits: false)))["stored"] != .bool(false)
    }

    /// The keys that match, by name.
    public func keys(matching pattern: String = "**") async throws(ClientError) -> [KeyDescription] {
        let request = KeysRequest(try self.pattern(pattern), value: true, time: true)
        let result = try await perform(.keys(request))["result"] ?? .null
        return try shaped { () throws(Refusal) in try [KeyDescription](wire: result) }
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
        let count = limit ?? (since == nil ? 100 : FetchRequest.maximumPoints)
        let request = FetchRequest(key, .newest(count: count), since: since, until: until)
        let points = try await perform(.fetch(request))["result"]?.array ?? []
        return points.reversed().compactMap(HistoryPoint.init)
    }

    /// Creates a key or adds options to it.
    public func define(_ key: String, type: KeyType, options: [JSON.Member] = []) async throws(ClientError) {
        try await perform(.define([KeyDefinition(name: key, type: type, options: options)]))
    }

    /// The same with many at once; all of them, or none.
    public func define(
        _ keys: [(name: String, type: KeyType, options: [JSON.Member])]
    ) async throws(ClientError) {
        try await perform(.define(keys.map { KeyDefinition(name: $0.name, type: $0.type, options: $0.options) }))
    }

    /// Deletes a key with its history.
    public func delete(_ key: String) async throws(ClientError) {
        try await perform(.delete(KeyRequest(name(key))))
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
        let request = SubscriptionRequest(
            .pattern(try self.pattern(pattern)), every: every, initial: initial, numbered: true)
        let watch = KeyWatch(
            client: self, timeout: timeout,
            command: { seen in
                var request = request
                request.after = seen
                return Command.subscribe(request).member
            },
            read: { KeyChange(pub: $0, dropped: $1) })
        try await watch.connect()
        return watch
    }
}

// MARK: What is checked here, so that a command can be made of it

extension Client {
    nonisolated func name(_ text: String) throws(ClientError) -> KeyName {
        guard let name = KeyName(text) else {
            throw .refused(.invalidKey, message: "'\(text.prefix(300))' cannot be the name of a key")
        }
        return name
    }

    nonisolated func pattern(_ text: String) throws(ClientError) -> KeyPattern {
        try shaped { () throws(Refusal) in try KeyPattern(wire: .string(text), of: "match") }
    }

    /// What an answer is read as, or a text is taken for.
    nonisolated func shaped<Result>(_ body: () throws(Refusal) -> Result) throws(ClientError) -> Result {
        do throws(Refusal) {
            return try body()
        } catch {
            if error.code == CommandError.invalidKey.rawValue { throw .refused(.invalidKey, message: error.message) }
            let detail = error.message.map { ": \($0)" } ?? ""
            throw .unshaped(detail)
        }
    }
}
