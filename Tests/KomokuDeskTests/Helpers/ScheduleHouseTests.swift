import Komoku
import KomokuDesk
import KomokuTesting
import KomokuWire
import Testing

/// Schedules in a house whose clock runs, is set, and whose machine sleeps and starts again.
@Suite struct ScheduleHouseTests {
    private static func set(_ plan: WeekPlan, in house: HelperHouse) async throws {
        var helper = HelperDescription()
        helper.key = try #require(KeyName("h.target"))
        (helper.kind, helper.label, helper.days, helper.otherwise) = (.schedule, "Heating", plan, 0)
        try await house.set(helper.json.text)
    }

    /// Over random tables and zones with clock changes, against the model; a step is a minute up to two days.
    @Test(arguments: WeekScheduleTests.zones)
    func theKeyHasTheValueOfTheTable(name: String) async throws {
        let zone = try WeekScheduleTests.zone(name)
        for seed in 0..<UInt64(2) {
            var random = SplitMix(seed: seed)
            let plan = WeekScheduleTests.plan(&random)
            try await HelperHouse.run(zone: name, at: "2026-03-25T00:00:00Z") { first in
                var house = first
                try await Self.set(plan, in: house)
                for step in 0..<60 {
                    let minutes = Int64([1, 10, 60, 600, 2880].randomElement(using: &random) ?? 1)
                    switch Int.random(in: 0..<12, using: &random) {
                    case 0: house = try house.restarted(after: .seconds(minutes * 60), zone: name)
                    case 1:
                        // Somebody sets the clock; it is seen within half a minute.
                        await house.jump(minutes * 60 * (Bool.random(using: &random) ? 1 : -1))
                        await house.advance(31)
                    default: await house.advance(minutes * 60 - Int64.random(in: 0...1, using: &random))
                    }
                    let expected = WeekScheduleTests.expected(plan, otherwise: 0, at: zone.local(house.clock.now))
                    let value = try await house.value("h.target")
                    #expect(value == expected, "\(name), seed \(seed), step \(step), \(zone.local(house.clock.now))")
                }
                if house !== first { house.stop() }
            }
        }
    }

    @Test func aPutByHandCountsUntilTheNextChange() async throws {
        try await HelperHouse.run(at: "2026-11-30T07:00:00+01:00") { house in
            var plan = WeekPlan()
            plan.days[0] = [PlanSpan(from: "06:30", to: "08:00", value: 21)]
            try await Self.set(plan, in: house)
            #expect(try await house.value("h.target") == 21)
            _ = try await house.put("h.target", "18")
            await house.advance(3599)
            #expect(try await house.value("h.target") == 18)
            let next = try await house.helper("h.target")?["next"]
            #expect(next == .number(house.clock.now.seconds + 1))
            await house.advance(1)
            #expect(try await house.value("h.target") == 0)
        }
    }
}
