import KomokuSQLite
import Komoku
import KomokuSystem
import Testing

@testable import KomokuStore

/// What waits while the disk takes nothing.
@Suite struct BacklogTests {
    private func batch(_ times: Range<Int64>) -> Batch {
        var batch = Batch()
        batch.puts = times.map { .point(0, $0, .number(Double($0))) }
        return batch
    }

    /// So many puts are more than may wait.
    private static let many = StoreState.backlogLimit / MemoryLayout<Put>.stride + 10_000

    private func times(_ state: StoreState) -> [Int64] {
        state.headPoints(of: KeyID(rawValue: 0), after: nil, before: nil, newestLimit: .max)
            .flatMap(\.points.times)
    }

    private func taken(_ state: inout StoreState) throws -> Work {
        guard case .result(let work) = state.next(now: .now, headLimit: .max) else { throw Nothing() }
        return work
    }

    private struct Nothing: Error {}

    @Test func aBurstIsCommittedWhenItPausesAndLessWaitsForTheInterval() {
        var state = StoreState(generation: 1)
        func taken(after pause: Duration) -> Int? {
            guard case .result(let work) = state.next(now: .now + pause, headLimit: .max) else { return nil }
            return work.puts
        }
        func append(_ times: Range<Int64>) {
            state.append(batch(times))
            _ = state.schedule(.seconds(100), .seconds(7200), headLimit: .max)
        }
        append(0..<511)
        #expect(taken(after: .seconds(1)) == nil)
        append(511..<512)
        #expect(taken(after: .zero) == nil, "more may come")
        #expect(taken(after: .seconds(1)) == 512)
        state.statistics.pendingPuts = 0
        append(512..<513)
        #expect(taken(after: .seconds(1)) == nil)
        #expect(taken(after: .seconds(101)) == 1)
    }

    @Test(arguments: [false, true]) func whatIsBeingWrittenIsNeverDropped(seals: Bool) throws {
        var state = StoreState(generation: 1)
        state.append(batch(0..<100))
        state.retry = .now
        state.sealIsWanted = seals
        let work = try taken(&state)
        #expect((work.seal != nil) == seals)
        let end = Int64(Self.many)
        for start in stride(from: 100, to: end, by: 1000) { state.append(batch(start..<min(start + 1000, end))) }
        let dropped = Int64(state.statistics.droppedPuts)
        #expect(dropped > 0)
        #expect(times(state) == Array(0..<100) + Array((100 + dropped)..<end))
        if seals { #expect(state.cancelSeal(retry: .now, headLimit: .max) == 0) }
        state.giveBack(work, reason: "full", retry: .now)
        #expect(times(state) == Array(0..<100) + Array((100 + dropped)..<end))
        let again = try taken(&state)
        #expect(again.puts == 100 + Int(end - 100 - dropped))
        state.finish(again, CommitResult(), took: .zero)
        #expect(state.statistics.pendingPuts == 0)
        #expect(state.committedEntries == state.active.count)
    }

    @Test func aTransactionThatHangsDoesNotTakeAllMemory() throws {
        var state = StoreState(generation: 1)
        state.append(batch(0..<100))
        state.deadline = .now
        _ = try taken(&state)
        state.append(batch(100..<Int64(Self.many)))
        #expect(state.statistics.droppedPuts == 0)
        state.workBegan = Moment(nanoseconds: 0)
        state.append(batch(1_000_000..<1_000_001))
        #expect(state.statistics.droppedPuts > 0)
        #expect(state.pendingSize <= StoreState.backlogLimit)
    }

    @Test func textsGoWithThePutsThatHadThem() {
        var state = StoreState(generation: 1)
        state.retry = .now + .seconds(1000)
        for time in 0..<2000 {
            let text = "\(time)" + String(repeating: "x", count: 20_000)
            state.append(Batch(puts: [.point(0, Int64(time), .string(text))]))
        }
        #expect(state.active.size < StoreState.backlogLimit + 1 << 20)
        let newest = state.headPoints(of: KeyID(rawValue: 0), after: nil, before: nil, newestLimit: 1)
        #expect(newest.first?.points[0].value?.string?.hasPrefix("1999x") == true)
    }

    @Test func lettersEventsAndCellsAreBoundedToo() {
        var state = StoreState(generation: 1)
        state.retry = .now + .seconds(1000)
        let payload = [UInt8](repeating: 7, count: 1024)
        for index in 0..<Int64(40_000) {
            var batch = Batch()
            batch.deadLetters = [
                DeadLetter(
                    topic: "t/\(index)", payload: payload, reason: "no", time: Timestamp(microseconds: index))
            ]
            batch.events = [QueuedEvent(id: index, body: .null, time: Timestamp(microseconds: index))]
            batch.handledEvents = [index - 1]
            batch.cells = [
                CellWrite(behaviour: "r", id: "c", data: .number(Double(index)), due: nil, failure: nil)
            ]
            state.append(batch)
        }
        #expect(state.pending.reduce(0) { $0 + $1.batch.deadLetters.count } < 17_000)
        #expect(state.pending.reduce(0) { $0 + $1.batch.events.count } < 17_000)
        #expect(state.pending.reduce(0) { $0 + $1.batch.handledEvents.count } < 17_000)
        #expect(state.pending.first?.batch.cells.count == 1)
        #expect(state.pending.last?.batch.cells.first?.data == 39_999)
        #expect(state.pendingSize <= StoreState.backlogLimit)
    }

    @Test func lettersAloneAreCommittedBeforeTheyTakeMuchMemory() {
        var state = StoreState(generation: 1)
        let payload = [UInt8](repeating: 7, count: 1024)
        for index in 0..<Int64(5000) {
            var batch = Batch()
            batch.deadLetters = [
                DeadLetter(topic: "t", payload: payload, reason: "no", time: Timestamp(microseconds: index))
            ]
            state.append(batch)
        }
        #expect(state.isUrgent)
    }

    @Test func aHeadThatCannotBeSealedIsBounded() async throws {
        let folder = try Folder()
        let store = try folder.open { $0.headLimit = 1000 }
        try store.define(0..<1)
        await store.committed()
        try store.database.write { db in
            try db.execute(
                sql: "CREATE TRIGGER refuse BEFORE INSERT ON fresh BEGIN SELECT RAISE(ABORT, 'no'); END")
        }
        for start in stride(from: Int64(0), to: 5000, by: 100) {
            store.append(batch(start..<(start + 100)))
            #expect(await store.sealed() == .durable)
        }
        let statistics = store.statistics
        #expect(statistics.headBytes <= 1000 * StoreState.headFactor + 100 * 21)
        #expect(statistics.durablePuts == 5000)
        #expect(statistics.headPoints == 5000 - statistics.droppedPuts)
        let left = Array(Int64(statistics.droppedPuts)..<5000)
        #expect(try await store.points(of: KeyID(rawValue: 0)).map(\.time.microseconds) == left)
        try store.database.write { try $0.execute(sql: "DROP TRIGGER refuse") }
        await store.sealed()
        #expect(try await store.points(of: KeyID(rawValue: 0)).map(\.time.microseconds) == left)
        #expect(store.statistics.points == left.count)
    }
}

extension Batch {
    fileprivate init(puts: [Put]) {
        self.init()
        self.puts = puts
    }
}
