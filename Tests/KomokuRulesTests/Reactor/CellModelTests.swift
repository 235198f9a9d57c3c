import Komoku
import KomokuHub
import KomokuStore
import KomokuTesting
import Testing

@testable import KomokuRules

/// Random lives of cells against a model that is simple enough to be right.
@Suite struct CellModelTests {
    struct Cell: Hashable {
        var count: Int
        /// By the monotonic clock, and by the wall clock.
        var wake: Int64?
        var due: Timestamp?
        var hasFailed = false
    }

    @Test(arguments: 0..<12 as Range<UInt64>) func `cells do what the model does`(seed: UInt64) async throws {
        var run = try ModelRun(seed: seed)
        defer { run.house.close() }
        for step in 0..<150 {
            let action = try await run.step()
            let difference = await run.difference()
            #expect(difference == nil, "seed \(seed), step \(step): \(action)")
            if difference != nil { return }
        }
    }
}

/// Cells count their messages and timeouts; they fail at each multiple of 7 that a timeout reaches.
private struct ModelRun {
    let house: CellHouse
    private let log: Events
    private var random: SplitMix
    private var cells: [String: CellModelTests.Cell] = [:]
    private var committed: [String: CellModelTests.Cell] = [:]
    private var fired: [String] = []
    private let ids = ["a", "b", "c", "d-e", "d/e", "ä"]

    init(seed: UInt64) throws {
        let log = Events()
        let script = Script(
            "m",
            onMessage: { message, cell in
                if message["end"] != nil { return cell.data = nil }
                cell.data = .number((cell.data?.number ?? 0) + 1)
                cell.nextTimeout = message["after"]?.number.flatMap(Duration.init(seconds:))
                if message["throw"] != nil { throw Broken("asked") }
                if let other = message["send"]?.string { try cell.send([:], to: "m", other) }
            },
            onTimeout: { cell in
                log.add(cell.id)
                let count = (cell.data?.number ?? 0) + 1
                cell.data = .number(count)
                if count.truncatingRemainder(dividingBy: 7) == 0 { throw Broken("seven") }
                if count.truncatingRemainder(dividingBy: 2) == 0 { cell.nextTimeout = .seconds(Int64(count)) }
            })
        house = try CellHouse([script])
        random = SplitMix(seed: seed)
        self.log = log
    }

