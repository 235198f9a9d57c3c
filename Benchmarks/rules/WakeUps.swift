import ArgumentParser
import BenchFigures
import Glibc
import Komoku
import KomokuHub
import KomokuRules
import Synchronization

struct WakeUps: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wakeups", abstract: "How late waits end, beside many runs that wait on.")

    @Option(help: "Waits that are measured, one each 5 ms.") var waits = 2000
    @Option(help: "Hundreds of runs that wait on beside them.") var standing = 1000

    func run() throws {
        let place = try Workplace()
        defer { place.remove() }
        let stopwatch = Stopwatch(waits)
        let beside = (0..<standing).map { number in
            "{name: rule\(number), mode: {parallel: 100}, when: {change: hall.power}, then: [{wait: 1h}, {increment: count}]}"
        }
        let set = try RuleSet.reading(
            ["{name: bench, mode: {parallel: 1000}, when: {change: hall.lux}, then: [{wait: 2s}, {log: '{value}'}]}"]
                + beside)
        let house = try RuleHouse(set, database: place.database, outputs: stopwatch)
        defer { house.stop() }
        guard let key = BenchKeys.lux, let power = KeyName("hall.power") else { return }
        for number in 0..<100 {
            house.put(power, number..<number + 1)
            house.waitForCommit()
        }
        for number in 0..<waits {
            stopwatch.begin(number)
            house.put(key, number..<number + 1)
            usleep(5000)
        }
        for _ in 0..<500 where stopwatch.ended < waits { usleep(10_000) }
        let late = stopwatch.lateness(than: 2).sorted()
        guard late.count == waits else { throw BenchError("\(late.count) of \(waits) waits ended") }
        report(
            "wakeups",
            [
                "waits": Double(waits), "standing": Double(standing * 100), "p50_ms": late[waits / 2] * 1000,
                "p99_ms": late[waits * 99 / 100] * 1000, "max_ms": (late.last ?? 0) * 1000, "min_ms": late[0] * 1000,
            ])
    }
}

/// Notes when a wait began, and when the line was logged that follows it.
private final class Stopwatch: QuietOutputs {
    private struct Times {
        var begun: [ContinuousClock.Instant?]
        var ended: [ContinuousClock.Instant?]
        var count = 0
    }

    private let times: Mutex<Times>

    init(_ count: Int) {
        let none = [ContinuousClock.Instant?](repeating: nil, count: count)
        times = Mutex(Times(begun: none, ended: none))
    }

    func begin(_ number: Int) { times.withLock { $0.begun[number] = .now } }

    var ended: Int { times.withLock(\.count) }

    /// In seconds; below zero is too early.
    func lateness(than wait: Double) -> [Double] {
        times.withLock { times in
            zip(times.begun, times.ended).compactMap { begun, ended in
                guard let begun, let ended else { return nil }
                return (ended - begun) / .seconds(1) - wait
            }
        }
    }

    func log(rule: String, level: LogLevel, text: String) {
        let now = ContinuousClock.now
        guard let number = Int(text) else { return }
        times.withLock { times in
            guard times.ended.indices.contains(number) else { return }
            times.ended[number] = now
            times.count += 1
        }
    }
}
