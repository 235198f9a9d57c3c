/// What the templates of a message may still do. One message has one budget however many entities listen to its topic, and
/// the messages of a round share a larger one: what a device announces can make its own topic fail, never keep other topics
/// waiting. Belongs to the Inbox's thread.
///
/// Counted in steps: a byte or an item that is looked at, some 10 to 40 ns each.
package final class WorkBudget {
    /// What all templates of a message may do.
    static let message = 1 << 21
    /// What one of them may do: one that never ends leaves room for the others.
    static let template = 1 << 19
    /// What the messages of a round may do.
    static let round = 1 << 23
    /// What each message may do also where others have used up the round: most need some hundred steps.
    static let least = 1 << 15

    private var leftOfRound: Int
    private var granted: Int
    private(set) var left: Int

    /// Of one message, and of a round that has no other one yet.
    package init() {
        (leftOfRound, granted, left) = (Self.round, Self.message, Self.message)
    }

    package func beginRound() {
        leftOfRound = Self.round
        (granted, left) = (0, 0)
    }

    package func beginMessage() {
        leftOfRound -= granted - max(0, left)
        granted = max(Self.least, min(Self.message, leftOfRound))
        left = granted
    }

    /// - Returns: whether there was so much left; where there was not, nothing is left.
    func spend(_ steps: Int) -> Bool {
        let (rest, isOverflow) = left.subtractingReportingOverflow(steps)
        left = isOverflow ? -1 : max(-1, rest)
        return left >= 0
    }
}
