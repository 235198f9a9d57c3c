import KomokuSQLite
import Komoku

/// The why log. Rows are appended in the order of their ids, so a commit touches one page; a question about a rule or a key
/// walks them from the newest, which 100,000 of them allow.
enum RunTable {
    static func apply(_ rows: [RunRow], _ db: Database) throws {
        for row in rows {
            try db.cachedStatement(
                sql: "INSERT OR REPLACE INTO runs (id, rule, outcome, time, keys, data) VALUES (?, ?, ?, ?, ?, ?)"
            ).execute(arguments: [
                row.id, row.rule, row.outcome, row.time.microseconds, Self.keys(row.keys), row.data.storedText,
            ])
        }
    }

    /// Newest first.
    static func fetch(_ query: RunQuery, _ db: Database) throws -> [RunRow] {
        var (clauses, arguments): ([String], [DatabaseValue]) = ([], [])
        func add(_ clause: String, _ values: [any DatabaseValueConvertible]) {
            clauses.append(clause)
            arguments += values.map(\.databaseValue)
        }
        if let rule = query.rule { add("rule = ?", [rule]) }
        if let key = query.key { add("instr(keys, ?) > 0", [keys([key])]) }
        if let since = query.since { add("time >= ?", [since.microseconds]) }
        if let before = query.before { add("id < ?", [before]) }
        if let outcomes = query.outcomes {
            add("outcome IN (\(outcomes.map { _ in "?" }.joined(separator: ", ")))", outcomes)
        }
        let condition = clauses.isEmpty ? "" : "WHERE " + clauses.joined(separator: " AND ")
        let rows = try Row.fetchAll(
            db,
            sql: "SELECT id, rule, outcome, time, keys, data FROM runs \(condition) ORDER BY id DESC LIMIT ?",
            arguments: StatementArguments(arguments + [max(0, query.limit).databaseValue]))
        return rows.compactMap { row in
            guard row.id(0) == row.integer(0), let data = try? JSON(parsing: row.text(5)) else { return nil }
            let names = row.text(4).split(separator: Character(separator)).compactMap { KeyName(String($0)) }
            return RunRow(
                id: row.id(0), rule: row.text(1), outcome: row.text(2),
                time: row.time(3), keys: names, data: data.withEffectsAsData)
        }
    }

    /// The greatest id; 0 where there is none.
    static func newest(_ db: Database) throws -> Int64 {
        try Row.fetchOne(db, sql: "SELECT max(id) FROM runs WHERE id < ?", arguments: [Row.limit])?.id(0) ?? 0
    }

    /// Removes what is older, or beyond the count, of each outcome.
    static func prune(_ retention: [String: RunRetention], at now: Timestamp, _ db: Database) throws {
        for (outcome, limit) in retention.sorted(by: { $0.key < $1.key }) {
            try db.execute(
                sql: "DELETE FROM runs WHERE outcome = ? AND time < ?",
                arguments: [outcome, (now - limit.time).microseconds])
            try db.execute(
                sql: """
                    DELETE FROM runs WHERE outcome = ?1 AND id <=
                    (SELECT id FROM runs WHERE outcome = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)
                    """, arguments: [outcome, max(0, limit.count)])
        }
    }

    /// No name of a key holds it.
    private static let separator = "\n"

    /// Each between two separators, so that no name is found in another.
    private static func keys(_ names: [KeyName]) -> String {
        names.isEmpty ? "" : separator + names.map(\.text).joined(separator: separator) + separator
    }
}

extension JSON {
    /// Rows that earlier versions wrote have sentences as effects; nobody else has to know.
    fileprivate var withEffectsAsData: JSON {
        guard let members = object, self["effects"]?.array?.contains(where: { $0.string != nil }) == true else {
            return self
        }
        let (effects, omitted) = RunEffect.list(of: self)
        return .object(
            members.flatMap { member in
                guard member.name == "effects" else { return [member] }
                let list = JSON.Member("effects", .array(effects.map(\.json)))
                return omitted > 0 ? [list, JSON.Member("omitted", .number(Double(omitted)))] : [list]
            })
    }
}
