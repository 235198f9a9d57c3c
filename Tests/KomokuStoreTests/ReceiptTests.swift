import Komoku
import KomokuTesting
import Testing

@testable import KomokuStore

@Suite struct ReceiptTests {
    private func change(_ ids: Range<UInt16>, dropped: Int = 0, isNew: Bool = false) -> ReceiptChange {
        var change = ReceiptChange()
        change.added = ids.map { Receipt(id: $0, hash: UInt32($0) &* 2_654_435_761) }
        (change.dropped, change.isNew) = (dropped, isNew)
        return change
    }

    private func batch(_ puts: [Put], _ receipts: ReceiptChange) -> Batch {
        var batch = Batch()
        (batch.puts, batch.receipts) = (puts, receipts)
        return batch
    }

    private func ids(_ store: Store) -> [UInt16] { store.receipts.map(\.id) }

    @Test func `receipts ride in a commit and are there after a kill, also behind a seal`() async throws {
        let folder = try Folder()
        let store = try folder.open()
        try store.define(0..<1)
        store.append(batch([.point(0, 1, .number(1))], change(1..<4)))
        store.append(batch([.point(0, 2, .number(2))], change(4..<6, dropped: 2)))
        await store.committed()
        func killed() throws -> [UInt16] {
            let other = try Folder()
            try folder.copyFiles(to: other)
            let again = try other.open()
            defer { again.close() }
            return ids(again)
        }
        #expect(try killed() == [3, 4, 5])
        await store.sealed()
        #expect(try killed() == [3, 4, 5])
        store.append(batch([.point(0, 3, .number(3))], change(6..<7, dropped: 3)))
        await store.committed()
        #expect(try killed() == [6])
        store.append(batch([.point(0, 4, .number(4))], change(1..<2, isNew: true)))
        await store.sealed()
        #expect(try killed() == [1])
        store.close()
    }

    @Test func `receipts cause no commit, unless an old list must not stay`() async throws {
        let folder = try Folder()
        let store = try folder.open()
        try store.define(0..<1)
        await store.committed()
        let before = store.statistics.commits
        store.append(batch([], change(1..<3)))
        await store.committed()
        #expect(store.statistics.commits == before && ids(store) == [1, 2])
        store.append(batch([], change(0..<0, isNew: true)))
        await store.committed()
        #expect(store.statistics.commits == before + 1)
        store.close()
    }

    /// Ten messages a commit, as in a quiet house: no page is written that would not be written without.
    @Test func `what they cost is some bytes in a page that is written anyway`() async throws {
        func bytes(_ withReceipts: Bool) async throws -> (journal: Int, file: Int) {
            let folder = try Folder()
            let store = try folder.open()
            try store.define(0..<10)
            await store.committed()
            for round in 0..<100 {
                let puts = (0..<10).map { Put.point($0, Int64(round) * 5_000_000 + Int64($0), .number(Double(round))) }
                let first = UInt16(round * 10 + 1)
                let news = withReceipts ? change(first..<(first + 10), dropped: round > 0 ? 10 : 0) : ReceiptChange()
                store.append(batch(puts, news))
                await store.committed()
            }
            let result = (store.statistics.journalBytesWritten, try folder.bytes("test.db-wal").count)
            store.close()
            return result
        }
        let (plain, rich) = (try await bytes(false), try await bytes(true))
        #expect(rich.journal - plain.journal <= 100 * 52)
        // Slots fill sooner; a new one costs some pages until the first seal, and later none.
        #expect(rich.file - plain.file <= 12 * 4120)
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func `rows are read as they were written, and damaged ones not at all`(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        var receipts: [Receipt] = []
        var id = UInt16.random(in: .min ... .max, using: &random)
        for _ in 0..<Int.random(in: 0...300, using: &random) {
            id = random.chance(90) ? id &+ 1 : UInt16.random(in: .min ... .max, using: &random)
            receipts.append(Receipt(id: id, hash: UInt32.random(in: .min ... .max, using: &random)))
        }
        var row = ReceiptRow.encode(receipts)
        #expect(try ReceiptRow.decode(row) == receipts)
        #expect(row.count <= 12 + receipts.count * 4 + 5 * 60)
        row[Int.random(in: 1..<row.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        #expect(throws: Corruption.self) { try ReceiptRow.decode(row) }
    }
}
