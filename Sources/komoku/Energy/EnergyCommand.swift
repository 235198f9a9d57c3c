internal import ArgumentParser
internal import Komoku
internal import KomokuClient
internal import KomokuWire

struct EnergyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "energy", abstract: "Show what the house's meters counted, and what it cost.",
        discussion: """
            The meters and prices are those of the section 'energy' of the configuration. Used is what came from the grid, the sun \
            and the battery, less what went back to the grid or into the battery; Other is what no device accounts for. A dash is \
            what is not known, and an amount with ~ lacks part of the time.
            """)

    @Option(help: "One row per hour, day, week, month or year.", completion: .list(EnergyStep.allCases.map(\.rawValue)))
    var by = "day"

    @OptionGroup var range: RangeOptions

    @OptionGroup var hub: HubOptions

    func validate() throws { _ = try step() }

    private func step() throws -> EnergyStep {
        if let step = EnergyStep(rawValue: by) { return step }
        let words = EnergyStep.allCases.map(\.rawValue)
        let question = Suggestion.question(for: by, in: words) ?? "write \(words.joined(separator: ", "))"
        throw ValidationError("--by does not know '\(by)'; \(question)")
    }

    func run() async throws {
        var request = EnergyRequest(by: try step())
        request.zone = hub.zone
        try await hub.withClient { client in
            (request.since, request.until) = try range.bounds()
            let report = try await client.energy(request)
            if hub.json { return Terminal.say(report.json.text) }
            let shown = EnergyShown(report)
            Terminal.say(Terminal.dim(LocalTime.remark))
            Terminal.say(table: shown.rows(on: .standard))
            let sums = shown.sums(on: .standard)
            if !sums.isEmpty {
                Terminal.say("")
                Terminal.say(table: sums)
            }
            for line in shown.remarks { Terminal.complain(line) }
        }
    }
}
