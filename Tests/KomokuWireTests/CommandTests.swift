import Komoku
import KomokuTesting
@testable import KomokuWire
import Testing

struct CommandTests {
    private static func name(_ text: String) throws -> KeyName { try KeyName(validating: text) }

    private func command(_ text: String, _ version: ProtocolVersion = .v2) throws(Refusal) -> Command {
        let request = Request(text.utf8, version: version)
        #expect(request.entries.count == 1)
        return try request.entries[0].command.get()
    }

    @Test func aPutKeepsItsTimeInMicroseconds() throws {
        let key = try Self.name("a.b")
        #expect(
            try command(#"{"put":{"key":"a.b","value":1,"time":1700000000.123456}}"#)
                == .put(PutRequest(key, 1, at: Timestamp(microseconds: 1_700_000_000_123_456))))
        #expect(
            try command(#"{"put":{"key":"a.b","value":null,"time":null}}"#)
                == .put(PutRequest(key, .null)))
    }

    @Test func anUnnameableKeyReadsAsNoneAndIsRefusedElsewhere() throws {
        #expect(try command(#"{"get":{"key":"a b"}}"#) == .get(ValueRequest("a b")))
        #expect(try command(#"{"last":{"key":"a..b"}}"#) == .last(ValueRequest("a..b")))
        for text in [#"{"put":{"key":"a b","value":1}}"#, #"{"increment":{"key":""}}"#, #"{"sub":{"key":"a/b"}}"#] {
            let refusal = #expect(throws: Refusal.self) { try command(text) }
            #expect(refusal?.code == "invalid_key")
        }
    }

    @Test(arguments: [
        "1", "null", #""get""#, "{}", #"{"nothing":{}}"#, #"{"get":{}}"#, #"{"get":{"key":null}}"#,
        #"{"get":{"key":1}}"#,
        #"{"get":null}"#, #"{"get":[]}"#, #"{"get":{"key":"a"},"put":{"key":"a","value":1}}"#,
        #"{"put":{"key":"a"}}"#, #"{"put":{"key":"a","value":1,"time":"x"}}"#,
        #"{"put":{"key":"a","value":1,"time":1e300}}"#,
        #"{"sub":{"event":"e"}}"#, #"{"sub":{"key":"a","pattern":"b"}}"#, #"{"sub":{"pattern":"**","init":1}}"#,
        #"{"define":[]}"#, #"{"define":null}"#, #"{"import":null}"#, #"{"put":null}"#, #"{"define":{"a":1}}"#,
        #"{"define":{"a":{"type":"numeric","opts":1}}}"#,
        #"{"fetch":{"key":"a","single":"x"}}"#, #"{"fetch":{"key":"a","as":"x"}}"#,
        #"{"fetch":{"key":"a","step":"1h"}}"#,
        #"{"fetch":{"key":"a","step":5}}"#, #"{"fetch":{"key":"a","last":0}}"#, #"{"fetch":{"key":"a","last":1.5}}"#,
        #"{"fetch":{"key":"a","limit":10001}}"#, #"{"fetch":{"key":"a","since":"yesterday"}}"#,
        #"{"put":{"key":"a","value":1,"wait":1}}"#, #"{"put":{"key":"a","value":1,"dry_run":"yes"}}"#,
        #"{"devices":5}"#, #"{"devices":{"device":1}}"#, #"{"devices":{"after":"a"}}"#,
        #"{"devices":{"after":["a"]}}"#, #"{"devices":{"limit":0}}"#, #"{"forget":{}}"#, #"{"forget":{"device":1}}"#,
        #"{"fetch":{"key":"a","opts":5}}"#, #"{"keys":{"limit":0}}"#, #"{"keys":5}"#, #"{"keys":{"include":"value"}}"#,
    ])
    func aWrongShapeIsAnInvalidQuery(text: String) {
        #expect(code(text) == "invalid_query")
    }

    private func code(_ text: String) -> String? {
        if case .failure(let refusal) = Request(text.utf8, version: .v2).entries[0].command {
            refusal.code
        } else {
            nil
        }
    }

