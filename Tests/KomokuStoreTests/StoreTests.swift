import KomokuSQLite
import Komoku
import Synchronization
import Testing

@testable import KomokuStore

@Suite struct StoreTests {
    private let key = KeyID(rawValue: 0)

    @Test func appendedPointsAreReadAtOnce() async throws {
        let store = try Store.open(.memory)
        try store.define(0..<1)
        store.append([.point(0, 10, .number(1)), .point(0, 20, .number(2))])
        #expect(try await store.points(of: key) == [Point(10, .number(1)), Point(20, .number(2))])
        #expect(store.statistics.commits == 0)
    }

    @Test func boundsAreExclusiveAndLimitsCountFromTheAskedEnd() async throws {
        let store = try Store.open(.memory)
        try store.define(0..<1)
        for half in 0..<2 {
            store.append((0..<5).map { .point(0, Int64(half * 5 + $0), .number(Double(half * 5 + $0))) })
            if half == 0 { await store.sealed() }
        }
        func times(_ since: Int64?, _ until: Int64?, _ limit: Int, _ newestFirst: Bool) async throws -> [Int64] {
            try await store.points(
                of: key, since: since.map(Timestamp.init(microseconds:)),
                until: until.map(Timestamp.init(microseconds:)), limit: limit, newestFirst: newestFirst
            ).map(\.time.microseconds)
        }
        #expect(try await times(2, 7, .max, false) == [3, 4, 5, 6])
        #expect(try await times(nil, nil, 6, false) == [0, 1, 2, 3, 4, 5])
        #expect(try await times(nil, nil, 6, true) == [9, 8, 7, 6, 5, 4])
        #expect(try await times(2, 7, 2, true) == [6, 5])
        #expect(try await times(7, 2, .max, false) == [])
        #expect(try await times(nil, nil, 0, false) == [])
        #expect(try await times(nil, nil, -1, true) == [])
    }

    @Test func reopeningRestoresKeysLastsAndPoints() async throws {
        let folder = try Folder()
        let puts: [Put] = [
            .point(0, 10, .number(20.5)), .point(1, 11, .string("armed")),
            Put(
                key: KeyID(rawValue: 0), time: Timestamp(microseconds: 30), value: .number(20.5), provenance: .retained,
                pointTime: nil, isNewest: true),
            .point(1, 5, .boolean(true), isNewest: false),
        ]
        for seals in [false, true] {
            let name = "\(seals).db"
            let first = try folder.open(name)
            try first.define(0..<3)
            first.append(puts)
            if seals { await first.sealed() }
            first.close()
            let second = try folder.open(name)
            #expect(second.nextKeyID == 3)
            #expect(try second.restored.map(\.record) == (0..<3).map { try KeyRecord.fixture($0) })
            #expect(second.restored[0].last == Point(30, .number(20.5), .retained))
            #expect(second.restored[0].newestPoint == Point(10, .number(20.5)))
            #expect(second.restored[1].last == Point(11, .string("armed")))
            #expect(second.restored[2].last == nil)
            #expect(try await second.points(of: KeyID(rawValue: 1)).map(\.time.microseconds) == [5, 11])
        }
    }

    @Test func theRestoredKeysAreGivenAwayOnce() throws {
        let folder = try Folder()
        let store = try folder.open()
        try store.define(0..<3)
        store.close()
        let again = try folder.open()
        #expect(again.takeRestored().count == 3)
        #expect(again.restored == [])
    }

    @Test func waitersShareOneCommit() async throws {
        let store = try Folder().open()
        try store.define(0..<1)
        await store.committed()
        // The writer is held in a callback until all hundred wait.
        let outcomes = await withCheckedContinuation { (done: CheckedContinuation<[Store.CommitOutcome], Never>) in
            store.commit { _ in
                let outcomes = Mutex<[Store.CommitOutcome]>([])
                let shared = Shared(outcomes)
                for index in 0..<100 {
                    store.append([.point(0, Int64(index), .number(1))])
                    store.commit { outcome in
                        let all = shared.add(outcome)
                        if all.count == 100 { done.resume(returning: all) }
                    }
                }
            }
        }
        #expect(outcomes.allSatisfy { $0 == .durable })
        #expect(store.statistics.commits == 2)
        #expect(store.statistics.durablePuts == 100)
    }

    private final class Shared: Sendable {
        private let outcomes: Mutex<[Store.CommitOutcome]>
        init(_ outcomes: consuming Mutex<[Store.CommitOutcome]>) { self.outcomes = outcomes }
        func add(_ outcome: Store.CommitOutcome) -> [Store.CommitOutcome] {
            outcomes.withLock {
                $0.append(outcome)
                return $0
            }
        }
    }

