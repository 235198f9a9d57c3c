import Komoku
import KomokuSystem
import KomokuTesting
import Testing

@testable import KomokuStore

/// What nobody watched is not known.
@Suite struct OutageTests {
    private let key = KeyID(rawValue: 0)
    private static let start: Int64 = 1_700_006_400
    private static let second: Int64 = 1_000_000

    /// All points and outages, in seconds; looked at second by second.
    private struct Model {
        var points: [Int64: Value?] = [:]
        var outages: [Range<Int64>] = []
        var now: Int64

        func isWatched(_ second: Int64) -> Bool { !outages.contains { $0.contains(second) } }

        /// Known, true and unwatched seconds, and the number times the seconds, of a window.
        func figures(_ window: Range<Int64>) -> (known: Int64, isTrue: Int64, unwatched: Int64, integral: Double) {
            let times = points.keys.sorted()
            var value: Value?
            var index = 0
            var (known, isTrue, unwatched, integral) = (Int64(0), Int64(0), Int64(0), 0.0)
            for second in window where second < now {
                while index < times.count, times[index] <= second {
                    value = points[times[index]] ?? nil
                    index += 1
                }
                guard index > 0 else { continue }
                if !isWatched(second) {
                    unwatched += 1
                } else if let value {
                    known += 1
                    if value == .boolean(true) { isTrue += 1 }
                    integral += value.number ?? 0
                }
            }
            return (known, isTrue, unwatched, integral)
        }

        /// Spans of true, with their unwatched seconds.
        func spans(_ range: Range<Int64>) -> [String] {
            var spans: [String] = []
            var start: Int64?
            var said: Int64 = 0
            func end(_ time: Int64, _ length: String?) {
                guard let begin = start, max(begin, range.lowerBound) < time else { return }
                let first = max(begin, range.lowerBound)
                let unwatched = (first..<time).filter { !isWatched($0) }.count
                spans.append("\(first) \(length ?? "\(time - first)") \(unwatched)")
            }
            for (time, value) in points.sorted(by: { $0.key < $1.key }) where time < range.upperBound {
                if value == .boolean(true) {
                    if start == nil { start = time }
                    said = time
                } else if start != nil {
                    let outage = (said..<time).first { !isWatched($0) }
                    end(outage ?? time, nil)
                    start = nil
                }
            }
            if start != nil { end(min(range.upperBound, now), range.upperBound >= now ? "nil" : nil) }
            return spans
        }
    }

    @Test(arguments: [KeyType.numeric, .boolean], 0..<UInt64(8))
    func `windows, buckets and spans are those of a model that looks at each second`(
        type: KeyType, seed: UInt64
    ) async throws {
        var random = SplitMix(seed: seed &* 131 &+ 7)
        let store = try Folder().open()
        try store.define(0..<1, type: type)
        store.setWatching(random.chance(50) ? .hub : .broker, of: key)
        let counts = store.setWatchingCounts(of: key)
        var model = Model(now: Self.start)
        var clock = Self.start
        for round in 0..<12 {
            if random.chance(60) {
                let kind = random.chance(60) ? Outage.Kind.hub : .broker
                let end = clock + Int64.random(in: 1...1500, using: &random)
                var batch = Batch()
                batch.outages = [OutageWrite(Outage(kind, start: Self.time(clock), end: Self.time(end)))]
                store.append(batch)
                if counts(kind) { model.outages.append(clock..<end) }
                // What senders kept meanwhile comes with its time.
                if random.chance(30) {
                    let late = Int64.random(in: clock...end, using: &random)
                    put(late, type, &model, store, &random)
                }
                clock = end
            }
            for _ in 0..<Int.random(in: 1...25, using: &random) {
                clock += Int64.random(in: 1...240, using: &random)
                put(clock, type, &model, store, &random)
            }
            if round % 3 == 1 { await store.sealed() }
            if round % 4 == 2 { try await store.compacted() }
            model.now = clock + 77
            try await compare(store, type, model, "seed \(seed) round \(round)")
        }
        try await store.compacted()
        try await compare(store, type, model, "seed \(seed) at the end")
    }

