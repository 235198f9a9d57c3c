internal import NIOConcurrencyHelpers

/// The bytes of bodies that have come and are not dealt with, of all connections: whoever sends them may be nobody.
final class BodyBudget: Sendable {
    private let used = NIOLockedValueBox(0)
    private let capacity: Int

    init(capacity: Int) { self.capacity = capacity }

    /// - Returns: whether there is room for more.
    func take(_ bytes: Int) -> Bool {
        used.withLockedValue { used in
            guard used + bytes <= capacity else { return false }
            used += bytes
            return true
        }
    }

    func release(_ bytes: Int) {
        if bytes > 0 { used.withLockedValue { $0 -= bytes } }
    }
}
