import KomokuTesting
import FoundationEssentials
import KomokuSQLite
import Glibc
import Komoku
import Logging
import Synchronization

@testable import KomokuStore

/// A folder that goes with the process: a store may outlive the last use of its folder in a test.
final class Folder: Sendable {
    let path: String

    private static let root: String = {
        let path = FileManager.default.temporaryDirectory.path + "/komoku-store-\(getpid())"
        atexit { try? FileManager.default.removeItem(atPath: Folder.root) }
        return path
    }()

    init() throws {
        path = Self.root + "/\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    var database: String { path + "/test.db" }

    func open(
        _ name: String = "test.db", _ change: (inout Store.Configuration) -> Void = { _ in }
    ) throws -> Store {
        try Store.open(.file(path + "/" + name), change)
    }

    func bytes(_ name: String = "test.db") throws -> Data { try Data(contentsOf: URL(filePath: path + "/" + name)) }

    /// Copies the files of an open database as a power cut would leave them.
    func copyFiles(to other: Folder) throws {
        for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: database + suffix) {
            try FileManager.default.copyItem(atPath: database + suffix, toPath: other.database + suffix)
        }
    }
}

extension Store {
    static func open(
        _ location: Location, _ change: (inout Store.Configuration) -> Void = { _ in }
    ) throws -> Store {
        var configuration = Configuration(location: location)
        configuration.durability = .normal
        // Commits and seals happen only when a test asks for them.
        configuration.commitInterval = .seconds(100_000)
        configuration.sealInterval = .seconds(100_000)
        change(&configuration)
        return try Store(configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    @discardableResult
    func committed() async -> CommitOutcome {
        await withCheckedContinuation { continuation in commit { continuation.resume(returning: $0) } }
    }

    @discardableResult
    func sealed() async -> CommitOutcome {
        await withCheckedContinuation { continuation in seal { continuation.resume(returning: $0) } }
    }

    /// Everything in blocks and tails, merged.
    @discardableResult
    func compacted() async throws -> Compaction {
        try await withCheckedContinuation { continuation in compact { continuation.resume(returning: $0) } }.get()
    }

    @discardableResult
    func insert(_ points: [Point], into key: KeyID) async throws -> Int {
        try await inserted(points, into: key).added
    }

    @discardableResult
    func inserted(_ points: [Point], into key: KeyID) async throws -> Inserted {
        try await withCheckedContinuation { continuation in
            insert(points, into: key) { continuation.resume(returning: $0) }
        }.get()
    }

    /// As an import does with few points of a key.
    @discardableResult
    func added(_ points: [Point], to key: KeyID) async throws -> Inserted {
        try await withCheckedContinuation { continuation in
            insert([key: points]) { continuation.resume(returning: $0) }
        }.get()
    }

    @discardableResult
    func copied(from source: KeyID, into target: KeyID) async throws -> Int {
        try await withCheckedContinuation { continuation in
            copyHistory(of: source, into: target) { continuation.resume(returning: $0) }
        }.get()
    }

    func statistics(_ query: StatisticsQuery) async throws -> StatisticsReport {
        try await withCheckedContinuation { continuation in
            statistics(query) { continuation.resume(returning: $0) }
        }.get()
    }

    func report() async throws -> StoreReport {
        try await withCheckedContinuation { continuation in report { continuation.resume(returning: $0) } }.get()
    }

    func newestPoint(of key: KeyID, differingFrom value: Value) async throws -> Point? {
        try await withCheckedContinuation { continuation in
            newestPoint(of: key, differingFrom: value) { continuation.resume(returning: $0) }
        }.get()
    }

    func append(_ puts: [Put]) {
        var batch = Batch()
        batch.puts = puts
        append(batch)
    }

    func define(_ ids: Range<Int32>, type: KeyType = .numeric) throws {
        var batch = Batch()
        batch.keys = try ids.map { try .fixture($0, type: type) }
        append(batch)
    }
}

extension KeyRecord {
    static func fixture(_ id: Int32, type: KeyType = .numeric) throws -> KeyRecord {
        KeyRecord(
            id: KeyID(rawValue: id), name: try KeyName(validating: "key.k\(id)"), type: type,
            options: [JSON.Member("unit", "W")], created: Timestamp(microseconds: 5))
    }
}

extension Put {
    /// A newest point.
    static func point(_ key: Int32, _ time: Int64, _ value: Value?, isNewest: Bool = true) -> Put {
        Put(
            key: KeyID(rawValue: key), time: Timestamp(microseconds: time), value: value, provenance: .live,
            pointTime: Timestamp(microseconds: time), isNewest: isNewest)
    }
}

extension Point {
    init(_ time: Int64, _ value: Value?, _ provenance: Provenance = .live) {
        self.init(time: Timestamp(microseconds: time), value: value, provenance: provenance)
    }
}

extension SplitMix {
    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }

    mutating func value() -> Value? {
        switch Int.random(in: 0..<10, using: &self) {
        case 0: nil
        case 1: .boolean(chance(50))
        case 2: .string(["", "armed", "é", "e\u{301}", "x y"].randomElement(using: &self) ?? "")
        case 3: .number([-0.0, 1e300, 0.1 + 0.2, -273.15, .leastNonzeroMagnitude].randomElement(using: &self) ?? 0)
        case 4: .number(Double(Int.random(in: -1000...1000, using: &self)))
        default: .number(Double(Int.random(in: 0...5000, using: &self)) / 100)
        }
    }
}
