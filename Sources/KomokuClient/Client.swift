public import Komoku
internal import KomokuWire
internal import NIOCore
internal import NIOPosix

/// A client of a hub: asks, puts and watches over WebSockets. It connects at the first call, and again after a break.
public actor Client: KeyService {
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

    public func answer(_ name: String, _ body: JSON) async throws(ClientError) -> JSON {
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
    func perform(_ command: Command, timeout: Komoku.Duration) async throws(ClientError) -> JSON {
        try await answer(command.member.name, command.member.value, timeout: timeout)
    }

    /// Has a command carried out whose answer is a shape.
    func ask<Answer: Shape>(
        _ command: Command, for type: Answer.Type = Answer.self, timeout: Komoku.Duration? = nil
    ) async throws(ClientError) -> Answer {
        let whole =
            if let timeout { try await perform(command, timeout: timeout) } else { try await perform(command) }
        let result = whole["result"] ?? .null
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
    /// Watches keys over a connection of its own, which comes back by itself after a break.
    ///
    /// - Parameters:
    ///   - initial: the last value of each key is told first, also after a break.
    ///   - every: each put is told, not only changes.
    /// - Throws: where the hub cannot be reached now, or refuses the pattern.
    public nonisolated func watch(
        _ pattern: String, initial: Bool, every: Bool
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
