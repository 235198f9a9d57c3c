import Komoku

/// The triggers whose `for:` has begun, and what steps are measured from.
struct Holds {
    private var byNumber: [Int64: Hold] = [:]
    private var numbers: [Hold.ID: Int64] = [:]
    /// The number of the newest one.
    private var last: Int64 = 0
    /// What a step is measured from, by trigger and key.
    private var levels: [Hold.ID: Double] = [:]

    /// Of more keys with triggers than these the change before counts.
    private static let maximumLevels = 100_000

    var count: Int { byNumber.count }
    var all: Dictionary<Int64, Hold>.Values { byNumber.values }

    /// By the number that its timer has.
    subscript(number: Int64) -> Hold? { byNumber[number] }
    subscript(id: Hold.ID) -> Hold? { numbers[id].flatMap { byNumber[$0] } }

    /// - Returns: its number.
    mutating func add(_ hold: Hold) -> Int64 {
        last += 1
        byNumber[last] = hold
        numbers[hold.id] = last
        return last
    }

    /// It goes on with another occasion.
    mutating func set(_ occasion: Occasion, of id: Hold.ID) {
        if let number = numbers[id] { byNumber[number]?.occasion = occasion }
    }

    /// It is over at another time, on the monotonic clock.
    mutating func set(due: Int64, of number: Int64) { byNumber[number]?.due = due }

    /// - Returns: whether it was there.
    mutating func remove(_ id: Hold.ID) -> Bool {
        guard let number = numbers.removeValue(forKey: id) else { return false }
        byNumber[number] = nil
        return true
    }

    // MARK: Steps

    var measured: [Hold.ID] { Array(levels.keys) }

    func level(of id: Hold.ID) -> Double? { levels[id] }

    /// - Returns: whether there is room for it.
    mutating func set(level: Double, of id: Hold.ID) -> Bool {
        guard levels[id] != nil || levels.count < Self.maximumLevels else { return false }
        levels[id] = level
        return true
    }

    /// - Returns: whether there was one.
    mutating func removeLevel(of id: Hold.ID) -> Bool { levels.removeValue(forKey: id) != nil }

    // MARK: A reload

    /// The rules have other slots now; those that stayed do.
    mutating func move(_ moved: [Int: Int]) {
        numbers = [:]
        for number in byNumber.keys {
            guard let slot = byNumber[number].flatMap({ moved[Int($0.id.rule)] }) else { continue }
            byNumber[number]?.id.rule = Int32(slot)
            if let id = byNumber[number]?.id { numbers[id] = number }
        }
        var kept: [Hold.ID: Double] = [:]
        for (old, level) in levels {
            guard let slot = moved[Int(old.rule)] else { continue }
            var id = old
            id.rule = Int32(slot)
            kept[id] = level
        }
        levels = kept
    }
}
