import Komoku
import KomokuExpression
import KomokuHub

/// The keys that match the patterns of expressions, by their numbers in the hub. Each pattern is looked for once; later only among
/// the keys that came since, and anew where one went.
struct PatternMatches {
    private struct Entry {
        var numbers: [Int32] = []
        /// Keys with a smaller number were looked at.
        var bound = 0
    }

    private var entries: [String: Entry] = [:]
    private var goneNames = 0

    /// More patterns than this are not remembered: what fills in `{self}` makes one for each rule.
    private static let maximumEntries = 10_000

    mutating func numbers(of pattern: KeyPattern, in hub: isolated Hub) -> [Int32] {
        if goneNames != hub.goneNames || entries.count > Self.maximumEntries {
            entries = [:]
            goneNames = hub.goneNames
        }
        let bound = hub.keyBound
        if let entry = entries[pattern.text], entry.bound == bound { return entry.numbers }
        var entry = entries[pattern.text] ?? Entry()
        for number in entry.bound..<bound {
            if let name = hub.name(ofKeyNumbered: number), pattern.matches(name) { entry.numbers.append(Int32(number)) }
        }
        entry.bound = bound
        entries[pattern.text] = entry
        return entry.numbers
    }
}

extension RuleEngine {
    /// - Parameter change: what counts in place of what its key is by now.
    func value(of call: KeysCall, _ change: Change?, in hub: isolated Hub) -> Value? {
        var tally = KeysCall.Tally(call.function)
        var counted: Set<Int32> = []
        for subject in call.subjects {
            for number in machine.matches.numbers(of: subject.pattern, in: hub) {
                // A key that several patterns match counts once.
                if call.subjects.count > 1, !counted.insert(number).inserted { continue }
                guard var value = hub.lastingValue(ofKeyNumbered: Int(number)) else { continue }
                if let change, hub.name(ofKeyNumbered: Int(number)) == change.key { value = change.value }
                tally.add(value, subject.condition, hub.name(ofKeyNumbered: Int(number)))
                if tally.isSettled { return tally.answer }
            }
        }
        return tally.answer
    }
}
