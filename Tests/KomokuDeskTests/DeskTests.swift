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

    /// The beginning of each answer.
    @Test(arguments: [
        (#"{"get":{"key":"hall.lux"}}"#, #"{"result":42"#), (#"{"get":{"key":"safe.code"}}"#, #"{"result":null}"#),
        (#"{"last":{"key":"safe.code"}}"#, #"{"result":null}"#), (#"{"fetch":{"key":"safe.code"}}"#, #"{"result":[]}"#),
        (#"{"put":{"key":"hall.light","value":true}}"#, #"{"result":"ok""#),
        (#"{"put":{"key":"hall.lux","value":1}}"#, refused), (#"{"increment":{"key":"hall.lux"}}"#, refused),
        (#"{"put":{"key":"safe.code","value":1,"dry_run":true}}"#, refused),
        (#"{"define":{"hall.lux":{"type":"numeric"}}}"#, refused), (#"{"statistics":{"key":"safe.code"}}"#, unknown),
        (#"{"spans":{"key":"safe.code","value":true}}"#, unknown), (#"{"profile":{"key":"safe.code"}}"#, unknown),
        (#"{"repair":{"key":"safe.code"}}"#, unknown), (#"{"repair":{"key":"hall.lux","remove":5}}"#, refused),
        (#"{"delete":{"key":"hall.lux"}}"#, refused), (#"{"rename":{"key":"hall.light","to":"hall.x"}}"#, refused),
        (#"{"backup":{"path":"/tmp/x"}}"#, refused), (#"{"dead_letters":{}}"#, refused),
        (#"{"reload":{}}"#, refused), (#"{"run":{"rule":"x"}}"#, refused),
        (#"{"import":{"points":[["safe.code",[[1,2]]]],"done":true}}"#, refused), (#"{"ping":1}"#, #"{"result":"#),
        (#"{"energy":{}}"#, #"{"error":"not_found""#), (#"{"hub":{}}"#, #"{"result":"#),
        (#"{"stats":{}}"#, #"{"result":"#),
    ])
    func whoMayReadSomeKeysIsAnsweredOfThese(text: String, answer: String) async throws {
        try await Self.withDesk { desk in
            for key in ["hall.lux", "safe.code"] {
                _ = try await Self.ask(desk, #"{"put":{"key":"\#(key)","value":42}}"#, as: Self.anybody)
            }
            let told = try await Self.ask(desk, text, as: try Self.guest)
            #expect(told.hasPrefix(answer), "\(told)")
        }
    }

    private static let refused = #"{"error":"not_allowed""#
    private static let unknown = #"{"error":"invalid_key","message":"there is no key 'safe.code'"}"#

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
        .renameDevice: ["device": "a", "name": "b"], .updateDevice: ["device": "a"], .removeDevice: ["device": "a"],
        .changeCell: ["behaviour": "b", "id": "1", "do": "revive"], .cells: ["behaviour": "b"],
        .addUser: ["user": "a", "password": "b"], .removeUser: ["user": "a"], .removeToken: ["token": "a"],
        .setPassword: ["user": "a", "password": "b"], .setRights: ["user": "a"], .addToken: ["token": "a"],
        .checkRules: ["rules": "[]"], .testRules: ["rules": "[]", "tests": "[]"], .replayRules: ["rules": "[]"],
        .why: ["rule": "r"], .acknowledge: ["id": 1], .emit: ["rule": "r"],
        .document: ["name": "a"], .putDocument: ["name": "a", "content": 1],
        .activity: .object([]), .ruleFile: ["file": "a.yaml"], .saveRuleFile: ["file": "a.yaml", "text": "[]"],
        .ruleVersions: ["file": "a.yaml"],
        .ruleVersion: ["file": "a.yaml", "version": 1],
        .hello: ["hostname": "a", "instance": "1"], .setAgent: ["agent": "a"], .forgetAgent: ["agent": "a"],
        .setRoom: ["room": "a"], .removeRoom: ["room": "a"], .setHelper: ["key": "a", "kind": "text", "label": "x"],
    ]

    @Test(arguments: Command.Name.allCases)
    func whoMayDoNothingIsRefusedAllButWhatIsForAnybody(name: Command.Name) throws {
        let usual: JSON = ["key": "a", "value": 1, "rule": "r", "to": "b"]
        let command = try Command(name, Self.bodies[name] ?? usual, version: .v2)
        // Of lists he gets what he may read, of single keys what there is of one that nobody has heard of.
        let isForKnown: Set<Command.Name> = [
            .ping, .hub, .stats, .status, .keys, .export, .get, .last, .fetch, .sub, .unsub, .follow, .unfollow,
            .devices, .rules, .runs, .why, .renames, .notifications, .auth, .setPassword,
            .energy, .documents, .document, .putDocument, .helpers, .rooms, .ruleExamples, .activity, .hello, .report,
            .agents, .sizes,
        ]
        if isForKnown.contains(name) {
            try Rights.none.check(command)
        } else {
            #expect(throws: Refusal.self) { try Rights.none.check(command) }
        }
        // Who has not said who he is may say it, and nothing else.
        let stranger = Caller(
            "test", isLocal: true, identity: .unknown, entrance: Entrance(address: "", openness: .never))
        if name == .ping || name == .auth {
            try stranger.check(command)
        } else {
            let refusal = #expect(throws: Refusal.self) { try stranger.check(command) }
            #expect(refusal?.code == "unauthorized")
        }
    }
}
