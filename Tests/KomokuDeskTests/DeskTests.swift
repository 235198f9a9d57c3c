import Komoku
import KomokuDesk
import KomokuHub
import KomokuStore
import KomokuWire
import Logging
import Testing

/// What a caller is answered who has one command at a time.
struct DeskTests {
    private static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private static func withDesk(_ body: (Desk) async throws -> Void) async throws {
        let store = try Store(Store.Configuration(location: .memory), logger: silent)
        let hub = Hub(store: store, logger: silent)
        hub.start()
        defer {
            hub.stop()
            store.close()
        }
        try await body(Desk(hub))
    }

    /// The text of the answer, as the second protocol has it.
    private static func ask(_ desk: Desk, _ text: String, as caller: Caller) async throws -> String {
        let command = try #require(Request(text.utf8, version: .v2).entries.first).command.get()
        let reply = await withCheckedContinuation { continuation in
            desk.perform(command, for: caller) {
                continuation.resume(returning: $0)
            } pieces: { _ in
                continuation.resume(returning: .error(.invalidQuery))
            }
        }
        var bytes: [UInt8] = []
        reply.write(into: &bytes, version: .v2, queryID: nil)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static let anybody = Caller("test", isLocal: true)

    @Test func aCommandIsCarriedOutAndAnsweredWithoutAConnection() async throws {
        try await Self.withDesk { desk in
            for (text, answer) in [
                (#"{"put":{"key":"a.b","value":1.5}}"#, #"{"result":"ok"}"#),
                (#"{"get":{"key":"a.b"}}"#, #"{"result":1.5}"#),
                (#"{"increment":{"key":"a.b","step":2}}"#, #"{"result":"ok"}"#),
                (#"{"fetch":{"key":"a.b","single":"previous"}}"#, ""),
                (#"{"keys":{"include":["value"]}}"#, ""),
                (#"{"rename":{"key":"a.b","to":"a.c"}}"#, #"{"result":"ok"}"#),
                (#"{"get":{"key":"a.c"}}"#, #"{"result":3.5}"#),
                (#"{"rules":{}}"#, #"{"error":"not_allowed","message":"no rules run here"}"#),
                (
                    #"{"sub":{"key":"a.b"}}"#,
                    #"{"error":"not_allowed","message":"'sub' needs a connection that stays"}"#
                ),
            ] {
                let told = try await Self.ask(desk, text, as: Self.anybody)
                if answer.isEmpty {
                    #expect(told.hasPrefix(#"{"result":"#), "\(text)")
                } else {
                    #expect(told == answer)
                }
            }
            // Whoever asks is the cause.
            let why = try await Self.ask(desk, #"{"why":{"key":"a.c"}}"#, as: Self.anybody)
            #expect(why.contains("no rules run here"))
        }
    }

    private static var guest: Caller {
        get throws {
            let rights = Rights(
                reading: [try KeyPattern(validating: "hall.*")], writing: [try KeyPattern(validating: "hall.light")])
            return Caller("test", isLocal: true, rights: rights)
        }
    }

    @Test(arguments: [
        (#"{"get":{"key":"hall.lux"}}"#, true), (#"{"get":{"key":"safe.code"}}"#, false),
        (#"{"last":{"key":"safe.code"}}"#, false), (#"{"fetch":{"key":"safe.code"}}"#, false),
        (#"{"put":{"key":"hall.light","value":true}}"#, true), (#"{"put":{"key":"hall.lux","value":1}}"#, false),
        (#"{"put":{"key":"safe.code","value":1,"dry_run":true}}"#, false),
        (#"{"increment":{"key":"hall.lux"}}"#, false), (#"{"define":{"hall.lux":{"type":"numeric"}}}"#, false),
        (#"{"statistics":{"key":"safe.code"}}"#, false), (#"{"spans":{"key":"safe.code"}}"#, false),
        (#"{"profile":{"key":"safe.code"}}"#, false), (#"{"repair":{"key":"safe.code"}}"#, false),
        (#"{"repair":{"key":"hall.lux","remove":5}}"#, false), (#"{"delete":{"key":"hall.light"}}"#, false),
        (#"{"rename":{"key":"hall.light","to":"hall.x"}}"#, false), (#"{"backup":{"path":"/tmp/x"}}"#, false),
        (#"{"devices":{}}"#, false), (#"{"status":{}}"#, false), (#"{"dead_letters":{}}"#, false),
        (#"{"reload":{}}"#, false), (#"{"run":{"rule":"x"}}"#, false), (#"{"runs":{}}"#, false),
        (#"{"import":{"points":[["safe.code",[[1,2]]]],"done":true}}"#, false), (#"{"ping":1}"#, true),
        (#"{"hub":{}}"#, true), (#"{"stats":{}}"#, true),
    ])
    func whoMayReadSomeKeysIsAnsweredOfThese(text: String, isAllowed: Bool) async throws {
        try await Self.withDesk { desk in
            for key in ["hall.lux", "safe.code"] {
                _ = try await Self.ask(desk, #"{"put":{"key":"\#(key)","value":42}}"#, as: Self.anybody)
            }
            let told = try await Self.ask(desk, text, as: try Self.guest)
            #expect(told.contains(#""error":"not_allowed""#) == !isAllowed, "\(told)")
            #expect(!told.contains("42") || isAllowed)
        }
    }

    @Test func aListHasOnlyWhatMayBeRead() async throws {
        try await Self.withDesk { desk in
            for key in (0..<300).map({ "safe.k\($0)" }) + ["hall.a", "hall.b"] {
                _ = try await Self.ask(desk, #"{"put":{"key":"\#(key)","value":1}}"#, as: Self.anybody)
            }
            let all = try await Self.ask(desk, #"{"keys":{"limit":2}}"#, as: try Self.guest)
            #expect(all.contains("hall.a") && all.contains("hall.b") && !all.contains("safe"))
            let rest = try await Self.ask(desk, #"{"keys":{"after":"hall.a"}}"#, as: try Self.guest)
            #expect(!rest.contains("hall.a") && rest.contains("hall.b") && !rest.contains("safe"))
        }
    }

    /// What each command needs beside `key`, `value`, `rule` and `to`, which most are content with.
    private static let bodies: [Command.Name: JSON] = [
        .define: ["a": ["type": "numeric"]], .import: ["points": [["a", [[1, 2]]]]], .merge: ["key": "a", "into": "b"],
        .backup: ["path": "/tmp/x"], .replace: ["device": "a", "with": "b"], .forget: ["device": "a"],
        .changeCell: ["behaviour": "b", "id": "1", "do": "revive"], .cells: ["behaviour": "b"],
        .why: ["rule": "r"], .acknowledge: ["id": 1], .emit: ["rule": "r"],
    ]

    @Test(arguments: Command.Name.allCases)
    func whoMayDoNothingIsRefusedAllButWhatIsForAnybody(name: Command.Name) throws {
        let usual: JSON = ["key": "a", "value": 1, "rule": "r", "to": "b"]
        let command = try Command(name, Self.bodies[name] ?? usual, version: .v2)
        let nobody = Rights(reading: [], writing: [])
        // Of lists he gets what he may read.
        if [.ping, .hub, .stats, .keys, .export].contains(name) {
            try nobody.check(command)
        } else {
            #expect(throws: Refusal.self) { try nobody.check(command) }
        }
    }
}
