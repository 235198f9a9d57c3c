internal import Synchronization

/// What the configuration says of agents at the moment. For any thread.
package final class AgentBook: Sendable {
    private struct State {
        var configuration: AgentsConfiguration
        var follower: (@Sendable (AgentsConfiguration) -> Void)?
    }

    private let state: Mutex<State>

    package init(_ configuration: AgentsConfiguration = AgentsConfiguration()) {
        state = Mutex(State(configuration: configuration))
    }

    /// What it says from now on.
    package func set(_ configuration: AgentsConfiguration) {
        let follower = state.withLock { state in
            state.configuration = configuration
            return state.follower
        }
        follower?(configuration)
    }

    var configuration: AgentsConfiguration { state.withLock { $0.configuration } }

    /// - Parameter follower: told of each that comes later.
    func follow(_ follower: @escaping @Sendable (AgentsConfiguration) -> Void) {
        state.withLock { $0.follower = follower }
    }
}
