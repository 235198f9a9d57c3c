internal import HeapModule
import Komoku

/// Wake-ups by their time. One that is no longer wanted stays until its time; whoever is woken looks whether it still waits.
struct TimerQueue<Purpose: Hashable & Sendable>: Sendable {
    private struct Entry: Comparable, Sendable {
        let due: Timestamp
        /// Keeps those of one time in the order in which they were asked for.
        let number: UInt64
        let purpose: Purpose

        static func < (left: Entry, right: Entry) -> Bool {
            (left.due, left.number) < (right.due, right.number)
        }

        static func == (left: Entry, right: Entry) -> Bool { left.number == right.number }
    }

    private var heap = Heap<Entry>()
    private var asked: UInt64 = 0

    /// After so many entries most may be void.
    private var limit = Self.leastLimit
    private static var leastLimit: Int { 1024 }

    var next: Timestamp? { heap.min?.due }

    /// Whether it is time to look for wake-ups that nobody waits for any more: what begins and ends again and again, long
    /// before its time, would else fill the memory.
    var isOverfull: Bool { heap.count >= limit }

    /// Drops what nobody waits for.
    mutating func drop(unless isWanted: (Purpose, Timestamp) -> Bool) {
        heap = Heap(heap.unordered.filter { isWanted($0.purpose, $0.due) })
        limit = max(Self.leastLimit, 2 * heap.count)
    }

    mutating func insert(_ purpose: Purpose, at due: Timestamp) {
        asked += 1
        heap.insert(Entry(due: due, number: asked, purpose: purpose))
    }

    mutating func pop(until now: Timestamp) -> (due: Timestamp, purpose: Purpose)? {
        guard let first = heap.min, first.due <= now else { return nil }
        heap.removeMin()
        return (first.due, first.purpose)
    }

    var count: Int { heap.count }

    mutating func removeAll() {
        heap = Heap()
        limit = Self.leastLimit
    }
}
