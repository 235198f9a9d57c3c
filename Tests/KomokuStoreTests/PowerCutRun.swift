import KomokuSQLite
import Komoku
import KomokuTesting
import Testing

@testable import KomokuStore

/// One recorded workload, to be cut in many places.
struct PowerCutRun {
    private let seed: UInt64
    private let disk: FaultDisk
    private let history: PowerCutHistory
    /// How many operations the disk saw.
    var operations: Int { disk.operationCount }

    init(seed: UInt64, durability: Store.Durability, steps: Int, isFaulty: Bool = false) async throws {
        self.seed = seed
        let folder = try MemoryFolder()
        defer { folder.remove() }
        var workload = try PowerCutWorkload(folder, seed: seed, durability: durability, isFaulty: isFaulty)
        try await workload.run(steps: steps)
        (disk, history) = (workload.disk, workload.history)
    }

    struct Result {
        var cuts = 0
        /// Cuts that cost something that was acknowledged.
        var lost = 0
        var failures = 0
    }

    private struct Cut: Sendable {
        let number: Int
        let operation: Int
        let loss: PowerCuts.Loss
        let files: [String: [UInt8]]
    }

    private enum Verdict: Sendable {
        case whole, lossy
        case broken(String)
    }

    /// Cuts in seeded places and looks at what is left; stops after the third failure.
    func check(cuts: Int, mayLose: Bool = false) async throws -> Result {
        var random = SplitMix(seed: seed &* 977)
        let places = (0..<cuts).map { _ in Int.random(in: 0...operations, using: &random) }.sorted()
        var walk = PowerCuts(of: disk, seed: seed)
        var result = Result()
        try await withThrowingTaskGroup(of: (Cut, Verdict).self) { group in
            for (number, operation) in places.enumerated() where result.failures < 3 {
                let loss = Self.loss(&random)
                let files = walk.cut(after: operation, loss, seed: random.next())
                let cut = Cut(number: number, operation: operation, loss: loss, files: files)
                if number >= 2, let (cut, verdict) = try await group.next() { note(cut, verdict, mayLose, &result) }
                group.addTask { (cut, try await verdict(cut)) }
            }
            for try await (cut, verdict) in group { note(cut, verdict, mayLose, &result) }
        }
        return result
    }

    private static func loss(_ random: inout SplitMix) -> PowerCuts.Loss {
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<5: .torn
        case 5..<7: .tail
        case 7..<9: .everything
        default: .nothing
        }
    }

    private func note(_ cut: Cut, _ verdict: Verdict, _ mayLose: Bool, _ result: inout Result) {
        result.cuts += 1
        var fault: String?
        switch verdict {
        case .whole: break
        case .lossy:
            result.lost += 1
            if !mayLose { fault = "something that was acknowledged is missing" }
        case .broken(let reason): fault = reason
        }
        guard let fault else { return }
        result.failures += 1
        var kept = "nowhere"
        if let folder = try? MemoryFolder(), (try? PowerCuts.write(cut.files, to: folder.path)) != nil {
            kept = folder.path
        }
        Issue.record(
            """
            seed \(seed), cut \(cut.number) after operation \(cut.operation) of \(operations), \(cut.loss): \(fault)
            the files are in \(kept); the last operations:
            \(disk.log(before: cut.operation))
            """)
    }

    private func verdict(_ cut: Cut) async throws -> Verdict {
        let folder = try MemoryFolder()
        defer { folder.remove() }
        try PowerCuts.write(cut.files, to: folder.path)
        let expected = history.steps(after: cut.operation)
        do {
            let store = try PowerCutWorkload.open(folder.database, .normal)
            defer { store.close() }
            let steps = try PowerCutHistory.steps(in: store)
            if steps > expected.upperBound { return .broken("step \(steps) is there, \(expected) may be") }
            let content = history.contents[steps]
            if let fault = try await difference(store, content) { return .broken("at step \(steps): \(fault)") }
            if cut.number % 10 == 0, let fault = try integrity(store) { return .broken(fault) }
            if let fault = try await goesOn(store, content, folder, again: cut.number % 10 == 1) {
                return .broken(fault)
            }
            return steps < expected.lowerBound ? .lossy : .whole
        } catch {
            return .broken("\(error)")
        }
    }

    private func difference(_ store: Store, _ content: PowerCutHistory.Content) async throws -> String? {
        let restored = store.restored
        guard Set(restored.map(\.record)) == Set(content.keys.values) else { return "the keys are others" }
        guard store.nextKeyID >= content.nextKey else { return "a key's id would be used again" }
        for key in restored {
            let (id, expected) = (key.record.id, content.sorted(key.record.id))
            let found = try await store.points(of: id)
            let isExpiring = id.rawValue == PowerCutWorkload.expiring
            let isRight = isExpiring ? Self.isPart(found, of: expected) : found == expected
            if !isRight { return "key \(id.rawValue): \(Self.difference(found, expected))" }
            if key.last != content.lasts[id] {
                return "key \(id.rawValue): the last value is \(String(describing: key.last))"
            }
            if key.newestPoint != expected.last { return "key \(id.rawValue): the newest point is another" }
        }
        guard Set(try store.events().map(\.id)) == content.events else { return "the events are others" }
        let devices = Dictionary(try store.devices().map { ($0.id, $0.data) }) { $1 }
        guard devices == content.devices.mapValues(Optional.init) else { return "the devices are others" }
        let discoveries = Dictionary(try store.discoveries().map { ($0.topic, $0.payload) }) { $1 }
        guard discoveries == content.discoveries.mapValues(Optional.init) else {
            return "the discovery messages are others"
        }
        let statistics = store.statistics
        guard statistics.corruptBlocks == 0, statistics.corruptJournalRows == 0 else { return "something is damaged" }
        return nil
    }

    private static func isPart(_ found: [Point], of expected: [Point]) -> Bool {
        Set(expected).isSuperset(of: found) && zip(found, found.dropFirst()).allSatisfy { $0.time < $1.time }
    }

    private static func difference(_ found: [Point], _ expected: [Point]) -> String {
        let (missing, added) = (Set(expected).subtracting(found), Set(found).subtracting(expected))
        return
            "\(found.count) points instead of \(expected.count), missing \(missing.prefix(3)), new \(added.prefix(3))"
    }

    private func integrity(_ store: Store) throws -> String? {
        let lines = try store.database.read { try String.fetchAll($0, sql: "PRAGMA integrity_check") }
        return lines == ["ok"] ? nil : lines.prefix(3).joined(separator: "; ")
    }

    /// The store takes a new point and keeps it.
    private func goesOn(
        _ store: Store, _ content: PowerCutHistory.Content, _ folder: MemoryFolder, again: Bool
    ) async throws -> String? {
        let id = store.nextKeyID
        try store.define(id..<(id + 1))
        store.append([.point(id, 7, .number(1))])
        guard await (again ? store.sealed() : store.committed()) == .durable else {
            return "nothing is stored any more"
        }
        guard try await store.points(of: KeyID(rawValue: id)).count == 1 else { return "a new point is not there" }
        guard again else { return nil }
        store.close()
        let next = try PowerCutWorkload.open(folder.database, .normal)
        defer { next.close() }
        return try await next.points(of: KeyID(rawValue: id)).count == 1 ? nil : "a new point is gone"
    }
}
