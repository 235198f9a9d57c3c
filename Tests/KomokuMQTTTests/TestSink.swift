import Komoku
import KomokuHub
import KomokuMQTT
import KomokuStore
import KomokuTesting
import Logging
import Synchronization

/// Stands for the hub: keeps what it is given, and commits when a test says so.
final class TestSink: ObservationSink {
    struct Seen: Sendable, Hashable, CustomStringConvertible {
        var key: String
        var text: String
        var provenance: Provenance
        var isCommand: Bool
        var description: String { "\(key)=\(text) \(provenance.name)" }
    }

    let seen = Collector<Seen>()
    let letters = Collector<DeadLetter>()
    /// What sources of devices said.
    let updates = Collector<DeviceUpdate>()
    /// One for each commit that was asked for.
    let asked = Collector<Int>()
    private let state: Mutex<State>

    private struct State {
        var isAutomatic: Bool
        var waiting: [@Sendable (Store.CommitOutcome) -> Void] = []
        var isDurable = false
        var hasRoom = true
    }

    /// - Parameter isAutomatic: commits at once.
    init(isAutomatic: Bool = true) {
        state = Mutex(State(isAutomatic: isAutomatic))
    }

    func take(_ intake: Intake) {
        updates.append(contentsOf: intake.updates)
        seen.append(contentsOf: intake.observations.map(Seen.init))
        letters.append(contentsOf: intake.deadLetters)
    }

    func whenDurable(_ then: @escaping @Sendable (Store.CommitOutcome) -> Void) {
        let isAutomatic = state.withLock { state in
            if !state.isAutomatic { state.waiting.append(then) }
            return state.isAutomatic
        }
        asked.append(1)
        if isAutomatic { then(.durable) }
    }

    var hasRoom: Bool { state.withLock { $0.hasRoom } }

    func setRoom(_ hasRoom: Bool) {
        state.withLock { $0.hasRoom = hasRoom }
    }

    /// Others commit what was taken until now, as they are told to.
    func isDurable() -> Bool { state.withLock { $0.isDurable } }

    func setDurable(_ isDurable: Bool) {
        state.withLock { $0.isDurable = isDurable }
    }

    func commit(_ outcome: Store.CommitOutcome = .durable, automaticFromNowOn: Bool = false) {
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            state.isAutomatic = automaticFromNowOn
            return state.waiting
        }
        for then in waiting { then(outcome) }
    }
}

extension TestSink.Seen {
    init(_ observation: Observation) {
        let text =
            switch observation.content {
            case .value(let value): value.description
            case .text(let text): text
            case .unknown: "unknown"
            }
        self.init(
            key: observation.feed.name, text: text, provenance: observation.provenance,
            isCommand: observation.feed.isCommand)
    }
}

/// A logger whose lines a test can read.
func collectingLogger() -> (Logger, Collector<String>) {
    let lines = Collector<String>()
    return (Logger(label: "test") { _ in CollectingHandler(lines: lines) }, lines)
}

let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

private struct CollectingHandler: LogHandler {
    let lines: Collector<String>
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        lines.append("\(event.level) \(event.message) \(event.metadata ?? [:])")
    }
}
