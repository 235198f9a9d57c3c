import FoundationEssentials
import KomokuSQLite
import Glibc
import Komoku
import KomokuSystem
import KomokuTesting
import Synchronization
import Testing

@testable import KomokuStore

/// Insertions, copies and compactions beside a stream of puts.
@Suite struct RequestTests {
    private let key = KeyID(rawValue: 0)

    private func batch(_ times: Range<Int64>) -> Batch {
        var batch = Batch()
        batch.puts = times.map { .point(0, $0, .number(Double($0))) }
        return batch
    }

    private func insertion(into key: Int32) -> Request {
        .insertion(
            Request.Insertion(key: KeyID(rawValue: key), points: PointColumns(), limit: .distantFuture, then: { _ in }))
    }

    private func next(_ state: inout StoreState) -> Work? {
        guard case .result(let work) = state.next(now: .now, headLimit: .max) else { return nil }
        return work
    }

    @Test func aRequestWaitsForWhatCameBeforeItOnly() throws {
        var state = StoreState(generation: 1)
        state.append(batch(0..<10))
        state.add(insertion(into: 0))
        for round in 0..<2 {
            let work = try #require(next(&state))
            #expect((work.seal != nil) == (round == 0))
            if round == 1 {
                #expect(work.request != nil)
                continue
            }
            // The stream goes on while that is written.
            state.append(batch(10..<20))
            state.waiters.append { _ in }
            state.finish(work, CommitResult(), took: .zero)
        }
        #expect(next(&state)?.batches.count == 1)
    }

    @Test func commitsAndSlicesOfARequestTakeTurns() throws {
        var state = StoreState(generation: 1)
        state.requestIsRunning = true
        for round in 0..<Int64(3) {
            state.append(batch(round * 10..<(round * 10 + 10)))
            state.waiters.append { _ in }
            let work = try #require(next(&state))
            #expect(work.batches.count == 1)
            state.append(batch(1000..<1001))
            state.waiters.append { _ in }
            state.finish(work, CommitResult(), took: .zero)
            #expect(next(&state)?.continuesRequest == true)
            let more = try #require(next(&state))
            #expect(more.batches.count == 1)
            state.finish(more, CommitResult(), took: .zero)
            #expect(next(&state)?.continuesRequest == true)
        }
    }

