package import KomokuHub

extension CellHost {
    struct Counters: Hashable, Sendable {
        var boots = 0
        var messages = 0
        var timeouts = 0
        var failures = 0
        var deadLetters = 0
    }

    /// How many cells there are, and what they did since the hub started.
    package struct Statistics: Hashable, Sendable {
        package struct Behaviour: Hashable, Sendable {
            package var name: String
            /// Nil where nobody has registered it.
            package var version: Int?
            package var alive: Int
            package var failed: Int
        }

        /// By name.
        package var behaviours: [Behaviour] = []
        package var alive = 0
        package var failed = 0
        /// Callbacks.
        package var boots = 0
        package var messages = 0
        package var timeouts = 0
        package var failures = 0
        package var deadLetters = 0
    }

    package func statistics(in hub: isolated Hub) -> Statistics {
        var statistics = Statistics(
            boots: state.counters.boots, messages: state.counters.messages, timeouts: state.counters.timeouts,
            failures: state.counters.failures, deadLetters: state.counters.deadLetters)
        for (number, name) in state.shelf.names.enumerated() {
            let counts = state.shelf.counts(of: Int32(number))
            let version = state.behaviours[Int32(number)]?.version
            guard counts.alive + counts.failed > 0 || version != nil else { continue }
            statistics.alive += counts.alive
            statistics.failed += counts.failed
            statistics.behaviours.append(
                Statistics.Behaviour(name: name, version: version, alive: counts.alive, failed: counts.failed))
        }
        statistics.behaviours.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        return statistics
    }
}
