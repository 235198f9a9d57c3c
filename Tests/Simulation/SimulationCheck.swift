import Komoku
import KomokuHub
import KomokuRules
import KomokuStore

/// Compares what rules left behind with what is stored of what fired them: both are in one commit, so nothing may be missing,
/// and nothing may be there twice.
struct SimulationCheck {
    private let simulator: Simulator
    private var house: RuleTestHouse { simulator.house }

    init(_ simulator: Simulator) {
        self.simulator = simulator
    }

    func faults() async throws -> [String] {
        var faults: [String] = []
        func expect(_ what: String, _ found: Double, _ wanted: Double) {
            if found != wanted { faults.append("\(what) is \(found), and should be \(wanted)") }
        }
        let (a, b, c) = (try await points("in.a"), try await points("in.b"), try await points("in.c"))
        // Garbage is a text too, and no press.
        let presses = try await points("in.button").filter { $0.value == .string("press") }
        let outA = try await points("out.a")

        // What was dated before the clock was set back is behind what came later: then the order of times is not what happened.
        guard simulator.scenario.isInOrder else {
            try await checkAcknowledged(&faults)
            try await checkStanding(&faults)
            return faults
        }
        let copied = Self.changes(of: a).map(\.value)
        if outA.map(\.value) != copied {
            faults.append("out.a was \(Self.text(outA.map(\.value))), and should be \(Self.text(copied))")
        }
        expect("out.presses", try await last("out.presses"), Double(presses.count { $0.provenance == .live }))
        let (rises, falls) = (Self.changes(of: b, to: true), Self.changes(of: b, to: false))
        expect("out.done", try await last("out.done"), rises)
        expect("out.until", try await last("out.until"), rises)
        expect("out.calls", try await last("out.calls"), falls)
        expect("out.steps", try await last("out.steps"), Double(Self.steps(of: 8, in: c)))
        let order = try await points("out.order").map(\.value)
        if order != copied {
            faults.append("out.order was \(Self.text(order)), and should be \(Self.text(copied))")
        }
        if simulator.scenario.jumps == 0 {
            expect("out.held", try await last("out.held"), Double(holds(in: c)))
            expect("out.ticks", try await last("out.ticks"), Double(ticks))
        } else {
            try await checkUnderJumps(c, &faults)
        }
        try await checkSaid(Self.changes(of: outA).compactMap(\.value), &faults)
        try await checkAcknowledged(&faults)
        try await checkStanding(&faults)
        return faults
    }

    private func checkStanding(_ faults: inout [String]) async throws {
        let standing = try await house.perform { hub, host in host.engine.standingRuns(in: hub).count }
        if standing > 0 { faults.append("\(standing) runs never end") }
    }

    /// Where the clock is set the times of points tell less.
    private func checkUnderJumps(_ c: [Point], _ faults: inout [String]) async throws {
        let held = try await last("out.held")
        let rises = Self.rises(in: c)
        if held > Double(rises) { faults.append("out.held is \(held), and should be \(rises) at most") }
        let ticks = try await last("out.ticks")
        let periods = Double(simulator.passed.microseconds / Self.period)
        let margin = Double(simulator.scenario.jumps + 1)
        if abs(ticks - periods) > margin { faults.append("out.ticks is \(ticks), and should be about \(periods)") }
    }

    /// Each change of `out.a` was published, in order, and the run that did so went on.
    private func checkSaid(_ wanted: [Value], _ faults: inout [String]) async throws {
        let said = house.recorder.entries.compactMap { entry -> String? in
            if case .publication(let message) = entry.effect {
                String(decoding: message.payload, as: UTF8.self)
            } else {
                nil
            }
        }
        if !wanted.map(\.description).isSubsequence(of: said) {
            faults.append("published was \(said), and should hold \(wanted)")
        }
        let ended = try await last("out.said")
        if ended != Double(wanted.count) { faults.append("out.said is \(ended), and should be \(wanted.count)") }
    }

