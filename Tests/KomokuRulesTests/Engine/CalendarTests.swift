import Komoku
import Testing

@testable import KomokuRules

struct CalendarTests {
    private static func time(_ seconds: Int64) -> Timestamp { Timestamp(microseconds: seconds * 1_000_000) }

    @Test func `wake-ups come by their time, on each clock by itself`() {
        var calendar = Calendar()
        calendar.wake(.run(2), at: 20)
        calendar.wake(.hold(1), at: 10)
        calendar.wake(.call(3), at: 20)
        calendar.wake(.lookRun(4), at: Self.time(5))
        #expect(calendar.nextTimer == 10 && calendar.nextWall == Self.time(5))
        #expect(calendar.popTimer(until: 9) == nil)
        var order: [RuleEngine.Wake] = []
        while let (_, wake) = calendar.popTimer(until: 20) { order.append(wake) }
        #expect(order == [.hold(1), .run(2), .call(3)], "those of one time as they were asked for")
        #expect(
            calendar.popWall(until: Self.time(4)) == nil && calendar.popWall(until: Self.time(5))?.wake == .lookRun(4))
    }

    @Test func `an expression is looked at at the first of its times`() {
        var calendar = Calendar()
        for second in [9, 5, 7] as [Int64] { calendar.look(.lookRun(1), at: Self.time(second)) }
        #expect(calendar.isLookDue(.lookRun(1), at: Self.time(5)) && !calendar.isLookDue(.lookRun(1), at: Self.time(9)))
        #expect(calendar.wallCount == 2, "a later one is not even asked for")
        calendar.endLook(.lookRun(1))
        calendar.look(.lookRun(1), at: Self.time(8))
        #expect(calendar.isLookDue(.lookRun(1), at: Self.time(8)))
        calendar.forgetWall()
        #expect(calendar.nextWall == nil && !calendar.isLookDue(.lookRun(1), at: Self.time(8)))
    }

    @Test func `the clock is looked at once, and a clock that is set back is seen`() {
        var calendar = Calendar()
        calendar.lookAtClock(at: 60)
        calendar.lookAtClock(at: 90)
        calendar.lookAtClock(at: 30)
        #expect(calendar.isClockDue(at: 30) && calendar.timerCount == 2)
        calendar.endClockLook()
        #expect(!calendar.isClockDue(at: 30))
        #expect(calendar.see(wall: Self.time(100), monotonic: 0) == 0, "there is nothing to compare it with")
        #expect(calendar.see(wall: Self.time(110), monotonic: 10_000_000) == 0)
        #expect(calendar.see(wall: Self.time(100), monotonic: 20_000_000) == 20_000_000)
        #expect(calendar.see(wall: Self.time(500), monotonic: 30_000_000) == 0, "forward is another matter")
    }

    @Test func `what nobody waits for any more is dropped when there is much of it`() {
        var calendar = Calendar()
        let slot = TriggerIndex.Slot(rule: 0, trigger: 0)
        for number in 0..<2000 as Range<Int64> {
            calendar.wake(.run(number), at: 1000 + number)
            calendar.wake(.schedule(slot, generation: Int32(number)), at: Self.time(1000 + number))
        }
        calendar.lookAtClock(at: 5)
        calendar.look(.lookRun(7), at: Self.time(1))
        #expect(calendar.isOverfull)
        calendar.drop(unless: { wake, _ in wake == .run(3) }, { _, generation, _ in generation == 4 })
        #expect(calendar.timerCount == 2 && calendar.wallCount == 2 && !calendar.isOverfull)
        #expect(calendar.nextTimer == 5 && calendar.nextWall == Self.time(1))
    }
}
