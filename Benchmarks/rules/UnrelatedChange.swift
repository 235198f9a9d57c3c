import ArgumentParser
import BenchFigures
import Komoku
import KomokuHub
import KomokuRules

struct UnrelatedChange: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unrelated", abstract: "A change that no rule is about, beside few and many rules.")

    @Option(help: "Changes in each round.") var changes = 100_000
    @Option(help: "Rounds; each measures all of the houses, and the fastest round counts.") var rounds = 5

    func run() throws {
        for count in [0, 10, 10_000] {
            let place = try Workplace()
            defer { place.remove() }
            let set = try count == 0 ? RuleSet() : RuleSet.reading((0..<count).map(Self.rule))
            let house = try RuleHouse(set, database: place.database)
            defer { house.stop() }
            guard let key = BenchKeys.lux else { return }
            house.put(key, 0..<1000)
            var least = Double.infinity
            for round in 1...rounds {
                let begin = round * changes
                least = min(least, seconds { house.put(key, begin..<begin + changes) }.seconds)
                house.waitForCommit()
            }
            report("unrelated", ["rules": Double(count), "us_per_change": least / Double(changes) * 1e6])
        }
    }

    /// Of several kinds, none of them about `hall.lux`.
    private static func rule(_ number: Int) -> String {
        let triggers = [
            "{change: room.\(number).temperature, by: 0.5}", "{becomes: 'hall.power > \(number)', for: 5m}",
            "{change: 'room.*.motion', to: true}", "{mqtt: 'bench/\(number)/+'}",
        ]
        return "{name: rule\(number), when: \(triggers[number % triggers.count]), then: {log: bench}}"
    }
}
