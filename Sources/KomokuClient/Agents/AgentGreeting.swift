internal import Komoku
public import KomokuWire

/// What an agent says first on each connection, and what it hears over it.
package struct AgentGreeting: Sendable {
    let hello: @Sendable () -> AgentHello
    let welcomed: @Sendable (AgentWelcome) -> Void
    let ordered: @Sendable (AgentOrder) -> Void
    let unknown: @Sendable () -> Void

    /// - Parameters:
    ///   - hello: who the agent is, as far as it knows.
    ///   - welcomed: is told who the hub says that it is, and what it collects.
    ///   - ordered: is told what the hub wants later on.
    ///   - unknown: the hub is of a version that knows no agents; values can be put all the same.
    package init(
        hello: @escaping @Sendable () -> AgentHello, welcomed: @escaping @Sendable (AgentWelcome) -> Void,
        ordered: @escaping @Sendable (AgentOrder) -> Void, unknown: @escaping @Sendable () -> Void
    ) {
        (self.hello, self.welcomed, self.ordered, self.unknown) = (hello, welcomed, ordered, unknown)
    }

    /// - Throws: where the hub is there, and refuses the agent.
    func say(on connection: Connection, by client: Client) async throws(ClientError) {
        do throws(ClientError) {
            let answer = try await Client.answer(
                Command.hello(hello()).member, on: connection, timeout: client.timeout)
            welcomed(
                try client.shaped { () throws(Refusal) in try AgentWelcome(answer["result"] ?? .null) })
        } catch {
            // A hub that knows no such command gives no sentence; one that refuses what is said does.
            guard case .refused(.invalidQuery, message: nil) = error else { throw error }
            unknown()
        }
        Task {
            // Ends with the connection.
            while case .push(let push, _) = await connection.pushes.next() {
                if let order = AgentOrder(push) { ordered(order) }
            }
        }
    }
}

extension Client {
    /// Opens the connection, where none is open, so that what is said first has been said.
    public func connect() async throws(ClientError) { _ = try await connected() }

    /// What an agent tells beside its keys.
    package func report(_ report: AgentReport) async throws(ClientError) { try await perform(.report(report)) }

    /// The agents that the hub knows, by name.
    public func agents() async throws(ClientError) -> [AgentDescription] {
        try await ask(.agents(AgentsRequest(nil)), for: AgentsList.self).agents
    }

    /// One agent, with its facts and what it collects.
    ///
    /// - Parameter agent: its id or its name.
    /// - Throws: `ClientError` with the code `not_found` where there is none.
    public func agent(_ agent: String) async throws(ClientError) -> AgentDescription {
        let found = try await ask(.agents(AgentsRequest(agent)), for: AgentsList.self).agents
        guard let agent = found.first else { throw .unshaped }
        return agent
    }

    /// Gives an agent another name, with which its keys go, or says where it belongs; an empty attribute ends what was said.
    public func setAgent(
        _ agent: String, name: String? = nil, attributes: [String: String]? = nil
    ) async throws(ClientError) {
        try await perform(.setAgent(SetAgentRequest(agent, name: name, attributes: attributes)))
    }

    /// Forgets an agent; its keys and their history stay.
    public func forgetAgent(_ agent: String) async throws(ClientError) {
        try await perform(.forgetAgent(AgentRequest(agent)))
    }
}
