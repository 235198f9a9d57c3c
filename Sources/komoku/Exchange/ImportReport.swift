internal import Komoku

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
    /// Series of the file that were given no key.
    var unnamed: [String] = []
    /// Points of the hour that comes twice of which nothing tells which one it was, and the zone that has it.
    var uncertain = 0
    var zone = ""

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

    /// What else there is to say.
    var words: [String] {
        var words: [String] = []
        if !unnamed.isEmpty {
            let names = unnamed.prefix(10).map { "'\($0.prefix(80).description.printable)'" }.joined(separator: ", ")
            let more = unnamed.count > 10 ? " and \(unnamed.count - 10) more" : ""
            words.append("left out, because --map does not name them: \(names)\(more)")
        }
        if uncertain > 0 { words.append(Self.doubt(uncertain, zone)) }
        return words
    }

    static func doubt(_ count: Int, _ zone: String) -> String {
        "\(Numbers.counted(count, "point")) of an hour that comes twice in \(zone) could be of either; the first was taken"
    }

    var json: JSON {
        [
            "points": .number(Double(stored)), "keys": .number(Double(keys)), "known": .number(Double(known)),
            "left_out": .number(Double(leftOut)), "refused": .number(Double(refused)),
            "uncertain": .number(Double(uncertain)), "unnamed": .array(unnamed.map { .string($0) }),
        ]
    }

    var summary: String {
        var parts = ["\(Numbers.counted(stored, "point")) of \(Numbers.counted(keys, "key")) stored"]
        if known > 0 { parts.append("\(Numbers.grouped(known)) there already") }
        if leftOut > 0 { parts.append("\(Numbers.grouped(leftOut)) already summed up and left out") }
        if refused > 0 { parts.append("\(Numbers.grouped(refused)) refused") }
        return parts.joined(separator: ", ")
    }
}
