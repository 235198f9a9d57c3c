/// A stand-in for the broker: keeps each message of QoS 1 until it is acknowledged, which is after the commit that holds it,
/// and delivers what was not again, in order. While it is away devices keep what they have to say.
struct SimulatedBroker {
    private struct Waiting {
        let message: Scenario.Message
        /// The commits that there had been when it was delivered last.
        var commits: Int
    }

    private var waiting: [Waiting] = []
    private var held: [Scenario.Message] = []
    private(set) var isThere = true
    /// In the order in which they were sent.
    private(set) var acknowledged: [Scenario.Message] = []
    private(set) var deliveries: [Scenario.Message] = []

    /// - Returns: whether the hub gets it now.
    mutating func sent(_ message: Scenario.Message, commits: Int) -> Bool {
        guard isThere else {
            held.append(message)
            return false
        }
        waiting.append(Waiting(message: message, commits: commits))
        deliveries.append(message)
        return true
    }

    /// The hub has committed so often.
    mutating func acknowledge(commits: Int) {
        while isThere, let first = waiting.first, first.commits < commits {
            acknowledged.append(first.message)
            waiting.removeFirst()
        }
    }

    /// What a hub that is new gets, if the broker is there.
    mutating func redeliver(commits: Int) -> [Scenario.Message] {
        guard isThere else { return [] }
        for index in waiting.indices { waiting[index].commits = commits }
        deliveries += waiting.map(\.message)
        return waiting.map(\.message)
    }

    mutating func leave() { isThere = false }

    /// It is there again; the connection knows which messages it has had, unless the hub is new since.
    ///
    /// - Returns: what devices have to say.
    mutating func comeBack() -> [Scenario.Message] {
        isThere = true
        defer { held = [] }
        return held
    }
}
