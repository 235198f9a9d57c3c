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
    private var count: UInt64 = 0

    var next: Timestamp? { heap.min?.due }

    mutating func insert(_ purpose: Purpose, at due: Timestamp) {
        count += 1
        heap.insert(Entry(due: due, number: count, purpose: purpose))
    }

    mutating func pop(until now: Timestamp) -> (due: Timestamp, purpose: Purpose)? {
        guard let first = heap.min, first.due <= now else { return nil }
        heap.removeMin()
        return (first.due, first.purpose)
    }

    mutating func removeAll() { heap = Heap() }
}
