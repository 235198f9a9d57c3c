import Komoku
import Logging
import Testing

@testable import KomokuStore

/// The why log in the database.
struct RunTableTests {
    private static func row(_ id: Int64, _ rule: String, _ outcome: String, _ keys: [String] = []) -> RunRow {
        RunRow(
            id: id, rule: rule, outcome: outcome, time: Timestamp(microseconds: id * 1_000_000),
            keys: keys.compactMap { KeyName($0) }, data: ["id": .number(Double(id))])
    }

    private static func commit(_ batch: Batch, _ store: Store) async {
        await withCheckedContinuation { continuation in
            store.append(batch)
            store.commit { _ in continuation.resume() }
        }
    }

    private static func ids(_ query: RunQuery, _ store: Store) async throws -> [Int64] {
        let rows = await withCheckedContinuation { continuation in
            store.runs(query) { continuation.resume(returning: $0) }
        }
        return try rows.get().map(\.id)
    }

    private static func store() throws -> Store {
        try Store(
            Store.Configuration(location: .memory), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// As version 0.1 wrote it.
    private static let former = """
        {"ended":5.5,"occasion":{"trigger":"change","time":5},"effects":["1 put hall.light true",\
        "2 > goodnight 1 put hall.lux 5 failed: refused","and 3 more"],"due":9}
        """

    @Test func `effects that an earlier version wrote as sentences are read as data`() async throws {
        let store = try Self.store()
        defer { store.close() }
        var (batch, row) = (Batch(), Self.row(1, "a", "done"))
        row.data = try JSON(parsing: Self.former)
        batch.runs = [row]
        await Self.commit(batch, store)
        let rows = await withCheckedContinuation { continuation in
            store.runs(RunQuery()) { continuation.resume(returning: $0) }
        }
        #expect(
            try rows.get().first?.data.text
                == #"{"ended":5.5,"occasion":{"trigger":"change","time":5},"effects":["#
                + #"{"step":"1","verb":"put","key":"hall.light","value":true},"#
                + #"{"step":"2","scripts":[{"name":"goodnight","step":"1"}],"verb":"put","key":"hall.lux","value":5,"#
                + #""outcome":"failed","reason":"refused"}],"omitted":3,"due":9}"#)
    }

    @Test func `lines are found by rule, key, outcome and time, newest first`() async throws {
        let store = try Self.store()
        defer { store.close() }
        var batch = Batch()
        batch.runs = [
            Self.row(1, "a", "done", ["hall.light"]), Self.row(2, "b", "failed", ["hall.light.level"]),
            Self.row(3, "a", "skipped", ["x", "hall.light"]), Self.row(4, "a", "done"),
        ]
        await Self.commit(batch, store)
        #expect(try await Self.ids(RunQuery(), store) == [4, 3, 2, 1])
        #expect(try await Self.ids(RunQuery(rule: "a", limit: 2), store) == [4, 3])
        #expect(try await Self.ids(RunQuery(key: KeyName("hall.light")), store) == [3, 1])
        #expect(try await Self.ids(RunQuery(outcomes: ["done", "failed"]), store) == [4, 2, 1])
        #expect(try await Self.ids(RunQuery(since: Timestamp(microseconds: 2_000_000), before: 4), store) == [3, 2])
        #expect(try store.newestRun() == 4)
    }

    @Test func `a line that is written again is replaced, and each outcome is kept for its own time`() async throws {
        let store = try Self.store()
        defer { store.close() }
        var batch = Batch()
        batch.runs = (1...10).map { Self.row($0, "a", $0 % 2 == 0 ? "done" : "skipped") }
        batch.runs.append(Self.row(2, "a", "failed"))
        await Self.commit(batch, store)
        var prune = Batch()
        prune.runRetention = [
            "done": RunRetention(time: .seconds(1_000_000_000_000), count: 2),
            "skipped": RunRetention(time: .seconds(1), count: 100),
        ]
        await Self.commit(prune, store)
        #expect(try await Self.ids(RunQuery(), store) == [10, 8, 2])
    }
}