    @Test func whatWasCommittedSurvivesAKill() async throws {
        let (folder, copy) = (try Folder(), try Folder())
        let store = try folder.open()
        try store.define(0..<1)
        store.append([.point(0, 1, .number(1))])
        await store.sealed()
        store.append([.point(0, 2, .number(2))])
        await store.committed()
        store.append([.point(0, 3, .number(3))])
        try folder.copyFiles(to: copy)
        let other = try copy.open()
        #expect(try await other.points(of: key).map(\.time.microseconds) == [1, 2])
        #expect(other.restored[0].last == Point(2, .number(2)))
    }

    @Test func aPreviousValueIsFoundInHeadAndBlocks() async throws {
        let store = try Store.open(.memory)
        try store.define(0..<1)
        store.append([.point(0, 1, .number(7)), .point(0, 2, nil)])
        store.append((3..<3000).map { .point(0, $0, .number(1)) })
        #expect(try await store.newestPoint(of: key, differingFrom: .number(1)) == Point(1, .number(7)))
        await store.sealed()
        #expect(try await store.newestPoint(of: key, differingFrom: .number(1)) == Point(1, .number(7)))
        #expect(try await store.newestPoint(of: key, differingFrom: .number(2))?.time.microseconds == 2999)
        #expect(try await store.newestPoint(of: KeyID(rawValue: 9), differingFrom: .number(2)) == nil)
    }

    @Test func lateEqualAndReplacedPointsEndInTheRightBlocks() async throws {
        let store = try Folder().open()
        try store.define(0..<1)
        store.append((0..<40_000).map { .point(0, $0 * 10, .number(1)) })
        try await store.compacted()
        store.append([
            .point(0, 55, .number(2), isNewest: false), .point(0, 60, .number(3), isNewest: false),
            .point(0, -5, nil, isNewest: false), .point(0, 600_000, .string("x")),
        ])
        try await store.compacted()
        let points = try await store.points(of: key)
        #expect(points.count == 40_003)
        #expect(points.first == Point(-5, nil))
        #expect(points.first { $0.time.microseconds == 60 }?.value == .number(3))
        #expect(store.statistics.headPoints == 0)
        let ranges = try store.database.read { db in
            try Row.fetchAll(db, sql: "SELECT start, \"end\", count FROM blocks WHERE tier = 0 ORDER BY start")
                .map { [$0.integer(0), $0.integer(1), $0.integer(2)] }
        }
        #expect(zip(ranges, ranges.dropFirst()).allSatisfy { $0[1] < $1[0] })
        #expect(ranges.count >= 3 && ranges.allSatisfy { $0[2] <= Block.maximumCount })
    }

    @Test func deletedKeysVanishAtOnceAndTheirBlocksInSlices() async throws {
        let folder = try Folder()
        let store = try folder.open()
        try store.define(0..<2)
        for round in 0..<300 {
            store.append([.point(0, Int64(round), .number(1)), .point(1, Int64(round), .number(1))])
            if round % 2 == 0 { await store.sealed() }
            if round == 150 { try await store.compacted() }
        }
        var batch = Batch()
        batch.deletedKeys = [key]
        store.append(batch)
        store.append([.point(0, 9999, .number(1))])
        #expect(try await store.points(of: key) == [])
        await store.committed()
        store.close()
        var again = try folder.open()
        #expect(again.restored.map(\.record.id.rawValue) == [1])
        #expect(again.nextKeyID == 2)
        again.close()
        again = try folder.open()
        // Slices go on whenever nothing else is due; each commit lets one pass.
        var left = 1
        for _ in 0..<1000 where left > 0 {
            await again.committed()
            left =
                try again.database.read {
                    try Int.fetchOne(
                        $0,
                        sql: """
                            SELECT (SELECT count(*) FROM blocks WHERE key = 0) + (SELECT count(*) FROM fresh WHERE key = 0)
                            + (SELECT count(*) FROM tails WHERE id < 4) + count(*) FROM retired
                            """)
                } ?? 0
        }
        #expect(left == 0)
        #expect(try await again.points(of: KeyID(rawValue: 1)).count == 300)
    }

