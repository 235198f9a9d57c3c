import Komoku
@testable import KomokuDesk
import KomokuWire
import KomokuStore
import Testing

struct SharesTests {
    private func time(_ seconds: Int64) -> Timestamp { Timestamp(microseconds: seconds * 1_000_000) }

    private func bounds(_ start: Int64, _ end: Int64, _ windows: Shares.Windows) throws(Refusal) -> [Double] {
        try Shares.bounds(from: time(start), to: time(end), windows).map(\.seconds)
    }

    @Test func windowsAreLaidFromTheStartAndEndInTime() throws {
        #expect(try bounds(5, 27, .steps(.seconds(10), limit: 100)) == [5, 15, 25])
        #expect(try bounds(5, 25, .steps(.seconds(10), limit: 1)) == [15, 25])
        #expect(try bounds(5, 14, .steps(.seconds(10), limit: 100)) == [])
        #expect(try bounds(0, 100, .count(4)) == [0, 25, 50, 75, 100])
    }

    @Test func emptyAndReversedRangesHaveNoWindows() throws {
        for windows in [Shares.Windows.count(50), .steps(.seconds(1), limit: 10)] {
            #expect(try bounds(10, 10, windows) == [])
            #expect(try bounds(10, 5, windows) == [])
        }
        let short = try Shares.bounds(from: time(0), to: Timestamp(microseconds: 49), .count(50))
        #expect(short == [])
    }

    @Test func tooManyWindowsAreRefusedWithTheirNumber() throws {
        #expect(try bounds(0, 10_000, .steps(.seconds(1), limit: 5)).count == 6)
        #expect(throws: Refusal.tooManyWindows(10_001)) { try bounds(0, 10_001, .steps(.seconds(1), limit: 5)) }
        #expect(Refusal.tooManyWindows(10_001).message?.contains("10001 windows") == true)
    }

    @Test func theWidestRangeDoesNotTrap() throws {
        let farthest: Int64 = 253_402_300_799
        let bounds = try bounds(-farthest, farthest, .count(50))
        #expect(bounds.count == 51 && bounds.first == -Double(farthest) && bounds.last == Double(farthest))
    }
}
