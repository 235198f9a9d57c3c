package import Komoku
package import KomokuHub
package import KomokuStore
internal import Logging

/// The records of runs in the database, in the commits of what they tell about; each outcome is kept for a time of its own.
///
/// Equal decisions of a rule in a row are one line, whose count is written every some seconds only.
package final class WhyLog: RunLog, AlarmHandler {
    /// For how long, and how many at most.
    package static let usualRetention: [String: RunRetention] = {
        let long = RunRetention(time: .seconds(90 * 86_400), count: 100_000)
        let short = RunRetention(time: .seconds(14 * 86_400), count: 20_000)
        var retention: [String: RunRetention] = [:]
        for outcome in RunRecord.Outcome.allCases {
            switch outcome {
            case .done, .failed, .stopped, .replaced, .dropped, .reset, .missed: retention[outcome.rawValue] = long
            case .skipped, .busy, .limited, .paused: retention[outcome.rawValue] = short
            }
        }
        return retention
    }()

    /// The newest decision of a rule, which may come again.
    private struct Repeated {
        let record: RunRecord
        var count = 1
        var last: Timestamp
        var isWritten = true
    }

    private let store: Store
    private let retention: [String: RunRetention]
    // On the hub's thread only, as every method that touches it takes the hub.
    nonisolated(unsafe) private var repeated: [String: Repeated] = [:]
    /// The rules of these, by the numbers of their records.
    nonisolated(unsafe) private var rules: [Int64: String] = [:]
    nonisolated(unsafe) private var isSet = false
    nonisolated(unsafe) private var pruned: Int64?

    private static let writing = Duration.seconds(10)
    private static let pruning = Duration.seconds(3600)

    package init(_ store: Store, retention: [String: RunRetention] = WhyLog.usualRetention) {
        self.store = store
        self.retention = retention
    }

    package func newestNumber() -> Int64 { (try? store.newestRun()) ?? 0 }

    package func append(_ record: RunRecord, in hub: isolated Hub) {
        hub.append(run: record.row())
        if let old = repeated.removeValue(forKey: record.rule) {
            rules[old.record.id] = nil
            if !old.isWritten { write(old, in: hub) }
        }
        switch record.outcome {
        case .skipped, .busy, .limited, .paused:
            repeated[record.rule] = Repeated(record: record, last: record.ended)
            rules[record.id] = record.rule
        default: break
        }
        prune(in: hub)
    }

    package func repeated(_ number: Int64, count: Int, at time: Timestamp, in hub: isolated Hub) {
        guard let rule = rules[number] else { return }
        repeated[rule]?.count = count
        repeated[rule]?.last = time
        repeated[rule]?.isWritten = false
        if isSet { return }
        isSet = true
        hub.setAlarm(at: hub.clock.monotonic.adding(Self.writing), for: self)
    }

    package func alarm(in hub: isolated Hub) {
        isSet = false
        for (rule, entry) in repeated where !entry.isWritten {
            write(entry, in: hub)
            repeated[rule]?.isWritten = true
        }
    }

    private func write(_ entry: Repeated, in hub: isolated Hub) {
        hub.append(run: entry.record.row(count: entry.count, last: entry.last))
    }

    /// A record with how often it was repeated.
    package func row(of record: RunRecord, in hub: isolated Hub) -> RunRow {
        guard let entry = repeated[record.rule], entry.record.id == record.id else { return record.row() }
        return record.row(count: entry.count, last: entry.last)
    }

    private func prune(in hub: isolated Hub) {
        let now = hub.clock.monotonic
        if let pruned, now < pruned.adding(Self.pruning) { return }
        pruned = now
        hub.prune(runs: retention)
    }
}
