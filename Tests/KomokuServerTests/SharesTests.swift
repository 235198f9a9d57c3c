import Komoku
@testable import KomokuServer
import Testing

struct SharesTests {
    private func time(_ seconds: Int64) -> Timestamp { Timestamp(microseconds: seconds * 1_000_000) }

    @Test func aStateHoldsUntilTheNextPoint() {
        var shares = Shares(from: time(0), to: time(40), windows: 4, state: false)
        shares.add(true, at: time(5))
        shares.add(false, at: time(25))
        #expect(shares.finished() == [[10, 0.5], [20, 1], [30, 0.5], [40, 0]])
    }

    @Test func theStateBeforeTheStartCounts() {
        let shares = Shares(from: time(100), to: time(110), windows: 2, state: true)
        #expect(shares.finished() == [[105, 1], [110, 1]])
    }

    @Test func pointsOutsideDoNotTrap() {
        var shares = Shares(from: time(0), to: time(10), windows: 3, state: true)
        shares.add(false, at: time(-5))
        shares.add(true, at: time(50))
        #expect(shares.finished().array?.allSatisfy { $0.array?[1] == 0 } == true)
    }
}
