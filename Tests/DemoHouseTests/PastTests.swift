import Komoku
import Testing

@testable import komoku_demo_house

struct PastTests {
    @Test func theMeterOnlyGrows() {
        var last = 0.0
        for minute in 0..<(14 * 1440) {
            let energy = HouseMeter.energy(at: 1_795_000_000 + Double(minute) * 60)
            #expect(energy > last)
            last = energy
        }
    }

    @Test func thePastIsAWeekOfEachKeyInOrderAndTheSameEachTime() throws {
        let end: Int64 = 1_796_000_000
        var past = Past(days: 7, end: end, seed: 1)
        let lines = past.lines()
        var again = Past(days: 7, end: end, seed: 1)
        #expect(again.lines() == lines)
        var times: [String: [Double]] = [:]
        for line in lines {
            let point = try JSON(parsing: line)
            times[try #require(point["key"]?.string), default: []].append(try #require(point["time"]?.number))
        }
        #expect(times.count == 19)
        for (key, times) in times {
            #expect(zip(times, times.dropFirst()).allSatisfy { $0 < $1 }, "\(key)")
            let range = (Double(end) - 7 * 86_400)...Double(end)
            #expect(times.allSatisfy(range.contains) && times.count > 50, "\(key)")
        }
    }
}