    @Test func eventsAndCellsAreKeptUntilHandled() async throws {
        let folder = try Folder()
        let store = try folder.open()
        var batch = Batch()
        batch.events = (1...3).map { QueuedEvent(id: $0, body: ["n": 1], time: Timestamp(microseconds: $0)) }
        batch.cells = ["a", "b"].map {
            CellWrite(behaviour: "r", id: $0, data: ["step": 2], due: Timestamp(microseconds: 7), failure: nil)
        }
        store.append(batch)
        await store.committed()
        var later = Batch()
        later.handledEvents = [1, 3]
        later.cells = [CellWrite(behaviour: "r", id: "a", data: nil, due: nil, failure: nil)]
        store.append(later)
        store.close()
        let again = try folder.open()
        #expect(try again.events() == [batch.events[1]])
        #expect(try again.cells() == [batch.cells[1]])
    }

    @Test func cellsOfSomeBehavioursAreReadAlone() async throws {
        let store = try Store.open(.memory)
        var batch = Batch()
        batch.cells = [("a", "2"), ("a", "1"), ("b", "1"), ("c", "1")].map {
            CellWrite(behaviour: $0.0, id: $0.1, data: 1, due: nil, failure: nil)
        }
        store.append(batch)
        await store.committed()
        func found(_ behaviours: [String]?, but others: [String] = []) throws -> [String] {
            var found: [String] = []
            try store.eachCell(of: behaviours, leavingOut: others) { found.append($0.behaviour + $0.id) }
            return found
        }
        #expect(try found(nil) == ["a1", "a2", "b1", "c1"])
        #expect(try found(["c", "a"]) == ["a1", "a2", "c1"])
        #expect(try found(nil, but: ["a", "c"]) == ["b1"])
        #expect(try found([]) == [])
    }

    @Test func deadLettersAreCountedAndBounded() async throws {
        let store = try Store.open(.memory)
        for index in 0..<300 {
            var batch = Batch()
            batch.deadLetters = [
                DeadLetter(
                    topic: "t/\(index)", payload: [1, 2], reason: "not JSON",
                    time: Timestamp(microseconds: Int64(index))),
                DeadLetter(
                    topic: "same", payload: [UInt8(index & 0xFF)], reason: "not JSON",
                    time: Timestamp(microseconds: 1000 + Int64(index))),
            ]
            store.append(batch)
            if index % 50 == 0 { await store.committed() }
        }
        await store.committed()
        let letters = try store.deadLetters(limit: 1000)
        #expect(letters.count == 256)
        #expect(letters.first?.topic == "same")
        #expect(letters.first?.count == 300)
        #expect(letters.first?.payload == [UInt8(299 & 0xFF)])
        #expect(store.statistics.deadLetters == 256)
        #expect(try store.deadLetters(limit: 1).count == 1)
    }

    @Test func aLargeHeadIsSealedWithTheNextCommit() async throws {
        let store = try Store.open(.memory) { $0.headLimit = 1000 }
        try store.define(0..<1)
        store.append((0..<100).map { .point(0, $0, .number(1)) })
        await store.committed()
        #expect(store.statistics.seals == 1)
        #expect(store.statistics.headPoints == 0)
        #expect(try await store.points(of: key).count == 100)
    }

    @Test(.timeLimit(.minutes(1))) func whatNobodyWaitsForIsCommittedAndSealedInTime() async throws {
        let store = try Store.open(.memory) {
            $0.commitInterval = .milliseconds(1)
            $0.sealInterval = .milliseconds(2)
        }
        try store.define(0..<1)
        store.append([.point(0, 1, .number(1))])
        while store.statistics.durablePuts < 1 || store.statistics.seals < 1 { await Task.yield() }
        #expect(store.statistics.pendingPuts == 0)
    }

    @Test func aWaiterMayCloseTheStore() async throws {
        let folder = try Folder()
        let store = try folder.open()
        try store.define(0..<1)
        let outcome = await withCheckedContinuation { continuation in
            store.commit { outcome in
                store.close()
                continuation.resume(returning: outcome)
            }
        }
        #expect(outcome == .durable)
        store.close()
        #expect(try folder.open().restored.count == 1)
    }

    @Test func closingTwiceAndUsingItAfterwardsDoesNoHarm() async throws {
        let folder = try Folder()
        let store = try folder.open()
        try store.define(0..<1)
        store.append([.point(0, 1, .number(1))])
        store.close()
        store.close()
        store.append([.point(0, 2, .number(1))])
        #expect(await store.committed() == .unstored("the store is closed"))
        await #expect(throws: Store.Error.self) { try await store.points(of: key) }
        #expect(try await folder.open().points(of: key).count == 1)
    }
}
