import Komoku
import KomokuSQLite

/// What a column of a damaged file may hold is anything: here it is brought into the range in which the rest of the code counts.
extension Row {
    /// No count, no time and no number of ours is beyond: 36,000 years in microseconds. What is added to it fits.
    static let limit: Int64 = 1 << 60

    /// A number of things, or the total of some; 0 where it is none.
    func count(_ column: Int) -> Int { Int(clamping: min(max(0, number(column) ?? 0), Self.limit)) }

    /// A time in microseconds.
    func time(_ column: Int) -> Timestamp {
        Timestamp(microseconds: min(max(-Self.limit, number(column) ?? 0), Self.limit))
    }

    /// The same; nil where the column is null.
    func timeIfAny(_ column: Int) -> Timestamp? { number(column).map { _ in time(column) } }

    /// The id of a row that others are numbered after.
    func id(_ column: Int) -> Int64 { min(max(0, number(column) ?? 0), Self.limit) }

    private func number(_ column: Int) -> Int64? {
        switch self[column] as DatabaseValue {
        case .integer(let number): number
        case .real(let number): Int64(exactly: min(max(-0x1p60, number), 0x1p60).rounded()) ?? 0
        default: nil
        }
    }
}

extension KeyID {
    /// Nil where no key can have that id.
    init?(_ row: Row, _ column: Int) {
        guard let number: Int32 = row[column], 0..<KeyID.limit ~= Int(number) else { return nil }
        self.init(rawValue: number)
    }
}
