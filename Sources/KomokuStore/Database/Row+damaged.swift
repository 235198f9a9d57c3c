import FoundationEssentials
import GRDB

/// Columns of rows as a damaged file may hold them: GRDB's own subscripts trap where a column has another type than asked for.
extension Row {
    /// 0 where the column holds no integer.
    func integer(_ column: Int) -> Int64 { Int64.fromDatabaseValue(self[column]) ?? 0 }

    /// Empty where the column holds no bytes.
    func bytes(_ column: Int) -> [UInt8] { Data.fromDatabaseValue(self[column]).map { [UInt8]($0) } ?? [] }

    /// Empty where the column holds no text.
    func text(_ column: Int) -> String { String.fromDatabaseValue(self[column]) ?? "" }
}