    @Test func aRequestIsNotKeptOffByPutsThatAreAllWaitedFor() async throws {
        let store = try Folder().open()
        try store.define(0..<2)
        let isOver = Shared(false)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                var time: Int64 = 1
                while !isOver.value {
                    store.append([.point(0, time, .number(1))])
                    // Two are always waiting.
                    store.commit { _ in }
                    time += 1
                    if time % 50 == 0 { await store.committed() }
                }
            }
            group.addTask {
                for _ in 0..<20 { _ = try? await store.insert([Point(5, .number(1))], into: KeyID(rawValue: 1)) }
                for _ in 0..<3 { _ = try? await store.compacted() }
                isOver.value = true
            }
        }
        #expect(try await store.points(of: KeyID(rawValue: 1)).count == 1)
    }

    @Test func whileStoringIsImpossibleRequestsAreRefused() async throws {
        let store = try Folder().open()
        try store.define(0..<1)
        await store.committed()
        try store.database.write { db in
            try db.execute(
                sql: "CREATE TRIGGER refuse BEFORE INSERT ON slots BEGIN SELECT RAISE(ABORT, 'no room'); END")
        }
        store.append(batch(0..<10))
        #expect(await store.committed() == .unstored("no room"))
        store.monitor.withLock { $0.retry = .now + .seconds(1000) }
        await #expect(throws: Store.Error.self) { _ = try await store.insert([Point(5, .number(7))], into: key) }
        try store.database.write { try $0.execute(sql: "DROP TRIGGER refuse") }
        store.monitor.withLock { $0.retry = .now }
        #expect(await store.committed() == .durable)
        #expect(try await store.insert([Point(5, .number(7))], into: key) == 0)
        #expect(try await store.points(of: key)[5].value == .number(7))
    }

    @Test func eachRequestIsAnsweredOnceWhenTheStoreCloses() async throws {
        for round in 0..<20 {
            let store = try Folder().open()
            try store.define(0..<2)
            store.append((0..<20_000).map { .point(0, Int64($0) * 60_000_000, .number(Double($0))) })
            let answers = Mutex<[Int: Int]>([:])
            @Sendable func answer(_ number: Int) { answers.withLock { $0[number, default: 0] += 1 } }
            store.compact { _ in answer(0) }
            store.copyHistory(of: key, into: KeyID(rawValue: 1)) { _ in answer(1) }
            store.insert([Point(1, nil)], into: key) { _ in answer(2) }
            store.compact { _ in answer(3) }
            if round % 2 == 0 { await store.committed() }
            store.close()
            #expect(answers.withLock { $0 } == [0: 1, 1: 1, 2: 1, 3: 1])
        }
    }

    @Test func aKeyThatIsDeletedMeanwhileEndsItsCopyAndLeavesNothing() async throws {
        let store = try Folder().open()
        try store.define(0..<2)
        store.append((0..<50_000).map { .point(0, Int64($0) * 60_000_000, .number(Double($0))) })
        await store.committed()
        await withCheckedContinuation { continuation in
            store.copyHistory(of: key, into: KeyID(rawValue: 1)) { _ in continuation.resume() }
            var batch = Batch()
            batch.deletedKeys = [key, KeyID(rawValue: 1)]
            store.append(batch)
            store.commit { _ in }
        }
        while store.monitor.withLock({ !$0.removals.isEmpty || !$0.pending.isEmpty }) { await store.committed() }
        try await store.compacted()
        #expect(store.statistics.points == 0)
        let rows = try store.database.read { db in
            try ["blocks", "tails", "progress", "fresh", "retired"].map {
                try Int.fetchOne(db, sql: "SELECT count(*) FROM \($0)")
            }
        }
        #expect(rows == [0, 0, 0, 0, 0])
    }

    /// Readers see each point once and in order, whatever the writer does meanwhile.
    @Test func readersSeeEachPointOnceWhateverIsMoved() async throws {
        let store = try Folder().open()
        try store.define(0..<1)
        let step: Int64 = 10_000_000
        // All before it is appended; nothing is ever taken away.
        let appended = Shared(Int64(0))
        let isOver = Shared(false)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for round in 0..<Int64(40) {
                    let begin = round * 500
                    store.append((begin..<begin + 500).map { .point(0, $0 * step, .number(1)) })
                    appended.value = begin + 500
                    // Points that are there already come again, late.
                    store.append((0..<3).map { .point(0, (begin / 2 + $0) * step, .number(1), isNewest: false) })
                    if round % 3 == 0 { await store.sealed() }
                    if round % 4 == 0 {
                        _ = try? await store.insert([Point(begin / 3 * step, .number(1))], into: self.key)
                    }
                    if round % 5 == 0 { _ = try? await store.compacted() }
                }
                isOver.value = true
            }
            for reader in 0..<2 {
                group.addTask {
                    while !isOver.value {
                        let least = appended.value
                        if reader == 0 {
                            let times = (try? await store.points(of: self.key).map(\.time.microseconds)) ?? []
                            #expect(times == (0..<Int64(times.count)).map { $0 * step })
                            #expect(times.count >= least)
                        } else {
                            let bounds = (0...60).map { Timestamp(microseconds: $0 * 3_600_000_000) }
                            let query = StatisticsQuery(
                                key: self.key, type: .numeric, bounds: bounds, now: .distantFuture)
                            let count = try? await store.statistics(query).windows.reduce(0) { $0 + $1.count }
                            #expect((count ?? 0) >= least && (count ?? 0) <= appended.value + 500)
                        }
                    }
                }
            }
        }
        #expect(store.statistics.points >= 20_000)
        try await store.compacted()
        #expect(store.statistics.points == 20_000)
    }

    private func backup(_ store: Store, to target: String) async throws -> Int {
        try await withCheckedContinuation { continuation in
            store.backup(to: target) { continuation.resume(returning: $0) }
        }.get()
    }

    private func mode(_ path: String) -> mode_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
    }

    @Test func aBackupMayBeReadByItsOwnerOnly() async throws {
        let folder = try Folder()
        let store = try folder.open()
        try store.define(0..<1)
        store.append(batch(0..<100))
        chmod(folder.database, 0o644)
        let target = folder.path + "/copy.db"
        #expect(try await backup(store, to: target) == FileSize.of(target))
        #expect(mode(target) == 0o600)
        // Only in the log when the copy was made.
        #expect(try await folder.open("copy.db").points(of: key).count == 100)
    }

    /// A file that is called like a part of a backup is not one; what a killed backup left goes with the next one.
    @Test func aBackupTouchesNoOtherFile() async throws {
        let folder = try Folder()
        let store = try folder.open()
        let target = folder.path + "/copy.db"
        let leftover = target + ".komoku-0123456789abcdef.part"
        let others = [target + ".part", target + ".part-journal", target + ".komoku-mine.part"]
        for path in others + [leftover] { try Data("mine".utf8).write(to: URL(filePath: path)) }
        _ = try await backup(store, to: target)
        for path in others { #expect(try Data(contentsOf: URL(filePath: path)) == Data("mine".utf8)) }
        #expect(access(leftover, F_OK) != 0)
        await #expect(throws: Store.Error.self) { try await backup(store, to: target) }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(names.count { $0.hasSuffix(".part") } == 2)
    }

    @Test func theFilesOfADatabaseMayBeReadByTheirOwnerOnly() async throws {
        let folder = try Folder()
        umask(0o022)
        let store = try folder.open()
        try store.define(0..<1)
        await store.committed()
        for suffix in ["", "-wal", "-shm", ".lock"] { #expect(mode(folder.database + suffix) == 0o600, "\(suffix)") }
        store.close()
        // As earlier versions made it.
        chmod(folder.database, 0o664)
        let again = try folder.open()
        again.append([.point(0, 1, .number(1))])
        await again.committed()
        for suffix in ["", "-wal", "-shm"] { #expect(mode(folder.database + suffix) == 0o600, "\(suffix)") }
    }
}

/// A value that several tasks see.
private final class Shared<Value: Sendable>: Sendable {
    private let state: Mutex<Value>

    init(_ value: Value) {
        state = Mutex(value)
    }

    var value: Value {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}
