import Komoku
import Testing

@testable import KomokuSystem

/// With a descriptor, and where the system has none left.
@Suite(.timeLimit(.minutes(1))) struct WakeUpTests {
    static let kinds = [true, false]

    private func wakeUp(_ hasDescriptor: Bool) -> WakeUp { hasDescriptor ? WakeUp() : WakeUp(descriptor: -1) }

    @Test(arguments: kinds) func `a signal ends a wait and is cleared by it`(hasDescriptor: Bool) throws {
        let wakeUp = wakeUp(hasDescriptor)
        let thread = try NamedThread("signals") { wakeUp.signal() }
        let start = MonotonicClock.now
        _ = Poll.wait(-1, for: [], or: wakeUp, microseconds: 30_000_000)
        #expect(MonotonicClock.now - start < 30_000_000)
        thread.join()
        #expect(!wakeUp.isSignalled(within: 0))
    }

    @Test(arguments: kinds) func `a signal before the wait is not lost`(hasDescriptor: Bool) {
        let wakeUp = wakeUp(hasDescriptor)
        wakeUp.signal()
        wakeUp.signal()
        #expect(wakeUp.isSignalled(within: 0))
        #expect(wakeUp.isSignalled(within: 0))
        wakeUp.clear()
        #expect(!wakeUp.isSignalled(within: 1000))
    }

    @Test(arguments: kinds) func `a wait ends by itself`(hasDescriptor: Bool) {
        let wakeUp = wakeUp(hasDescriptor)
        let start = MonotonicClock.now
        #expect(Poll.wait(-1, for: [], or: wakeUp, microseconds: 30_000).isEmpty)
        #expect(MonotonicClock.now - start >= 30_000)
    }
}
