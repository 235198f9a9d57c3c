import Komoku
import KomokuTesting
import Testing

@testable import KomokuStore

/// A database with blocks and a journal, as it is when closed and as it is while open, to be damaged.
struct CorruptionFixture: Sendable {
    struct Files: Sendable {
        var main: [UInt8]
        /// The write-ahead log; nil is none.
        var log: [UInt8]?
    }

    let folder: MemoryFolder
    private let original: Original

    var closed: Files { original.closed }
    var live: Files { original.live }
    var count: Int { original.content.values.reduce(0) { $0 + $1.count } }
    let keys = (Int32(0)..<6).map(KeyID.init(rawValue:))

    /// Starts with the closed database in a folder of its own.
    init() async throws {
        original = try await Self.made.value
        folder = try MemoryFolder()
        try put(original.closed)
    }

    private struct Original: Sendable {
        let closed: Files
        let live: Files
        let content: [KeyID: [Point]]
    }

    /// Made once: merging takes its time.
    private static let made = Task { try await make() }

    private static func make() async throws -> Original {
        let folder = try MemoryFolder()
        defer { folder.remove() }
        let store = try Store.open(.file(folder.database))
        try store.define(0..<6)
        var random = SplitMix(seed: 5)
        var content: [KeyID: [Point]] = [:]
        var time: Int64 = 1_700_000_000_000_000
        for round in 0..<6 {
            var puts: [Put] = []
            for _ in 0..<1600 {
                time += Int64.random(in: 1...1_000_000, using: &random)
                let key = Int32.random(in: 0..<6, using: &random)
                puts.append(.point(key, time, .number(Double(random.next() >> 11) / 1e6)))
                content[KeyID(rawValue: key), default: []].append(Point(time, puts[puts.count - 1].value))
            }
            store.append(puts)
            if round < 5 { await store.sealed() } else { await store.committed() }
            if round == 4 { _ = try await store.compacted() }
        }
        let live = Files(main: folder.bytes(), log: folder.bytes("test.db-wal"))
        store.close()
        return Original(closed: Files(main: folder.bytes()), live: live, content: content)
    }

    func put(_ files: Files) throws {
        folder.empty()
        try folder.write(files.main)
        if let log = files.log { try folder.write(log, to: "test.db-wal") }
    }

    func open() throws -> Store { try Store.open(.file(folder.database)) }

    /// The corrupt files that were set aside, without what belongs to them.
    var asides: [String] {
        folder.names.filter { $0.hasPrefix("test.db.corrupt-") && !$0.hasSuffix("-wal") }
    }

    /// How many points are there, and how many of what is there were never put.
    func survivors(_ store: Store) async throws -> (kept: Int, wrong: Int) {
        var (kept, wrong) = (0, 0)
        for key in keys {
            let found = try await store.points(of: key)
            let expected = Set(original.content[key] ?? [])
            let right = found.count { expected.contains($0) }
            kept += right
            wrong += found.count - right
            #expect(Set(found.map(\.time)).count == found.count, "a point is there twice")
        }
        return (kept, wrong)
    }

    /// The store takes new points and keeps them; closes it.
    func goesOn(_ store: Store, knowsKeys: Bool = true) async throws {
        let id = store.nextKeyID
        if knowsKeys { #expect(id >= 6) }
        try store.define(id..<(id + 1))
        store.append([.point(id, 7, .number(1))])
        #expect(await store.committed() == .durable)
        store.append([.point(id, 8, .number(2))])
        #expect(await store.sealed() == .durable)
        let before = try await survivors(store)
        store.close()
        let again = try open()
        #expect(try await again.points(of: KeyID(rawValue: id)).count == 2)
        #expect(try await survivors(again) == before)
        again.close()
    }
}
