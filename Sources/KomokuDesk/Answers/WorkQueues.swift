internal import Dispatch
internal import Synchronization

/// A few threads for what would keep the hub from others: texts of large answers, long imports, reads that block. What comes
/// waits its turn, however much it is.
final class WorkQueues: Sendable {
    private let queues = (0..<4).map { DispatchQueue(label: "komoku.desk.\($0)") }
    private let next = Atomic(0)

    private var queue: DispatchQueue {
        queues[next.wrappingAdd(1, ordering: .relaxed).newValue & Int.max % queues.count]
    }

    func async(_ work: @escaping @Sendable () -> Void) { queue.async(execute: work) }

    func async(after length: DispatchTimeInterval, _ work: @escaping @Sendable () -> Void) {
        queue.asyncAfter(deadline: .now() + length, execute: work)
    }
}
