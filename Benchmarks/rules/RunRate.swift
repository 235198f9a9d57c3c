import ArgumentParser
import BenchFigures
import Komoku
import KomokuHub
import KomokuRules

struct RunRate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs", abstract: "Runs a second: a change, a condition, a put, all of them durable at the end.")

    @OptionGroup var place: DatabaseOptions
    @Option(help: "Changes.") var runs = 200_000

    func run() throws {
        let place = try Workplace(place.database)
        defer { place.remove() }
        let rule = """
            {name: bench, when: {change: hall.lux}, if: "hall.lux > 0 and not (house.asleep ?? false)", \
            then: {put: {count: "hall.lux * 2"}}}
            """
        let house = try RuleHouse(.reading([rule]), database: place.database)
        defer { house.stop() }
        guard let key = BenchKeys.lux, let count = KeyName("count") else { return }
        let before = ProcessFigures.computedSeconds
        let spent = seconds {
            house.put(key, 1..<runs + 1)
            house.waitForCommit()
        }.seconds
        let computed = ProcessFigures.computedSeconds - before
        let last = house.perform { hub, _ in hub.last(count)?.value?.number ?? 0 }
        guard last == Double(2 * runs) else { throw BenchError("the last run put \(last)") }
        report(
            "runs",
            [
                "runs_per_s": Double(runs) / spent, "cpu_us_per_run": computed / Double(runs) * 1e6,
                "resident_mib": ProcessFigures.residentMiB,
            ])
    }
}