    @Test(arguments: ["", "{", "nope", #"{"get":{"key":"a"}} x"#, #"{"get":NaN}"#])
    func whatIsNotJSONIsSaidSo(text: String) {
        #expect(throws: Refusal.invalidJSON) { try command(text) }
    }

    @Test func aStepIsANumber() throws {
        let key = try Self.name("a")
        #expect(try command(#"{"increment":{"key":"a"}}"#) == .increment(IncrementRequest(key)))
        #expect(try command(#"{"decrement":{"key":"a","step":2.5}}"#) == .increment(IncrementRequest(key, by: -2.5)))
        for step in [#""1""#, "null", "true", "[]"] {
            #expect(throws: Refusal.invalidValue) { try command(#"{"increment":{"key":"a","step":\#(step)}}"#) }
        }
    }

    @Test func whatTheFirstCommandsLackIsSaidByTheCodeAlone() throws {
        for (text, code) in [
            (#"{"put":{"key":"a b"}}"#, "invalid_query"),
            (#"{"put":{"key":"a b","value":1,"time":"x"}}"#, "invalid_query"),
            (#"{"put":{"key":"a b","value":1}}"#, "invalid_key"), (#"{"get":{}}"#, "invalid_query"),
            (#"{"increment":{"key":"a b","time":"x"}}"#, "invalid_query"),
        ] {
            let refusal = #expect(throws: Refusal.self) { try command(text) }
            #expect(refusal == Refusal(code: code))
        }
        let refusal = #expect(throws: Refusal.self) { try command(#"{"sub":{"pattern":"a/b"}}"#) }
        #expect(refusal?.message?.contains("is no pattern") == true)
    }

    @Test func anUnsubscriptionHasNoOptions() throws {
        #expect(
            try command(#"{"unsub":{"key":"a","every":1,"after":5}}"#).member.value == ["key": "a"])
    }

    @Test(arguments: ["null", "{}"])
    func whatNeedsNothingTakesNull(body: String) throws {
        for name in ["keys", "devices", "export", "rules", "runs", "notifications", "stats", "status", "reload"] {
            _ = try command(#"{"\#(name)":\#(body)}"#)
        }
    }

    @Test func nestedOptionsOfADefinitionWin() throws {
        let text = #"{"define":{"a":{"type":"uptime","max_time":1,"x":2,"opts":{"max_time":3}}}}"#
        guard case .define(let definitions) = try command(text) else { return #expect(Bool(false)) }
        #expect(definitions.count == 1)
        #expect(definitions[0].type == "uptime")
        #expect(definitions[0].options.map(\.name) == ["max_time", "x", "max_time"])
        #expect(definitions[0].options.last?.value == 3)
    }

    @Test func aPutOfTheFirstVersionHasNoOptionsOfDevices() throws {
        let key = try Self.name("a")
        let text = #"{"put":{"key":"a","value":1,"dry_run":true,"wait":true}}"#
        #expect(try command(text, .v1) == .put(PutRequest(key, 1)))
        #expect(try command(text) == .put(PutRequest(key, 1, isDryRun: true)))
        #expect(
            try command(#"{"put":{"key":"a","value":1,"wait":false}}"#) == .put(PutRequest(key, 1, waits: false)))
    }

    @Test func ofDefinitionsOfOneNameTheLastCounts() throws {
        let text = #"{"define":{"a":{"type":"numeric"},"b":{"type":"boolean"},"a":{"type":"string"}}}"#
        guard case .define(let definitions) = try command(text) else { return #expect(Bool(false)) }
        #expect(definitions.map(\.name) == ["b", "a"])
        #expect(definitions.last?.type == "string")
    }

    @Test func aBoundBeyondAllTimesIsTheFarthest() throws {
        guard case .fetch(let query) = try command(#"{"fetch":{"key":"a","since":-1e300,"until":1e15}}"#) else {
            return #expect(Bool(false))
        }
        #expect(query.since == Timestamp(seconds: -253_402_300_799))
        #expect(query.until == Timestamp(seconds: 253_402_300_799))
    }

    @Test func whatIsOursIsUnknownToTheFirstVersion() throws {
        for text in [
            #"{"delete":{"key":"a"}}"#, #"{"store":{}}"#, #"{"sub":{"pattern":"**"}}"#, #"{"devices":{}}"#,
            #"{"forget":{"device":"a"}}"#,
        ] {
            #expect(throws: Refusal.self) { try command(text, .v1) }
            _ = try command(text, .v2)
        }
        #expect(try command(#"{"keys":{"match":"a.*"}}"#, .v1) == .keys(try KeysRequest(old: [:])))
    }

    @Test func fetchOptionsStandBesideTheKeyOrInOptsWhichWins() throws {
        guard case .fetch(let query) = try command(#"{"fetch":{"key":"a","last":3,"opts":{"last":5,"since":10}}}"#)
        else {
            return #expect(Bool(false))
        }
        #expect(query.form == .newest(count: 5))
        #expect(query.since == Timestamp(microseconds: 10_000_000))
        guard case .fetch(let plain) = try command(#"{"fetch":{"key":"a"}}"#),
            case .fetch(let since) = try command(#"{"fetch":{"key":"a","since":1}}"#),
            case .fetch(let steps) = try command(#"{"fetch":{"key":"a","step":"5M"}}"#)
        else { return #expect(Bool(false)) }
        #expect(plain.form == .points(limit: 100))
        #expect(since.form == .points(limit: 10_000))
        #expect(steps.form == .steps(try #require(WireStep("5M")), limit: 10_000))
    }

    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2026-01-31 08:30:00 +0100", 1_769_844_600),
            ("2026-01-31T08:30:00+01:00", 1_769_844_600), ("2024-02-29T00:00Z", 1_709_164_800),
            ("1969-12-31T23:59:59Z", -1), ("2026-01-31T08:30:00-01", 1_769_851_800),
        ] as [(String, Int64)])
    func datesWithAZoneAreTimes(text: String, seconds: Int64) {
        #expect(Timestamp(dated: text) == Timestamp(microseconds: seconds * 1_000_000))
    }

    @Test func aFractionOfASecondIsKeptToTheMicrosecond() {
        #expect(Timestamp(dated: "1970-01-01T00:00:01.0000019Z") == Timestamp(microseconds: 1_000_001))
    }

    @Test(arguments: [
        "", "2026-01-31", "2026-02-30T00:00:00Z", "2026-01-31T08:30:00", "2026-01-31T25:00:00Z", "x",
        "2026-01-31T08:30:00+",
    ])
    func otherTextsAreNoTimes(text: String) {
        #expect(Timestamp(dated: text) == nil)
    }

    /// Whatever comes, it is answered: as many replies as there were commands, and nothing traps.
    @Test(arguments: [UInt64(1), 2, 3])
    func mutatedFramesNeverTrap(seed: UInt64) {
        let seeds = [
            #"{"put":{"key":"a.b","value":1.5,"time":1700000000.5},"query_id":1}"#,
            #"[{"get":{"key":"a"}},{"define":{"a":{"type":"numeric","opts":{"unit":"W"}}}}]"#,
            #"{"fetch":{"key":"a","opts":{"since":"2026-01-31 08:30:00 +0100","step":"5M","as":"timespans","limit":5}}}"#,
            #"{"sub":{"pattern":"a.**","init":true}}"#,
            #"{"keys":{"match":"*","limit":3,"after":"b","include":["value"]}}"#,
            #"{"statistics":{"key":"a","since":1,"step":"5m","zone":"UTC","fields":["mean"],"percentiles":[50]}}"#,
            #"{"import":{"keys":{"a":{"type":"numeric"}},"points":[["a",[[1,2],[3,null]]]],"done":true}}"#,
            #"[{"spans":{"key":"a","value":"x","limit":5}},{"export":{"match":"a.*","until":5}},{"backup":{"path":"/a"}}]"#,
            #"{"profile":{"key":"a","by":"weekday"}}"#, #"{"rename":{"key":"a","to":"b"}}"#,
        ]
        var random = SplitMix(seed: seed)
        for _ in 0..<6000 {
            var bytes = Array((seeds.randomElement(using: &random) ?? "").utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
                let place = bytes.indices.randomElement(using: &random) ?? 0
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: place)
                case 2: bytes.insert(contentsOf: bytes[place...].prefix(9), at: place)
                default: bytes.replaceSubrange(place..<place + 1, with: Array("1e400".utf8))
                }
            }
            for version in ProtocolVersion.allCases {
                let request = Request(bytes, version: version)
                #expect(request.form == .list || request.entries.count == 1, "seed \(seed)")
            }
        }
    }
}
