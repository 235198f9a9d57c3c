import ArgumentParser
import BenchFigures
import Komoku
import KomokuHub
import KomokuRules

struct WaitingRuns: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "waiting", abstract: "Runs that wait, each a cell: memory, and a start with all of them.")

    @OptionGroup var place: DatabaseOptions
    @Option(help: "Rules; each has a hundred runs.") var rules = 1000

    func run() throws {
        let place = try Workplace(place.database)
        defer { place.remove() }
        let set = try RuleSet.reading(
            (0..<rules).map { number in
                "{name: rule\(number), mode: {parallel: 100}, when: {change: hall.lux}, then: [{wait: 1h}, {increment: count}]}"
            })
        guard let key = BenchKeys.lux else { return }
        let house = try RuleHouse(set, database: place.database)
        // The first changes fill what every hub has.
        house.put(key, 0..<1)
        house.waitForCommit()
        let before = ProcessFigures.trimmedMiB
        let made = seconds {
            for number in 1..<100 {
                house.put(key, number..<number + 1)
                house.waitForCommit()
            }
        }.seconds
        let standing = house.perform { hub, rules in rules.engine.list(in: hub).reduce(0) { $0 + $1.standing } }
        let after = ProcessFigures.trimmedMiB
        house.stop()
        let again = try RuleHouse(set, database: place.database)
        defer { again.stop() }
        let found = again.perform { hub, rules in rules.engine.list(in: hub).reduce(0) { $0 + $1.standing } }
        guard found == standing, found == rules * 100 else { throw BenchError("\(found) of \(standing) runs stand") }
        report(
            "waiting",
            [
                "runs": Double(found), "mib": after - before, "made_s": made, "boot_s": again.boot,
                "file_mb": Double(ProcessFigures.fileBytes(place.database)) / 1e6,
            ])
    }
}
