import ArgumentParser

/// Measures the store in process; each command prints lines of JSON. See `Benchmarks/README.md`.
@main
struct StoreBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "komoku-bench-store",
        abstract: "Measures the store in process.",
        subcommands: [
            ThirtyDays.self, LiveTraffic.self, QuietDay.self, WholeYear.self, LastValue.self, Memory.self,
        ])
}
