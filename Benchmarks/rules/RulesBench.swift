import ArgumentParser

/// Measures rules in process; each command prints lines of JSON. See `Benchmarks/README.md`.
@main
struct RulesBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "komoku-bench-rules",
        abstract: "Measures rules in process.",
        subcommands: [RunRate.self, UnrelatedChange.self, Loading.self, WaitingRuns.self, WakeUps.self])
}
