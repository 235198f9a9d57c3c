import ArgumentParser
import BenchFigures
import Dispatch
import Glibc
import Komoku
import KomokuHub
import KomokuStore
import Logging

struct LastValue: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "last", abstract: "The last value of a key, asked of the hub in process.")

    @Option(help: "Keys.") var keys = 1000
    @Option(help: "Questions.") var runs = 100_000

    func run() throws {
        let logger = Logger(label: "bench") { StreamLogHandler.standardError(label: $0) }
        let store = try Store(Store.Configuration(location: .memory), logger: logger)
        let now = Int64(time(nil)) * 1_000_000
        try store.define((0..<keys).map { ("house.\($0).temperature", .numeric) }, at: Timestamp(microseconds: now))
        let hub = Hub(store: store, logger: logger)
        hub.start()
        let names = (0..<keys).compactMap { KeyName("house.\($0).temperature") }
        let (runs, answers) = (runs, DispatchSemaphore(value: 0))
        hub.enqueue { hub in
            for name in names { try? hub.put(name, .number(21.5), at: nil, cause: .client("bench")) }
            answers.signal()
        }
        answers.wait()
        hub.enqueue { hub in
            var found = 0
            let spent = seconds { for run in 0..<runs where hub.last(names[run % names.count]) != nil { found += 1 } }
                .seconds
            report("last_on_the_hub", ["microseconds": spent / Double(runs) * 1e6, "found": Double(found)])
            answers.signal()
        }
        answers.wait()
        let rounds = runs / 10
        let spent = seconds {
            for run in 0..<rounds {
                hub.enqueue { hub in
                    _ = hub.last(names[run % names.count])
                    answers.signal()
                }
                answers.wait()
            }
        }.seconds
        report("last_from_another_thread", ["microseconds": spent / Double(rounds) * 1e6])
        hub.stop()
        store.close()
    }
}
