package import KomokuHub
package import KomokuWire

/// Hosts that tell of themselves.
extension Desk {
    /// Welcomes an agent; it is answered when that is on disk.
    package func welcome(
        _ hello: AgentHello, from caller: Caller, by line: AgentLine, in hub: isolated Hub
    ) -> Result<Outcome, Refusal> {
        do throws(Refusal) {
            try caller.check(.hello(hello))
            let isNew = !agents.hasLink(caller)
            let welcome = try agents.welcome(hello, from: caller, by: line, in: hub)
            let (agents, id) = (agents, ObjectIdentifier(caller))
            // Once for each connection, also where it says hello again.
            if isNew { _ = caller.whenGone { [hub] in hub.enqueue { agents.left(id, in: $0) } } }
            return .success(.durable(.shape(welcome)))
        } catch {
            agents.noteRefusal(error, of: hello, at: caller.entrance.address, in: hub)
            return .failure(error)
        }
    }

    /// Nil for other commands.
    func agentOutcome(
        of command: Command, for caller: Caller, _ rights: Rights, in hub: isolated Hub
    ) throws(Refusal) -> Outcome? {
        switch command {
        case .report(let report): try agents.take(report, from: caller, in: hub)
        case .setAgent(let request): try agents.set(request, for: rights, in: hub)
        case .forgetAgent(let request): try agents.forget(request, for: rights, in: hub)
        default: return nil
        }
        return .durable(.ok)
    }
}
