import Komoku
import KomokuSystem
import KomokuTesting

@testable import KomokuStore

/// A seeded life of a store on a recorded disk: puts, late puts, options, deletions, events, seals, reopenings.
struct PowerCutWorkload {
    private(set) var history = PowerCutHistory()
    let disk: FaultDisk
    private let folder: MemoryFolder
    private let durability: Store.Durability
    private let isFaulty: Bool
    private var random: SplitMix
    private var store: Store
    private var living: [Int32] = []
    private var nextKey: Int32 = 0
    private var nextEvent: Int64 = 1
    /// The newest put of each key.
    private var newest: [Int32: Int64] = [:]
    private var clock: Int64 = 1_700_000_000_000_000

    init(_ folder: MemoryFolder, seed: UInt64, durability: Store.Durability, isFaulty: Bool) throws {
        self.folder = folder
        self.isFaulty = isFaulty
        self.durability = durability
        random = SplitMix(seed: seed)
        disk = try FaultDisk(watching: folder.path)
        store = try Self.open(folder.database, durability)
    }

    static func open(_ path: String, _ durability: Store.Durability) throws -> Store {
        try Store.open(.file(path)) {
            $0.durability = durability
            $0.headLimit = 24 << 10
            if let pattern = try? KeyPattern(validating: "key.k\(expiring)") {
                $0.retention = [Store.RetentionRule(keys: [pattern], raw: .seconds(86_400))]
            }
        }
    }

    /// The key whose raw points the retention takes as soon as they are merged.
    static let expiring: Int32 = 2

    mutating func run(steps: Int) async throws {
        for step in 0..<steps {
            var batch = Batch()
            if step == 0 { for _ in 0..<7 { try define(&batch) } }
            try fill(&batch)
            history.begin(&batch, at: disk.operationCount)
            store.append(batch)
            try await settle()
        }
        await acknowledged { store, then in store.commit(then) }
        store.close()
    }

    private mutating func settle() async throws {
        switch Int.random(in: 0..<200, using: &random) {
        case 0..<120: await acknowledged { store, then in store.commit(then) }
        case 120..<130: await acknowledged { store, then in store.seal(then) }
        case 130..<133:
            await acknowledged { store, then in store.commit(then) }
            store.close()
            store = try Self.open(folder.database, durability)
        case 133..<136: _ = try await store.compacted()
        case 136..<150 where isFaulty: await fail()
        default: break
        }
    }

    /// The disk fails for a moment, wherever the store is, and comes back.
    private mutating func fail() async {
        let operations = [FaultDisk.Fault.Operations.write, .sync, [.write, .sync, .truncate]]
        disk.fail(
            FaultDisk.Fault(
                operations.randomElement(using: &random) ?? .write, random.chance(50) ? .full : .writeError
            ) {
                $0.skipped = Int.random(in: 0...6, using: &random)
                $0.failing = Int.random(in: 1...3, using: &random)
                $0.shortWrite = Int.random(in: 0...4096, using: &random)
            })
        let seals = random.chance(30)
        await acknowledged { store, then in seals ? store.seal(then) : store.commit(then) }
        disk.heal()
        // It would wait some seconds before it tries again.
        store.monitor.withLock { if $0.retry != nil { $0.retry = .now } }
    }

    private mutating func acknowledged(
        _ act: (Store, @escaping @Sendable (Store.CommitOutcome) -> Void) -> Void
    ) async {
        let (disk, store) = (disk, store)
        let operation: Int? = await withCheckedContinuation { continuation in
            act(store) { continuation.resume(returning: $0 == .durable ? disk.operationCount : nil) }
        }
        if let operation { history.acknowledge(at: operation) }
    }

    private mutating func define(_ batch: inout Batch) throws {
        batch.keys.append(try .fixture(nextKey, type: nextKey % 3 == 1 ? .string : .numeric))
        living.append(nextKey)
        nextKey += 1
    }

    private mutating func fill(_ batch: inout Batch) throws {
        for _ in 0..<Int.random(in: 1...8, using: &random) { batch.puts.append(put()) }
        if random.chance(2) {
            let gone = living.remove(at: Int.random(in: 0..<living.count, using: &random))
            batch.deletedKeys.append(KeyID(rawValue: gone))
            batch.puts.removeAll { $0.key.rawValue == gone }
            try define(&batch)
        }
        if random.chance(5), let key = living.randomElement(using: &random) {
            var record = try KeyRecord.fixture(key, type: key % 3 == 1 ? .string : .numeric)
            record.options = [JSON.Member("unit", .string("u\(clock)"))]
            batch.keys.removeAll { $0.id == record.id }
            batch.keys.append(record)
        }
        if random.chance(10) {
            batch.events.append(QueuedEvent(id: nextEvent, body: .number(1), time: Timestamp(microseconds: clock)))
            nextEvent += 1
        }
        if random.chance(10) { batch.handledEvents.append(Int64.random(in: 1...nextEvent, using: &random)) }
        batch.handledEvents.removeAll { id in batch.events.contains { $0.id == id } }
        if random.chance(10) {
            let name = "\(random.next() % 4)"
            let isThere = random.chance(70)
            batch.devices.append(DeviceWrite(id: name, data: isThere ? .number(Double(clock)) : nil))
            batch.discoveries.append(DiscoveryWrite(topic: name, payload: isThere ? Array("\(clock)".utf8) : nil))
        }
        if random.chance(5) {
            batch.deadLetters.append(
                DeadLetter(topic: "t", payload: [1], reason: "no", time: Timestamp(microseconds: clock)))
        }
    }

    private mutating func put() -> Put {
        let key = living.randomElement(using: &random) ?? 0
        clock += Int64.random(in: 1...(random.chance(3) ? 3_000_000_000 : 5_000_000), using: &random)
        let now = Timestamp(microseconds: clock)
        let value = value(of: key)
        let last = newest[key]
        newest[key] = clock
        // The first put of a key is its newest, whatever its time.
        if let last, random.chance(8) {
            newest[key] = last
            let before = last - Int64.random(in: 1...2_000_000_000, using: &random)
            let time = Timestamp(microseconds: before)
            return Put(
                key: KeyID(rawValue: key), time: time, value: value, provenance: .backfill, pointTime: time,
                isNewest: false)
        }
        return Put(
            key: KeyID(rawValue: key), time: now, value: value, provenance: .live,
            pointTime: random.chance(10) ? nil : now, isNewest: true)
    }

    /// Long texts fill blocks with few points.
    private mutating func value(of key: Int32) -> Value? {
        switch key % 3 {
        case 0: return .number(Double(random.next() >> 12) / 1e7)
        case 1:
            let text = (0..<Int.random(in: 10...60, using: &random)).map { _ in
                String(random.next(), radix: 36).prefix(4)
            }
            return .string(text.joined())
        default: return random.value()
        }
    }
}
