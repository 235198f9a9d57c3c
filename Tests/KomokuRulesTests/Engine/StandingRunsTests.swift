import Komoku
import Testing

@testable import KomokuRules

struct StandingRunsTests {
    private static let (light, motion) = (KeyName("hall.light"), KeyName("hall.motion"))

    private func run(_ id: Int64) throws -> Run {
        let rule = Sample.rule([try Sample.until("hall.light")])
        var run = Run(rule: rule, id: id, occasion: Sample.occasion, started: Sample.start)
        var stage = Stage()
        stage.play(&run)
        return run
    }

    @Test func `each demand has a number of its own, and what was known of the run stays`() throws {
        var runs = StandingRuns()
        let first = runs.stand(try run(1), at: 3, due: 5)
        #expect(first.old == nil && runs[1]?.rule == 3 && runs[1]?.due == 5)
        runs[1]?.hasCell = true
        runs[1]?.isWritten = true
        let second = runs.stand(try run(1), at: 3, due: 9)
        #expect(second.demand != first.demand && second.old?.due == 5)
        #expect(runs[1]?.due == 9 && runs[1]?.hasCell == true && runs[1]?.isWritten == false)
        #expect(runs.takeUnwritten() == [1, 1] && runs.takeUnwritten().isEmpty)
        runs.setUnwritten(1)
        #expect(runs.takeUnwritten() == [1])
        runs.move([3: 0])
        #expect(runs[1]?.rule == 0)
        #expect(runs.remove(1) != nil && runs[1] == nil && runs.live.isEmpty)
    }

    @Test func `those that wait for a key are found by it, and not when they wait no more`() throws {
        var runs = StandingRuns()
        let (light, motion) = (try #require(Self.light), try #require(Self.motion))
        for id in [2, 1, 3] as [Int64] { _ = runs.stand(try run(id), at: 0, due: 0) }
        let both = LiveRun.Watch(keys: [light, motion], usesDevices: false, isTimed: false)
        #expect(runs.watch(both, patterns: nil, by: 2).keys == [light, motion])
        let again = runs.watch(LiveRun.Watch(keys: [light], usesDevices: true, isTimed: false), patterns: nil, by: 1)
        #expect(again.keys.isEmpty && again.all, "devices are looked for from now on")
        #expect(runs.watching(light, .boolean) == [1, 2] && runs.watching(motion, .uptime) == [1, 2])
        #expect(runs.isWatched(motion, .boolean) && runs.awaitsNothing)
        #expect(runs.unwatch(2) && !runs.unwatch(2))
        #expect(!runs.isWatched(motion, .boolean) && runs.isWatched(motion, .uptime))
        #expect(runs.unwatch(1) && !runs.isWatched(motion, .uptime) && runs.watching(light, .uptime).isEmpty)
    }

    @Test func `those that wait for what fires are found by patterns`() throws {
        var runs = StandingRuns()
        let light = try #require(Self.light)
        for id in [1, 2] as [Int64] { _ = runs.stand(try run(id), at: 0, due: 0) }
        var watch = LiveRun.Watch(keys: [], usesDevices: false, isTimed: false)
        watch.triggers = [Trigger(.emit(name: "x"), position: Sample.position)]
        #expect(runs.watch(watch, patterns: [try KeyPattern(validating: "*.light")], by: 1).all)
        #expect(!runs.watch(watch, patterns: [], by: 2).all)
        #expect(runs.isWatched(light, .boolean) && !runs.awaitsNothing && runs.awaiting(nil) == [1, 2])
        #expect(runs.unwatch(1) && !runs.isWatched(light, .boolean) && runs.awaiting(light) == [2])
    }
}
