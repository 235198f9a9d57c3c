/// A stand-in for the broker: keeps each message of QoS 1 until it is acknowledged, which is after the commit that holds it,
/// and delivers what was not again, in order.
struct SimulatedBroker {
    private struct Waiting {
        let message: Scenario.Message
        /// The commits that there had been when it was delivered last.
        var commits: Int
    }

    private var waiting: [Waiting] = []
    /// In the order in which they were sent.
    private(set) var acknowledged: [Scenario.Message] = []
    private(set) var deliveries: [Scenario.Message] = []

    mutating func sent(_ message: Scenario.Message, commits: Int) {
        waiting.append(Waiting(message: message, commits: commits))
        deliveries.append(message)
    }

    /// The hub has committed so often.
    mutating func acknowledge(commits: Int) {
        while let first = waiting.first, first.commits < commits {
            acknowledged.append(first.message)
            waiting.removeFirst()
        }
    }

    /// What a hub that connects again gets.
    mutating func redeliver(commits: Int) -> [Scenario.Message] {
        for index in waiting.indices { waiting[index].commits = commits }
        deliveries += waiting.map(\.message)
        return waiting.map(\.message)
    }
}