    mutating func step() async throws -> String {
        let id = ids.randomElement(using: &random) ?? "a"
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<8: return try await send(id)
        case 8..<12:
            let time = Duration(microseconds: Int64.random(in: 0...20_000_000, using: &random))
            await house.advance(time)
            fire()
            return "advance \(time)"
        case 12: return await direct(id)
        case 13:
            house.clock.jump(by: .seconds(Int64.random(in: -3600...3600, using: &random)))
            return "jump"
        case 14, 15:
            await house.commit()
            committed = cells
            return "commit"
        case 16: return try await end(killing: false)
        case 17: return try await end(killing: true)
        case 18:
            let wasRevived = await house.hub.run { [host = house.host] in host.revive("m", id, in: $0) }
            if wasRevived { cells[id]?.hasFailed = false }
            return "revive \(id)"
        default:
            await house.hub.run { [host = house.host] in _ = host.forget("m", id, in: $0) }
            cells[id] = nil
            return "forget \(id)"
        }
    }

    private mutating func send(_ id: String) async throws -> String {
        var members: [JSON.Member] = []
        let after = Double.random(in: -1...30, using: &random).rounded()
        if Bool.random(using: &random) { members.append(.init("after", .number(after))) }
        let kind = Int.random(in: 0..<8, using: &random)
        let other = ids.randomElement(using: &random) ?? "a"
        if kind == 0 { members.append(.init("end", true)) }
        if kind == 1 { members.append(.init("throw", true)) }
        if kind == 2 { members.append(.init("send", .string(other))) }
        let message = JSON.object(members)
        try await house.send(message, to: "m", id)
        receive(id, message)
        // Timeouts of now go before the messages that a cell pushed.
        fire()
        return "send \(message.text) to \(id)"
    }

    private mutating func receive(_ id: String, _ message: JSON) {
        guard cells[id]?.hasFailed != true else { return }
        if message["end"] != nil { return cells[id] = nil }
        if message["throw"] != nil {
            if let cell = cells[id] { cells[id] = .init(count: cell.count, hasFailed: true) }
            return
        }
        cells[id] = waiting(
            .init(count: (cells[id]?.count ?? 0) + 1), message["after"]?.number.flatMap(Duration.init(seconds:)))
        if let other = message["send"]?.string {
            fire()
            receive(other, [:])
        }
    }

    private func waiting(_ cell: CellModelTests.Cell, _ after: Duration?) -> CellModelTests.Cell {
        var cell = cell
        let after = after.map { max($0, .zero) }
        cell.wake = after.map { house.clock.monotonic + $0.microseconds }
        cell.due = after.map { house.clock.now + $0 }
        return cell
    }

    private mutating func direct(_ id: String) async -> String {
        let count = Int.random(in: 0...50, using: &random)
        let after = Bool.random(using: &random) ? Duration.seconds(Int64.random(in: 1...30, using: &random)) : nil
        await house.hub.run { [host = house.host] in
            _ = host.set("m", id, data: .number(Double(count)), after: after, in: $0)
        }
        cells[id] = waiting(.init(count: count), after)
        return "set \(id) \(count)"
    }

    /// All timeouts that are due, by time and then id.
    private mutating func fire() {
        let now = house.clock.monotonic
        while let next = cells.filter({ $0.value.wake ?? .max <= now }).min(by: precedes) {
            fired.append(next.key)
            let count = next.value.count + 1
            cells[next.key] =
                count % 7 == 0
                ? .init(count: count - 1, hasFailed: true)
                : waiting(.init(count: count), count % 2 == 0 ? .seconds(Int64(count)) : nil)
        }
    }

    private func precedes(
        _ left: (key: String, value: CellModelTests.Cell), _ right: (key: String, value: CellModelTests.Cell)
    ) -> Bool {
        let (first, second) = (left.value.wake ?? .max, right.value.wake ?? .max)
        return first == second ? left.key.utf8.lexicographicallyPrecedes(right.key.utf8) : first < second
    }

    private mutating func end(killing: Bool) async throws -> String {
        let pause = Duration.seconds(Int64.random(in: 0...60, using: &random))
        if killing {
            try await house.kill(after: pause)
            cells = committed
        } else {
            try await house.restart(after: pause)
            committed = cells
        }
        let (monotonic, wall) = (house.clock.monotonic, house.clock.now)
        for (id, cell) in cells {
            cells[id]?.wake = cell.due.map { monotonic + ($0 - wall).microseconds }
        }
        fire()
        return killing ? "kill" : "restart"
    }

    /// - Returns: nil where house and model are the same.
    mutating func difference() async -> String? {
        let (found, expected) = (log.take(), fired)
        fired = []
        if found != expected { return "fired \(found), not \(expected)" }
        for id in ids {
            let (state, data, left) = await house.hub.run { [host = house.host] hub in
                (host.state("m", id, in: hub), host.data("m", id, in: hub), host.timeLeft("m", id, in: hub))
            }
            guard let cell = cells[id] else {
                if state != .dead { return "\(id) is \(state)" }
                continue
            }
            var hasFailed = false
            if case .failed = state { hasFailed = true }
            let wake = left.map { $0.microseconds + house.clock.monotonic }
            if hasFailed != cell.hasFailed || data?.number != Double(cell.count) || wake != cell.wake {
                return "\(id) is \(state) \(String(describing: data)) \(String(describing: wake)), not \(cell)"
            }
        }
        return nil
    }
}
