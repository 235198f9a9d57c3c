import Komoku
import KomokuHub

/// History, as fast as it goes: many points in one turn of the hub.
extension RuleTestHouse {
    private static let stepsPerTurn = 1_000
    /// Of turns in which nothing was fed.
    private static let maximumIdleTurns = 10_000

    /// Puts values of before, before the rules start.
    func give(_ history: ReplayHistory, until end: Int) async throws(Failure) {
        for start in stride(from: 0, to: end, by: Self.stepsPerTurn) {
            _ = try await perform { hub, _ in
                for point in history.points[start..<min(start + Self.stepsPerTurn, end)] {
                    guard let value = point.value else { continue }
                    try? hub.put(history.key(of: point), value, at: point.time, cause: .client("history"))
                }
            }
        }
    }

    /// Puts points at their times; what is due between them happens in between.
    func feed(_ history: ReplayHistory, from first: Int, to end: Int) async throws(Failure) {
        var (next, idle) = (first, 0)
        let (clock, recorder) = (clock, recorder)
        while next < end {
            let start = next
            next = try await perform { hub, host in
                Self.feed(history, start, end, hub, host) { (clock, recorder.isWaiting) }
            }
            idle = next == start ? idle + 1 : 0
            if idle > Self.maximumIdleTurns {
                throw Failure("something is due again and again at \(history.points[start].time.seconds)")
            }
        }
    }

    /// - Returns: the first that was not fed: something has to be waited for.
    private static func feed(
        _ history: ReplayHistory, _ first: Int, _ end: Int, _ hub: isolated Hub, _ host: RuleHost,
        _ state: () -> (clock: ManualClock, isWaiting: Bool)
    ) -> Int {
        var steps = 0
        for index in first..<end {
            let point = history.points[index]
            while true {
                steps += 1
                let (clock, isWaiting) = state()
                if steps > stepsPerTurn || isWaiting || !host.isQuiet(in: hub) { return index }
                let left = max(.zero, point.time - clock.now)
                guard let due = hub.timeUntilDue, due <= left else {
                    clock.advance(by: left)
                    break
                }
                clock.advance(by: due)
                hub.tick()
            }
            // A gap comes by itself when the key's time is over.
            if let value = point.value {
                try? hub.put(history.key(of: point), value, cause: .message(topic: "history"))
            }
        }
        return end
    }
}