    private static func time(_ second: Int64) -> Timestamp { Timestamp(microseconds: second * Self.second) }

    private func put(_ time: Int64, _ type: KeyType, _ model: inout Model, _ store: Store, _ random: inout SplitMix) {
        let number = Double(Int.random(in: 0...9, using: &random))
        var value: Value? = type == .numeric ? .number(number) : .boolean(random.chance(50))
        if random.chance(5) { value = nil }
        model.points[time] = .some(value)
        store.append([.point(0, time * Self.second, value)])
    }

    private func compare(_ store: Store, _ type: KeyType, _ model: Model, _ place: String) async throws {
        for step: Int64 in [300, 3600, 777] {
            var bounds = [Self.start - Self.start % step]
            while let last = bounds.last, last < model.now + 400 { bounds.append(last + step) }
            let query = StatisticsQuery(
                key: key, type: type, bounds: bounds.map(Self.time), now: Self.time(model.now))
            for (index, window) in try await store.statistics(query).windows.enumerated() {
                let wanted = model.figures(bounds[index]..<bounds[index + 1])
                let second = Double(wanted.known)
                let isRight =
                    window.known == .seconds(wanted.known) && window.unwatched == .seconds(wanted.unwatched)
                    && (type == .numeric || window.trueTime == .seconds(wanted.isTrue))
                    && (type != .numeric || wanted.known == 0
                        || ((window.timeMean ?? .nan) - wanted.integral / second).magnitude < 1e-9)
                #expect(isRight, "\(place), step \(step), window \(bounds[index]): \(wanted)\n\(window)")
            }
        }
        guard type == .boolean, model.now > Self.start + 1000 else { return }
        let range = (Self.start + 1000)..<(model.now + 1)
        let spans = try await store.spans(of: key, since: range.lowerBound, until: range.upperBound, now: model.now)
        #expect(spans == model.spans(range), "\(place)")
    }

    @Test func `the file keeps the outages and the last sign of life, a bounded number of them`() async throws {
        let folder = try Folder()
        var store = try folder.open()
        #expect(store.lastAlive == nil)
        var batch = Batch()
        batch.alive = Self.time(500)
        batch.outages = (0..<5000).map {
            OutageWrite(Outage(.hub, start: Self.time($0 * 10), end: Self.time($0 * 10 + 5)))
        }
        batch.outages.append(OutageWrite(Outage(.broker, start: Self.time(60_000), end: nil)))
        store.append(batch)
        await store.committed()
        store.close()
        store = try folder.open()
        #expect(store.lastAlive == Self.time(500))
        #expect(store.outages.count == OutageBook.limit)
        #expect(store.outages.last == Outage(.broker, start: Self.time(60_000), end: nil))
        store.close()
    }
}

extension Store {
    /// Which kinds of outages count for a key.
    fileprivate func setWatchingCounts(of key: KeyID) -> (Outage.Kind) -> Bool {
        let isBroker = monitor.withLock { state in
            var book = state.outages
            book.apply([OutageWrite(Outage(.broker, start: .distantPast, end: .distantFuture))])
            return !book.of(key).isEmpty
        }
        return { $0 == .hub || isBroker }
    }

    fileprivate func spans(of key: KeyID, since: Int64, until: Int64, now: Int64) async throws -> [String] {
        func time(_ second: Int64) -> Timestamp { Timestamp(microseconds: second * 1_000_000) }
        let spans = try await withCheckedContinuation { continuation in
            self.spans(
                of: key, value: .boolean(true), since: time(since), until: time(until), now: time(now), limit: 1000
            ) { continuation.resume(returning: $0) }
        }.get()
        return spans.map { span in
            let length = span.length.map { "\($0.microseconds / 1_000_000)" } ?? "nil"
            return "\(span.start.microseconds / 1_000_000) \(length) \(span.unwatched.microseconds / 1_000_000)"
        }
    }
}
