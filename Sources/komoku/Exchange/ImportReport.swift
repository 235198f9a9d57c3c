/// What became of an import.
struct ImportReport: Hashable {
    /// Points that are on disk.
    private(set) var stored = 0
    /// Lines that were no points, and points that the hub did not take.
    private(set) var refused = 0
    private(set) var keys = 0

    /// Refusals that are told one by one.
    static let told = 20

    mutating func store(_ points: Int) { stored += points }
    mutating func meetKey() { keys += 1 }

    /// - Returns: whether this one is to be told.
    mutating func refuse() -> Bool {
        refused += 1
        return refused <= Self.told
    }

    /// 0 all in, 1 some refused, 2 nothing could be done.
    var exitCode: Int32 { refused == 0 ? 0 : stored == 0 ? 2 : 1 }

    var summary: String {
        let stored = "\(Numbers.counted(self.stored, "point")) of \(Numbers.counted(keys, "key")) stored"
        return refused == 0 ? stored : stored + ", \(Numbers.grouped(refused)) refused"
    }
}
