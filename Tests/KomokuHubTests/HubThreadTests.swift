import Komoku
import Synchronization
import Testing

@testable import KomokuHub

@Suite struct HubThreadTests {
    @Test func `a thread that was never started can be stopped, twice`() {
        let thread = HubThread(name: "test")
        thread.stop()
        thread.stop()
    }

    @Test func `what is queued runs in order before the thread ends; what comes later is let go`() {
        let thread = HubThread(name: "test")
        let order = Mutex<[Int]>([])
        let shared = Shared(order)
        for index in 0..<100 { thread.enqueue { shared.add(index) } }
        thread.start { nil }
        thread.stop()
        #expect(shared.all == Array(0..<100))
        weak var kept: Shared?
        do {
            let late = Shared(Mutex([]))
            kept = late
            thread.enqueue { late.add(1) }
        }
        #expect(kept == nil)
    }

    @Test(.timeLimit(.minutes(1))) func `it wakes by itself after the time that the last turn named`() async {
        let thread = HubThread(name: "test")
        await withCheckedContinuation { done in
            let turns = Shared(Mutex([]))
            thread.start {
                turns.add(0)
                if turns.all.count == 3 { done.resume() }
                return turns.all.count < 3 ? .milliseconds(1) : nil
            }
            thread.enqueue {}
        }
        thread.stop()
    }

    private final class Shared: Sendable {
        private let items: Mutex<[Int]>
        init(_ items: consuming Mutex<[Int]>) { self.items = items }
        func add(_ item: Int) { items.withLock { $0.append(item) } }
        var all: [Int] { items.withLock { $0 } }
    }
}
