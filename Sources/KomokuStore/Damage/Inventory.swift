import Komoku
import KomokuSQLite

/// What a database holds, as it says itself at a clean stop, so that the next start sees what is missing.
///
/// It goes with the first write after the start: what was said before is no longer so.
struct Inventory: Hashable {
    /// Rows of a table, and a checksum of what is in them.
    struct Digest: Hashable {
        var rows = 0
        var sum: UInt32 = 0
    }

    /// The numbers of `Count` by their names.
    typealias Counts = [String: Int]

    var schema = Schema.version
    var time = Timestamp(microseconds: 0)
    var counts = Counts()
    var tables: [String: Digest] = [:]
    /// The numbers of `meta`, which nothing else in the file tells.
    var meta: [String: Int64] = [:]

    /// What is counted.
    enum Count: String, CaseIterable {
        case keys
        /// Points in blocks, tails and fresh rows, and in the journal; buckets.
        case raw, journal
        case fiveMinutes = "5m"
        case hours = "1h"
    }

    init() {}

    // MARK: In the file

    private static let name = "inventory"

    /// What the file says.
    enum Stored: Equatable {
        /// It was not closed cleanly.
        case none
        case damaged
        case found(Inventory)
    }

    static func stored(_ db: Database) throws -> Stored {
        let row = try Row.fetchOne(db, sql: "SELECT value FROM meta WHERE name = ?", arguments: [name])
        guard let row else { return .none }
        let parts = row.text(0).split(separator: " ", maxSplits: 1)
        guard parts.count == 2, let sum = UInt32(parts[0], radix: 16), sum == Self.sum(of: String(parts[1])),
            let json = try? JSON(parsing: String(parts[1])), let inventory = Inventory(json)
        else { return .damaged }
        return .found(inventory)
    }

    func store(_ db: Database) throws {
        let text = json.storedText
        try db.cachedStatement(sql: "INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)")
            .execute(arguments: [Self.name, String(Self.sum(of: text), radix: 16) + " " + text])
    }

    static func remove(_ db: Database) throws {
        try db.cachedStatement(sql: "DELETE FROM meta WHERE name = ?").execute(arguments: [name])
    }

    private static func sum(of text: String) -> UInt32 { CRC32C.checksum(Array(text.utf8)[...]) }

    // MARK: As JSON

    private var json: JSON {
        func object<Number>(_ numbers: [String: Number], _ json: (Number) -> JSON) -> JSON {
            .object(numbers.sorted { $0.key < $1.key }.map { JSON.Member($0.key, json($0.value)) })
        }
        return .object([
            JSON.Member("schema", .number(Double(schema))), JSON.Member("time", .string(String(time.microseconds))),
            JSON.Member("counts", object(counts) { .number(Double($0)) }),
            JSON.Member("tables", object(tables) { .array([.number(Double($0.rows)), .number(Double($0.sum))]) }),
            // A double would not hold all of them.
            JSON.Member("meta", object(meta) { .string(String($0)) }),
        ])
    }

    private init?(_ json: JSON) {
        guard let schema = json["schema"]?.number.flatMap({ Int(exactly: $0) }),
            let time = json["time"]?.string.flatMap({ Int64($0) }), let counts = json["counts"]?.object,
            let tables = json["tables"]?.object, let meta = json["meta"]?.object
        else { return nil }
        self.schema = schema
        self.time = Timestamp(microseconds: time)
        for member in counts { self.counts[member.name] = member.value.number.flatMap { Int(exactly: $0) } ?? 0 }
        for member in tables {
            let numbers = (member.value.array ?? []).compactMap(\.number)
            guard numbers.count == 2 else { return nil }
            self.tables[member.name] = Digest(
                rows: Int(exactly: numbers[0]) ?? 0, sum: UInt32(exactly: numbers[1]) ?? 0)
        }
        for member in meta { self.meta[member.name] = member.value.string.flatMap { Int64($0) } }
    }
}
