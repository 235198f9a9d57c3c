import BenchFigures
import Dispatch
import FoundationEssentials
import Glibc
import Komoku
import KomokuExpression
import KomokuHub
import KomokuRules
import KomokuStore
import KomokuSystem
import KomokuYAML
import Logging

/// A hub with its rules on a database in a folder of its own, as the daemon has it, but without broker and server.
final class RuleHouse {
    let hub: Hub
    let rules: RuleHost
    private let store: Store

    /// How long it took until what the last process had in hand stood again, in seconds.
    let boot: Double

    init(_ set: RuleSet, database: String, outputs: any RuleOutputs = NoOutputs()) throws {
        let logger = Logger(label: "bench") { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = .error
            return handler
        }
        let begin = ContinuousClock.now
        store = try Store(Store.Configuration(location: .file(database)), logger: logger)
        hub = Hub(store: store, logger: logger)
        let log = WhyLog(store)
        rules = RuleHost(notes: NotifyConfiguration(), outputs: outputs, log: log, logger: logger)
        rules.attach(set, to: hub)
        hub.start()
        Self.wait { [hub] done in hub.enqueue { _ in done.signal() } }
        boot = (ContinuousClock.now - begin) / .seconds(1)
    }

    func stop() {
        hub.stop()
        store.close()
    }

    /// Does something on the hub's thread, and waits for its end.
    func perform<Result: Sendable>(_ work: @escaping @Sendable (isolated Hub, RuleHost) -> Result) -> Result {
        let answer = Answer<Result>()
        let rules = rules
        Self.wait { done in
            hub.enqueue { hub in
                answer.value = work(hub, rules)
                done.signal()
            }
        }
        guard let value = answer.value else { preconditionFailure("the hub's work was done") }
        return value
    }

    /// Waits until all that was put is in the database.
    func waitForCommit() {
        Self.wait { done in hub.enqueue { $0.whenDurable { _ in done.signal() } } }
    }

    /// Puts numbers, a thousand in a turn.
    func put(_ key: KeyName, _ numbers: Range<Int>) {
        for begin in stride(from: numbers.lowerBound, to: numbers.upperBound, by: 1000) {
            let part = begin..<min(begin + 1000, numbers.upperBound)
            perform { hub, _ in
                for number in part { try? hub.put(key, .number(Double(number)), cause: .client("bench")) }
            }
        }
    }

    private static func wait(_ work: (DispatchSemaphore) -> Void) {
        let done = DispatchSemaphore(value: 0)
        work(done)
        done.wait()
    }

    private final class Answer<Result>: @unchecked Sendable {
        var value: Result?
    }
}

extension RuleSet {
    /// Reads rules as the daemon does; keys `room.N.temperature` and those of `types` exist.
    ///
    /// - Parameter lines: rules in YAML, one each.
    static func reading(_ lines: [String]) throws -> RuleSet {
        let text = "rules:\n" + lines.map { "  - \($0)\n" }.joined()
        let source = YAMLSource(environment: [:], files: DiskFiles())
        let document = source.parse(text, file: "bench.yaml")
        let report = SettingsReport(source: source, diagnostics: document.diagnostics)
        guard let root = document.root else {
            throw BenchError(document.diagnostics.sorted.first.map(\.description) ?? "the rules cannot be parsed")
        }
        let settings = SettingsReader(root, report: report)
        let set = RuleSet.read(settings, environment: BenchKeys.environment)
        settings.finish()
        if report.diagnostics.hasErrors {
            throw BenchError(report.diagnostics.sorted.first.map(\.description) ?? "the rules have errors")
        }
        return set
    }
}

/// The keys that the rules of the benchmarks speak of.
enum BenchKeys {
    static let lux = KeyName("hall.lux")
    static let types: [String: KeyType] = [
        "hall.lux": .numeric, "hall.power": .numeric, "count": .numeric, "house.asleep": .boolean,
    ]

    static var environment: RuleEnvironment {
        RuleEnvironment(
            key: { name in
                if let type = types[name.text] { return .init(type == .boolean ? .boolean : .number) }
                return name.text.hasPrefix("room.") ? .init(name.text.hasSuffix("motion") ? .boolean : .number) : nil
            }, candidates: { types.keys.sorted().compactMap { KeyName($0) } }, warnsOfUnknown: false)
    }
}

/// Outputs of which nothing leaves the process.
protocol QuietOutputs: RuleOutputs {}

extension QuietOutputs {
    func publish(_ message: RulePublication, then: (@Sendable (OutputFailure?) -> Void)?) { then?(nil) }

    func request(
        _ request: HTTPRequest, then: @escaping @Sendable (Result<OutputAnswer, OutputFailure>) -> Void
    ) -> OutputCancellation { OutputCancellation() }

    func launch(
        _ program: ProgramCall, then: @escaping @Sendable (Result<OutputAnswer, OutputFailure>) -> Void
    ) -> OutputCancellation { OutputCancellation() }

    func log(rule: String, level: LogLevel, text: String) {}
}

final class NoOutputs: QuietOutputs {}
