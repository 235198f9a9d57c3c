import Dispatch
import Komoku
import KomokuSQLite
import Testing

@testable import KomokuStore

@Suite struct StoreReadingTests {
    /// As many long questions as there are, and more behind them.
    @Test func aShortQuestionDoesNotWaitForLongOnes() async throws {
        let folder = try Folder()
        let store = try folder.open()
        try store.define(0..<1)
        store.append([.point(0, 1, .number(1))])
        await store.sealed()
        let goesOn = DispatchSemaphore(value: 0)
        let all = DispatchGroup()
        for _ in 0..<6 {
            all.enter()
            store.database.asyncRead { _ in
                goesOn.wait()
                all.leave()
            }
        }
        #expect(try await store.points(of: KeyID(rawValue: 0)).count == 1)
        #expect(try store.newestRun() == 0)
        for _ in 0..<6 { goesOn.signal() }
        await withCheckedContinuation { done in all.notify(queue: .global()) { done.resume() } }
        store.close()
        #expect(throws: (any Error).self) { try store.newestRun() }
    }

    @Test func whatReadsManyBlocksIsLong() async throws {
        let folder = try Folder()
        let store = try folder.open()
        try store.define(0..<1)
        for start in stride(from: Int64(0), to: 60_000, by: 10_000) {
            let numbers = (start..<(start + 10_000)).map { ($0, Double($0 &* 7_919 % 104_729) / 3) }
            store.append(numbers.map { .point(0, $0 * 1_000_000, .number($1)) })
            await store.sealed()
        }
        try await store.compacted()
        let all = PointQuery(key: KeyID(rawValue: 0), since: nil, until: nil, limit: .max, newestFirst: false)
        let few = PointQuery(key: KeyID(rawValue: 0), since: nil, until: nil, limit: 10, newestFirst: true)
        let some = PointQuery(
            key: KeyID(rawValue: 0), since: Timestamp(microseconds: 0), until: Timestamp(microseconds: 1_000_000_000),
            limit: .max, newestFirst: false)
        let isShort = try store.database.read { db in try [all, few, some].map { try $0.scope.isShort(db) } }
        #expect(isShort == [false, true, true])
        #expect(try await store.points(of: KeyID(rawValue: 0)).count == 60_000)
    }
}
