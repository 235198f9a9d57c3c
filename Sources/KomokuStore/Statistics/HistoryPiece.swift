/// A part of a key's history, in time order with the other parts.
enum HistoryPiece {
    case points(PointColumns, Range<Int>)
    case summary(Summary)
    /// Buckets that can be added up in their columns.
    case buckets(TierBlock.Columns, Range<Int>)
    /// The meter was replaced: what follows has nothing to do with what was before.
    case replacement
}