    /// What was answered or acknowledged is stored, in order where the clock was not set back.
    private func checkAcknowledged(_ faults: inout [String]) async throws {
        for device in ["a", "b", "c", "button"] {
            let stored = try await points("in.\(device)").compactMap(\.value).map(\.description)
            let puts = simulator.answered.filter { $0.key == "in.\(device)" }.map { $0.value.string ?? $0.value.text }
            if !isStored(puts, stored) { faults.append("in.\(device) lacks puts: \(puts) in \(stored)") }
            let messages = simulator.broker.acknowledged.filter {
                $0.topic == "dev/\(device)" && !$0.isRetained && !$0.payload.contains("gar")
            }.map(\.payload)
            if !isStored(messages, stored) {
                faults.append("in.\(device) lacks messages: \(messages) in \(stored)")
            }
        }
        let raw = try await last("out.raw")
        let known = simulator.broker.acknowledged.count { $0.topic == "dev/raw" && !$0.isRetained }
        let sent = simulator.broker.deliveries.count { $0.topic == "dev/raw" && !$0.isRetained }
        if raw < Double(known) || raw > Double(sent) {
            faults.append("out.raw is \(raw), not from \(known) to \(sent)")
        }
    }

    private func isStored(_ values: [String], _ stored: [String]) -> Bool {
        if simulator.scenario.isInOrder { return values.isSubsequence(of: stored) }
        var left = stored.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        return values.allSatisfy { value in
            left[value, default: 0] -= 1
            return left[value, default: 0] >= 0
        }
    }

    // MARK: What should be

    /// Points that differ from the one before, and are news.
    private static func changes(of points: [Point]) -> [Point] {
        var previous: Value?
        return points.filter { point in
            defer { previous = point.value }
            return point.value != previous && point.provenance != .retained
        }
    }

    private static func changes(of points: [Point], to value: Bool) -> Double {
        Double(changes(of: points).count { $0.value == .boolean(value) })
    }

    /// How often the value was so far from where it was the last time, or at first.
    private static func steps(of step: Double, in points: [Point]) -> Int {
        var (level, previous, count): (Double?, Double?, Int) = (nil, nil, 0)
        for point in points {
            guard let value = point.value?.number, value != previous else { continue }
            let base = level ?? previous ?? value
            let fires = abs(value - base) >= step && point.provenance != .retained
            (level, previous) = (fires ? value : base, value)
            if fires { count += 1 }
        }
        return count
    }

    private static func rises(in points: [Point]) -> Int {
        var (isAbove, count) = (false, 0)
        for point in points {
            let above = (point.value?.number ?? 0) > 10
            if above, !isAbove { count += 1 }
            isAbove = above
        }
        return count
    }

    /// How often `in.c` came above 10 and stayed there for a minute; what the broker replays begins it as well.
    private func holds(in points: [Point]) -> Int {
        var (began, count, isAbove): (Timestamp?, Int, Bool) = (nil, 0, false)
        func end(_ time: Timestamp) {
            // Points of one moment are stored a microsecond apart.
            if let start = began, time - start >= .milliseconds(59_999) { count += 1 }
            began = nil
        }
        for point in points {
            let above = (point.value?.number ?? 0) > 10
            if above, !isAbove { began = point.time }
            if !above { end(point.time) }
            isAbove = above
        }
        end(house.clock.now)
        return count
    }

    /// Of the rule `tick`, in microseconds.
    private static let period: Int64 = 600_000_000

    private var ticks: Int64 {
        house.clock.now.microseconds / Self.period - Simulator.start.microseconds / Self.period
    }

    // MARK: What is

    private func points(_ name: String) async throws -> [Point] {
        guard let key = KeyName(name) else { return [] }
        let found = try await house.perform { hub, _ in hub.key(key).map { ($0.id, hub.store) } }
        guard let (id, store) = found else { return [] }
        return try await store.points(of: id)
    }

    private func last(_ name: String) async throws -> Double {
        guard let key = KeyName(name) else { return 0 }
        return try await house.perform { hub, _ in hub.last(key)?.value?.number ?? 0 }
    }

    private static func text(_ values: [Value?]) -> String {
        values.map { $0?.description ?? "-" }.joined(separator: " ")
    }
}

extension [String] {
    /// Whether `other` holds all of these in this order, with others between them or not.
    fileprivate func isSubsequence(of other: [String]) -> Bool {
        var rest = self[...]
        for element in other where rest.first == element { rest.removeFirst() }
        return rest.isEmpty
    }
}
