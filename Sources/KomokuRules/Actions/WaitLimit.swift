import Komoku
import KomokuExpression
import KomokuYAML

/// How long `wait_until` and `wait_for` wait, and what comes then.
struct WaitLimit: Sendable {
    /// Of seconds; nil is for ever.
    var timeout: CompiledExpression?
    var onTimeout = OnTimeout.continue

    enum OnTimeout: String, Hashable, Sendable, CaseIterable { case `continue`, stop, fail }

    var listing: String { timeout.map { " for \($0.shown) else \(onTimeout.rawValue)" } ?? "" }

    /// How long it is where a run stands.
    func duration(
        _ policy: Instruction.Policy, _ lookup: (Reference) -> Value?
    ) throws(UnknownContent) -> Duration? {
        guard let timeout else { return policy.timeout }
        return try timeout.duration(lookup)
    }

    static let options = ["timeout", "on_timeout"]
}

extension Awaited {
    /// What to do when the time is over, and why.
    var end: (onTimeout: WaitLimit.OnTimeout, reason: String) {
        switch self {
        case .condition(_, let limit): (limit.onTimeout, "it did not come to hold in time")
        case .triggers(_, let limit): (limit.onTimeout, "it did not come in time")
        }
    }
}
