import Komoku
import KomokuExpression

/// What waits for answers of the history: conditions of rules that were fired, and `becomes`.
struct Checks {
    private var pending: [Int64: PendingCheck] = [:]
    private var looking: [TriggerIndex.Slot: Looking] = [:]

    // MARK: Conditions

    subscript(number: Int64) -> PendingCheck? {
        get { pending[number] }
        set { pending[number] = newValue }
    }

    /// Of rules that are not among these.
    func numbers(notOf rules: Set<Int>) -> [Int64] {
        pending.filter { !rules.contains(Int($0.value.rule)) }.map(\.key)
    }

    /// The answers of a question.
    ///
    /// - Returns: whether it waits for them.
    mutating func answer(_ number: Int64, _ answers: [HistoryCall: Value?]) -> Bool {
        guard var check = pending[number] else { return false }
        check.answers.add(answers)
        check.known.merge(answers) { $1 }
        pending[number] = check
        return true
    }

    mutating func remove(_ number: Int64) -> PendingCheck? { pending.removeValue(forKey: number) }

    /// The rules have other slots now.
    mutating func move(_ moved: [Int: Int]) {
        for number in pending.keys {
            if let slot = pending[number].flatMap({ moved[Int($0.rule)] }) { pending[number]?.rule = Int32(slot) }
        }
    }

    // MARK: becomes

    /// While one question is on its way, one more look follows it, whatever the number of changes.
    ///
    /// - Returns: whether to ask.
    mutating func begin(_ look: Looking, at slot: TriggerIndex.Slot) -> Bool {
        guard looking[slot] == nil else {
            looking[slot]?.isAgain = true
            return false
        }
        looking[slot] = look
        return true
    }

    /// The answers have come.
    ///
    /// - Returns: whether it has to be looked at once more.
    mutating func end(at slot: TriggerIndex.Slot) -> Bool { looking.removeValue(forKey: slot)?.isAgain ?? false }

    /// The answers on their way are for the rules as they were.
    ///
    /// - Returns: what was asked, in the order of the slots.
    mutating func forgetLooks() -> [(slot: TriggerIndex.Slot, change: Change?)] {
        defer { looking = [:] }
        return looking.sorted { $0.key < $1.key }.map { ($0.key, $0.value.change) }
    }
}
