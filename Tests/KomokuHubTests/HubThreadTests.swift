import Glibc
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

    @Test(.timeLimit(.minutes(1))) func `what is done in pieces takes turns with the rest`() async {
        let thread = HubThread(name: "test")
        thread.start { nil }
        let pieces = Shared(Mutex([]))
        // A flood: each of these would be done after a thousand pieces of a millisecond.
        for flood in 0..<10 {
            thread.runPieces(isShort: false) {
                usleep(1000)
                pieces.add(flood)
                return pieces.all.count >= (flood + 1) * 1000
            }
        }
        for _ in 0..<20 {
            await withCheckedContinuation { done in thread.enqueue { done.resume() } }
        }
        let count = pieces.all.count
        #expect(count < 1000, "20 commands waited for \(count) pieces")
        #expect(thread.stop(patience: .milliseconds(1)) > 0)
        #expect(pieces.all == pieces.all.sorted())
    }

    @Test func `pieces run in order, and all of them before the thread ends`() {
        let thread = HubThread(name: "test")
        let order = Shared(Mutex([]))
        for index in 0..<50 {
            let countdown = Countdown(3)
            thread.runPieces(isShort: index % 2 == 0) {
                order.add(index)
                return countdown.isOver
            }
        }
        thread.start { nil }
        #expect(thread.stop() == 0)
        #expect(order.all == (0..<50).flatMap { [$0, $0, $0] })
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

    @Test(.timeLimit(.minutes(1))) func `a lent thread does the work at once where the hub has nothing to do`() {
        let thread = HubThread(name: "test")
        thread.start { nil }
        defer { thread.stop() }
        // Its own thread may still be about to wait.
        for attempt in 0..<100_000 {
            let (own, ran) = (pthread_self(), Shared(Mutex([])))
            thread.run {
                #expect(thread.isIsolatingCurrentContext() == true)
                if pthread_equal(own, pthread_self()) != 0 { ran.add(attempt) }
            }
            #expect(thread.isIsolatingCurrentContext() == false)
            if !ran.all.isEmpty { return }
            sched_yield()
        }
        Issue.record("it was never done here")
    }

    @Test(.timeLimit(.minutes(1))) func `its own thread wakes at the time that a lent one's turn named`() async {
        let thread = HubThread(name: "test")
        let turns = Shared(Mutex([]))
        await withCheckedContinuation { done in
            thread.start {
                turns.add(0)
                if turns.all.count == 3 { done.resume() }
                return turns.all.count < 3 ? .milliseconds(1) : nil
            }
            thread.run {}
        }
        thread.stop()
        #expect(turns.all.count == 3)
    }

    @Test(.timeLimit(.minutes(1))) func `lent threads and its own never meet, and keep the order of each`() async {
        let thread = HubThread(name: "test")
        let busy = Busy()
        thread.start {
            busy.turn()
            return nil
        }
        let seen = Shared(Mutex([]))
        await withTaskGroup { group in
            for writer in 0..<4 {
                group.addTask {
                    for number in 0..<5000 {
                        let work: @Sendable () -> Void = { busy.work { seen.add(writer * 5000 + number) } }
                        if (number + writer).isMultiple(of: 3) { thread.enqueue(work) } else { thread.run(work) }
                    }
                }
            }
        }
        thread.stop()
        #expect(busy.meetings == 0)
        #expect(seen.all.count == 20_000)
        for writer in 0..<4 {
            let own = seen.all.filter { $0 / 5000 == writer }
            #expect(own == own.sorted())
        }
    }

    @Test func `what a lent thread brings after the end is let go`() {
        let thread = HubThread(name: "test")
        thread.start { nil }
        thread.stop()
        thread.run { Issue.record("it ran") }
    }

    /// Counts who comes while somebody else is in.
    private final class Busy: Sendable {
        private let inside = Atomic(0)
        private let met = Atomic(0)
        var meetings: Int { met.load(ordering: .relaxed) }

        func turn() { work {} }

        func work(_ body: () -> Void) {
            if inside.add(1, ordering: .relaxed).newValue != 1 { met.add(1, ordering: .relaxed) }
            body()
            inside.subtract(1, ordering: .relaxed)
        }
    }

    private final class Shared: Sendable {
        private let items: Mutex<[Int]>
        init(_ items: consuming Mutex<[Int]>) { self.items = items }
        func add(_ item: Int) { items.withLock { $0.append(item) } }
        var all: [Int] { items.withLock { $0 } }
    }
}

private final class Countdown: Sendable {
    private let left: Mutex<Int>

    init(_ count: Int) {
        left = Mutex(count)
    }

    var isOver: Bool {
        left.withLock { left in
            left -= 1
            return left == 0
        }
    }
}
