import Komoku
import KomokuHub
import KomokuStore
import KomokuTesting
import Logging
import Testing

/// Random news, repetitions, restarts and clocks that go wrong, against a model of a few lines.
@Suite struct FreshnessModelTests {
    private static let every = Duration.seconds(60)

    /// What must be true of one key.
    private struct Model {
        var value = 0
        var last: Timestamp?
        /// On the monotonic clock.
        var freshUntil: Int64?

        func isStale(at now: Int64) -> Bool { freshUntil.map { $0 <= now } ?? false }
    }

    @Test(arguments: 1...12)
    func `a key is stale when and only when there was no news`(seed: Int) async throws {
        var random = SplitMix(seed: UInt64(seed))
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let file = Store.Configuration(location: .file(folder.path("hub.db")))
        let clock = VirtualClock()
        var test = try TestHub(store: Store(file, logger: logger), clock: clock)
        defer { test.close() }
        try await test.define("a", "numeric", [JSON.Member("expect_every", 60)])
        var model = Model()
        var isStale = false
        for step in 0..<150 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0...4:
                if Bool.random(using: &random) { model.value += 1 }
                try await test.put("a", .number(Double(model.value)))
                model.last = try await test.hub.last(test.name("a"))?.time
                model.freshUntil = clock.monotonic + Self.every.microseconds
                isStale = false
            case 5...7:
                clock.advance(by: .milliseconds(Int64.random(in: 0...50_000, using: &random)))
                await test.hub.tick()
            case 8:
                clock.jump(by: .milliseconds(Int64.random(in: -100_000...100_000, using: &random)))
                await test.hub.tick()
            default:
                test.close()
                clock.advance(by: .milliseconds(Int64.random(in: 0...50_000, using: &random)))
                // Over a restart news counts from its time, which may be in the future where the clock went back.
                if let last = model.last, !isStale {
                    let left = min(last, clock.now) + Self.every - clock.now
                    model.freshUntil = clock.monotonic + left.microseconds
                }
                test = try TestHub(store: Store(file, logger: logger), clock: clock)
            }
            // What went stale stays so until there is news, though the clock go back.
            isStale = isStale || model.isStale(at: clock.monotonic)
            let info = try #require(await test.hub.key(test.name("a")))
            #expect(info.isStale == isStale, "seed \(seed) step \(step)")
            if model.freshUntil != nil { #expect(info.last?.value == .number(Double(model.value))) }
            try await check(test, info, isStale, "seed \(seed) step \(step)")
        }
    }

    private func check(_ test: TestHub, _ info: KeyInfo, _ isStale: Bool, _ place: Comment) async throws {
        let points = try await test.store.points(
            of: info.id, since: nil, until: nil, limit: 10_000, newestFirst: true)
        #expect(points.first.map { $0.value == nil } ?? false == isStale, place)
        #expect(!zip(points, points.dropFirst()).contains { $0.value == nil && $1.value == nil }, place)
        #expect(points.last?.value != nil || points.isEmpty, place)
    }
}
