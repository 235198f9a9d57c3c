import Komoku
import KomokuStore
import KomokuTesting
import KomokuWire
import Testing

@testable import KomokuDesk

/// Which value holds when, against a reference that looks at clocks and at the table, and knows nothing else.
@Suite struct WeekScheduleTests {
    static let zones = [
        "Europe/Warsaw", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia",
        "America/Santiago",
        "Africa/Casablanca", "Asia/Beirut", "UTC",
    ]

    static func zone(_ name: String) throws -> Zone { try ZoneFiles(environment: nil).zone(named: name) }

    /// A table at random, of days with spans that may touch, and many without any.
    static func plan(_ random: inout SplitMix) -> WeekPlan {
        var plan = WeekPlan()
        for day in 0..<7 where Int.random(in: 0..<4, using: &random) > 0 {
            var bounds: Set<Int> = []
            for _ in 0..<(2 * Int.random(in: 1...3, using: &random)) {
                // The hours in which clocks are set come more often, and the ends of the day.
                let hour = [0, 1, 2, 3, 23, Int.random(in: 0..<24, using: &random)].randomElement(using: &random) ?? 0
                bounds.insert(hour * 60 + ([0, 15, 30].randomElement(using: &random) ?? 0))
            }
            if Bool.random(using: &random) { bounds.insert(0) }
            if Bool.random(using: &random) { bounds.insert(1440) }
            let sorted = bounds.sorted()
            plan.days[day] = stride(from: 0, to: sorted.count - 1, by: Bool.random(using: &random) ? 2 : 1).map {
                index in
                PlanSpan(
                    from: text(sorted[index]), to: text(sorted[index + 1]),
                    value: .number(Double(Int.random(in: 1...3, using: &random))))
            }
        }
        return plan
    }

    private static func text(_ minutes: Int) -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(two(minutes / 60)):\(two(minutes % 60))"
    }

    /// The model: what clocks show, looked up in the table as it was written.
    static func expected(_ plan: WeekPlan, otherwise: JSON, at local: LocalDateTime) -> JSON {
        let shown = local.secondOfDay
        for span in plan.days[local.date.weekday - 1] ?? [] {
            let (from, to) = (seconds(span.from), seconds(span.to))
            if from <= shown, shown < to { return span.value }
        }
        return otherwise
    }

    private static func seconds(_ text: String) -> Int {
        text.split(separator: ":").map { Int($0) ?? 0 }.reduce(0) { $0 * 60 + $1 } * 60
    }

    @Test(arguments: zones) func theValueIsThatOfTheTableAtTheTimeThatClocksShow(name: String) throws {
        let zone = try Self.zone(name)
        for seed in 0..<UInt64(20) {
            var random = SplitMix(seed: seed)
            let plan = Self.plan(&random)
            let schedule = try WeekSchedule(plan, otherwise: 0)
            for _ in 0..<300 {
                let time = Timestamp(
                    microseconds: Int64.random(in: 1_200_000_000...1_900_000_000, using: &random) * 1_000_000)
                let expected = Self.expected(plan, otherwise: 0, at: zone.local(time))
                #expect(schedule.value(at: time, in: zone).json == expected, "seed \(seed), \(time)")
            }
        }
    }

    /// Minute by minute over the days on which clocks are set.
    @Test(arguments: zones) func theNextChangeIsTheFirstMinuteWithAnotherValue(name: String) throws {
        let zone = try Self.zone(name)
        var starts = [Timestamp(microseconds: 1_767_225_600_000_000)]
        var time = starts[0]
        for _ in 0..<2 {
            guard let change = zone.nextChange(after: time) else { break }
            starts.append(change - .seconds(2 * 86_400))
            time = change
        }
        for (index, start) in starts.enumerated() {
            for seed in 0..<UInt64(2) {
                var random = SplitMix(seed: seed + UInt64(index) * 100)
                let plan = Self.plan(&random)
                let schedule = try WeekSchedule(plan, otherwise: 0)
                var next = schedule.nextChange(after: start, in: zone)
                var value = schedule.value(at: start, in: zone)
                for minute in 1..<(4 * 1440) {
                    let now = start + .seconds(Int64(minute) * 60)
                    let expected = Self.expected(plan, otherwise: 0, at: zone.local(now))
                    let isChange = expected != value.json
                    #expect(isChange == (next.map { $0 <= now } ?? false), "\(name), seed \(seed), \(now)")
                    guard isChange else { continue }
                    guard next == now else { break }
                    value = schedule.value(at: now, in: zone)
                    next = schedule.nextChange(after: now, in: zone)
                }
            }
        }
    }

    @Test func aScheduleOfOneValueNeverChanges() throws {
        let zone = try Self.zone("Europe/Warsaw")
        let time = Timestamp(microseconds: 1_767_225_600_000_000)
        #expect(try WeekSchedule(WeekPlan(), otherwise: true).nextChange(after: time, in: zone) == nil)
        var plan = WeekPlan()
        plan.days[6] = [PlanSpan(from: "02:10", to: "02:50", value: true)]
        // On the Sunday on which clocks leave it out it does not come: the next is a week later.
        let schedule = try WeekSchedule(plan, otherwise: false)
        let spring = try #require(Timestamp(dated: "2026-03-28T12:00:00+01:00"))
        #expect(schedule.nextChange(after: spring, in: zone) == Timestamp(dated: "2026-04-05T02:10:00+02:00"))
        // And on the one on which they show it twice it comes twice.
        let autumn = try #require(Timestamp(dated: "2026-10-25T02:50:00+02:00"))
        #expect(schedule.nextChange(after: autumn, in: zone) == Timestamp(dated: "2026-10-25T02:10:00+01:00"))
    }

    @Test(arguments: [
        (#"{"mon":[{"from":"06:30","to":"06:30","value":1}]}"#, "ends before it begins"),
        (#"{"mon":[{"from":"22:00","to":"06:30","value":1}]}"#, "over midnight it is two"),
        (#"{"mon":[{"from":"06:30","to":"24:01","value":1}]}"#, "00:00 to 24:00"),
        (#"{"tue":[{"from":"6h","to":"24:00","value":1}]}"#, "'tue'"),
        (
            #"{"wed":[{"from":"06:00","to":"08:00","value":1},{"from":"07:59","to":"09:00","value":2}]}"#,
            "two spans at 07:59"
        ),
        (#"{"wed":[{"from":"06:00","to":"08:00","value":"on"}]}"#, "all numbers"),
        (#"{"wed":[{"from":"06:00","to":"08:00","value":null}]}"#, "without a value"),
        (#"{"wed":[{"from":"06:00","to":"+8:00","value":1}]}"#, "00:00 to 24:00"),
    ])
    func whatIsWrongIsSaid(plan: String, sentence: String) throws {
        let plan = try WeekPlan(try JSON(parsing: plan))
        let refusal = #expect(throws: Refusal.self) { try WeekSchedule(plan, otherwise: 0) }
        #expect(refusal?.message?.contains(sentence) == true, "\(refusal?.message ?? "")")
    }

    @Test func whatWasGivenIsToldAgain() throws {
        let plan = try WeekPlan(
            try JSON(
                parsing: #"{"mon":[{"from":"06:30","to":"08:00","value":1},{"from":"08:00","to":"24:00","value":2}]}"#))
        #expect(try WeekSchedule(plan, otherwise: 0).plan == plan)
    }
}
