internal import Dispatch
internal import Synchronization

/// Threads on which queries are evaluated: a few at a time, so that they leave the machine to others and their memory is bounded.
final class QueryQueue: Sendable {
    private let queues = (0..<2).map { DispatchQueue(label: "komoku.prometheus.\($0)") }
    private let waiting = Mutex([0, 0])

    /// More are refused.
    private static let longest = 64

    /// - Returns: false where too many wait already.
    func async(_ work: @escaping @Sendable () -> Void) -> Bool {
        let lane = waiting.withLock { waiting -> Int? in
            let lane = waiting[1] < waiting[0] ? 1 : 0
            guard waiting[lane] < Self.longest else { return nil }
            waiting[lane] += 1
            return lane
        }
        guard let lane else { return false }
        queues[lane].async { [self] in
            work()
            waiting.withLock { $0[lane] -= 1 }
        }
        return true
    }
}
