import Komoku
import KomokuDesk
import KomokuDeskTesting
import KomokuHub
import KomokuStore
import KomokuTesting
import KomokuWire
import Logging
import Testing

/// What happened in the house, told newest first.
@Suite(.timeLimit(.minutes(2))) struct ActivityTests {
    private static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private static let owner = Caller("test", isLocal: true)

    private static func withDesk(_ body: (Desk, VirtualClock) async throws -> Void) async throws {
        let store = try Store(Store.Configuration(location: .memory), logger: silent)
        let clock = VirtualClock()
        let hub = Hub(store: store, clock: clock, logger: silent)
        hub.start()
        defer {
            hub.stop()
            store.close()
        }
        try await body(Desk(hub), clock)
    }

    private static func ask(_ desk: Desk, _ text: String) async throws -> JSON {
        let command = try #require(Request(text.utf8, version: .v2).entries.first).command.get()
        let reply = await withCheckedContinuation { continuation in
            desk.perform(command, for: owner) {
                continuation.resume(returning: $0)
            } pieces: { _ in
                continuation.resume(returning: .error(.invalidQuery))
            }
        }
        if case .json(let json) = reply { return json }
        return .null
    }

    /// All pages, one after another.
    private static func pages(_ desk: Desk, limit: Int, _ more: String = "") async throws -> [JSON] {
        var (entries, before): ([JSON], String?) = ([], nil)
        for _ in 0..<500 {
            let cursor = before.map { #","before":"\#($0)""# } ?? ""
            let page = try await ask(desk, #"{"activity":{"limit":\#(limit)\#(cursor)\#(more)}}"#)
            entries += page["activity"]?.array ?? []
            before = page["before"]?.string
            if before == nil { return entries }
        }
        Issue.record("the pages have no end")
        return entries
    }

    /// Against a list that notes each change as it is made, whatever the pages' size.
    @Test(arguments: 0..<12) func pagesTogetherHaveEachChangeOnce(seed: UInt64) async throws {
        try await Self.withDesk { desk, clock in
            var random = SplitMix(seed: seed)
            var (values, model): ([String: String], [String]) = ([:], [])
            for _ in 0..<60 {
                if Int.random(in: 0..<3, using: &random) > 0 { clock.advance(by: .seconds(1)) }
                let key = ["hall.light", "hall.door", "hall.scene", "hall.lux"].randomElement(using: &random) ?? ""
                let value: String =
                    switch key {
                    case "hall.scene": ["\"a\"", "\"b\""].randomElement(using: &random) ?? ""
                    case "hall.lux": "\(Int.random(in: 0..<3, using: &random))"
                    default: Bool.random(using: &random) ? "true" : "false"
                    }
                _ = try await Self.ask(desk, #"{"put":{"key":"\#(key)","value":\#(value)}}"#)
                if values[key] != value, key != "hall.lux" { model.append("\(key)=\(value)") }
                values[key] = value
            }
            _ = try await Self.ask(desk, #"{"status":{}}"#)
            let limit = Int.random(in: 1...9, using: &random)
            for limit in [limit, 200] {
                let entries = try await Self.pages(desk, limit: limit)
                let told = entries.filter { $0["kind"] == "change" }
                #expect(Set(told.compactMap { $0["id"]?.string }).count == told.count)
                let times = told.compactMap { $0["time"]?.number }
                #expect(times == times.sorted(by: >))
                let found = told.map { "\($0["key"]?.string ?? "")=\($0["value"]?.text ?? "")" }
                #expect(found.sorted() == model.sorted(), "limit \(limit)")
            }
            let light = try await Self.pages(desk, limit: 2, #","key":"hall.light""#)
            #expect(light.allSatisfy { $0["key"] == "hall.light" })
            #expect(light.count == model.count { $0.hasPrefix("hall.light=") })
            let numbers = try await Self.pages(desk, limit: 200, #","key":"hall.lux""#)
            #expect(values["hall.lux"] == nil || !numbers.isEmpty, "a number is told where it is asked for")
        }
    }

    @Test func runsDecisionsAndNotificationsAreToldWithWhatLedToThem() async throws {
        try await GuestHouse.run(isWhole: true) { house in
            let text = try await house.ask(#"{"activity":{"limit":200}}"#, as: Self.owner)
            let entries = try JSON(parsing: text)["result"]?["activity"]?.array ?? []
            let kinds = Set(entries.compactMap { $0["kind"]?.string })
            #expect(kinds.isSuperset(of: ["run", "decision", "notification", "change"]), "\(kinds)")
            let run = try #require(entries.first { $0["kind"] == "run" && $0["rule"] == "lux-light" })
            #expect(run["cause"]?["trigger"] == "change" && run["cause"]?["key"] == "hall.lux")
            let light = try #require(entries.first { $0["key"] == "hall.light" && $0["kind"] == "change" })
            #expect(light["cause"]?["rule"] == "lux-light" && light["cause"]?["run"] == run["run"])
            let decision = try #require(entries.first { $0["kind"] == "decision" })
            #expect(decision["text"]?.string?.contains("did not run: ") == true)
            let only = try await house.ask(#"{"activity":{"rule":"lux-light","kinds":["run"]}}"#, as: Self.owner)
            let runs = try JSON(parsing: only)["result"]?["activity"]?.array ?? []
            #expect(!runs.isEmpty && runs.allSatisfy { $0["rule"] == "lux-light" && $0["kind"] == "run" })
        }
    }

    @Test(arguments: ["x", "-", "1", "-5-", "1-0", "1-x", "99999999999999999999-", "1-2-3"])
    func whatIsNoCursorIsRefused(cursor: String) {
        #expect(throws: Refusal.self) {
            try Command(.activity, .object([JSON.Member("before", .string(cursor))]), version: .v2)
        }
    }
}
