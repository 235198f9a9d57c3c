import ArgumentParser
import BenchFigures
import Komoku
import KomokuRules

struct Loading: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load", abstract: "Rules read, checked and compiled, from the text to what runs.")

    @Option(help: "Rules.") var rules = 10_000

    func run() throws {
        for (name, rule) in [("load", Self.simple), ("load_long", Self.long)] {
            let lines = (0..<rules).map(rule)
            let before = ProcessFigures.computedSeconds
            let (spent, set) = try seconds { try RuleSet.reading(lines) }
            guard set.rules.count == rules else { throw BenchError("\(set.rules.count) rules were read") }
            report(
                name,
                [
                    "rules": Double(rules), "seconds": spent, "cpu_seconds": ProcessFigures.computedSeconds - before,
                    "bytes": Double(lines.reduce(0) { $0 + $1.utf8.count }),
                ])
        }
    }

    private static func simple(_ number: Int) -> String {
        """
        {name: rule\(number), when: {change: room.\(number).motion, to: true}, if: "room.\(number).lux < 40", \
        then: {put: {room.\(number).light: 1}}}
        """
    }

    /// A light with its time and conditions, as people write them.
    private static func long(_ number: Int) -> String {
        """
        {name: rule\(number), mode: restart, limit: 20/m, when: [{change: room.\(number).motion, to: true}, \
        {becomes: "room.\(number).lux < 10", for: 5m}, {at: "22:00", days: [mon-fri]}], \
        if: "room.\(number).lux < 40 and not (house.asleep ?? false)", then: [{put: {room.\(number).light: 1}}, {wait: 5m}, \
        {wait_until: {is: "not room.\(number).motion", timeout: 10m}}, {put: {room.\(number).light: 0}}, \
        {log: "light {room.\(number).lux} off"}]}
        """
    }
}
