import Komoku
import Testing

@testable import KomokuStore

@Suite struct ProfileTests {
    /// A profile of a key that was 1 in every hour of some days, and 0 in none.
    static func buckets(
        _ by: Profile.By, _ since: String, _ until: String, points: [Point] = [], carried: Value? = .boolean(true),
        type: KeyType = .boolean
    ) throws -> [WindowStatistics] {
        let profile = try Profile(
            by: by, zone: Zone(name: "x", rule: WindowLengthTests.warsaw), since: try #require(Timestamp(dated: since)),
            until: try #require(Timestamp(dated: until)))
        let query = StatisticsQuery(key: KeyID(rawValue: 1), type: type, bounds: [], now: .distantFuture)
        var accumulator = WindowAccumulator(query, carried: carried, profile: profile)
        let columns = PointColumns(points)
        accumulator.add(columns, 0..<columns.count)
        return accumulator.finish()
    }

    @Test func anHourThatComesTwiceCountsTwice() throws {
        let known = try Self.buckets(.hour, "2026-10-25 00:00 +0200", "2026-10-27 00:00 +0100").map(\.known.seconds)
        #expect(known[2] == 3 * 3600)
        #expect(known.enumerated().allSatisfy { $0 == 2 || $1 == 2 * 3600 })
    }

    @Test func anHourThatIsLeftOutDoesNotCount() throws {
        let known = try Self.buckets(.hour, "2026-03-29 00:00 +0100", "2026-03-30 00:00 +0200").map(\.known.seconds)
        #expect(known[2] == 0)
        #expect(known.enumerated().allSatisfy { $0 == 2 || $1 == 3600 })
    }

    @Test func weekdaysBeginOnMonday() throws {
        // Saturday and Sunday, the latter of 25 hours.
        let known = try Self.buckets(.weekday, "2026-10-24 06:00 +0200", "2026-10-26 00:00 +0100")
            .map(\.known.seconds)
        #expect(known.map { $0 / 3600 } == [0, 0, 0, 0, 0, 18, 25])
    }

    @Test func bucketsAreWhatTheirWindowsAddUpTo() throws {
        let start = try #require(Timestamp(dated: "2026-06-01 00:00 +0200")).microseconds
        // Each day at noon some, at midnight back to 0.
        let points = [0, 5, 0, 4, 0, 3].enumerated().map { place, number in
            Point(start + Int64(place) * 43_200_000_000, .number(number))
        }
        let buckets = try Self.buckets(
            .hour, "2026-06-01 00:00 +0200", "2026-06-04 00:00 +0200", points: points, carried: .number(9),
            type: .counter)
        #expect(buckets[12].increase == 12 && buckets[12].count == 3 && buckets[12].delta == 12)
        #expect(buckets[0].resets == 3 && buckets[0].increase == 0 && buckets[0].delta == -18)
        #expect(buckets[13].increase == 0 && buckets[13].timeMean == 4 && buckets[13].known == .seconds(3 * 3600))
        #expect(buckets[12].rate == 12.0 / (3 * 3600))
    }

    @Test func aCenturyFarAheadTakesNoTime() throws {
        let begin = ContinuousClock.now
        for carried in [nil, Value.boolean(true)] {
            let known = try Self.buckets(
                .hour, "5026-01-01 00:00 +0100", "5126-01-01 00:00 +0100", carried: carried
            ).map(\.known.seconds)
            #expect(known.allSatisfy { carried == nil ? $0 == 0 : $0 >= 36_000 * 3600 })
        }
        #expect(ContinuousClock.now - begin < .seconds(20))
    }

    @Test func rangesThatAreTooLongAreRefused() {
        #expect(throws: WindowLength.Invalid.self) {
            try Profile(by: .hour, zone: .utc, since: .distantPast, until: .distantFuture)
        }
    }
}
