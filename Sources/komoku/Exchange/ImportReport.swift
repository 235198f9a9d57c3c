/// What became of an import.
struct ImportReport: Hashable {
    /// Points that are on disk, and were not before.
    private(set) var stored = 0
    /// Points that were there already.
    private(set) var known = 0
    /// Points of times that the hub has summed up already.
    private(set) var leftOut = 0
    /// Lines that were no points, and points that the hub did not take.
    private(set) var refused = 0
    private(set) var keys = 0

    /// Refusals that are told one by one.
    static let told = 20

    mutating func store(_ points: Int, known: Int = 0, leftOut: Int = 0) {
        stored += points
        self.known += known
        self.leftOut += leftOut
    }

    mutating func meetKey() { keys += 1 }

    /// - Returns: whether this one is to be told.
    mutating func refuse() -> Bool {
        refused += 1
        return refused <= Self.told
    }

    /// 0 all in, 1 some refused, 2 nothing could be done.
    var exitCode: Int32 { refused == 0 ? 0 : stored + known + leftOut == 0 ? 2 : 1 }

    var summary: String {
        var parts = ["\(Numbers.counted(stored, "point")) of \(Numbers.counted(keys, "key")) stored"]
        if known > 0 { parts.append("\(Numbers.grouped(known)) there already") }
        if leftOut > 0 { parts.append("\(Numbers.grouped(leftOut)) already summed up and left out") }
        if refused > 0 { parts.append("\(Numbers.grouped(refused)) refused") }
        return parts.joined(separator: ", ")
    }
}
