import FoundationEssentials
import Komoku
@testable import KomokuWire
import Testing

/// Each shape against its file of JSON: it is read, and written as it was.
struct GoldenTests {
    private static let folder = "\(#filePath)".replacing("GoldenTests.swift", with: "Fixtures")

    static func lines(_ path: String) throws -> [String] {
        let text = try String(contentsOfFile: "\(folder)/\(path).jsonl", encoding: .utf8)
        return text.split(separator: "\n").map(String.init)
    }

    @Test(arguments: Command.Name.allCases)
    func aCommandIsReadAndWrittenAsItsFileHasIt(name: Command.Name) throws {
        // It is written as a negative step.
        if name == .decrement { return }
        let lines = try Self.lines("commands/\(name.rawValue)")
        #expect(!lines.isEmpty)
        for line in lines {
            let command = try Command(name, try JSON(parsing: line), version: .v2)
            #expect(command.member.name == name.rawValue)
            #expect(command.member.value.text == line)
            #expect(try Command(command.name, command.member.value, version: .v2) == command)
        }
    }

    private static func again<Answer: Shape>(_: Answer.Type, _ json: JSON) throws -> [UInt8] {
        try Answer(json).json.bytes
    }

    private static let answers = [
        "acknowledge", "activity", "add_token", "agents", "auth", "backup", "cells", "compact", "dead_letters",
        "devices",
        "document",
        "document_news",
        "documents", "emit", "energy", "export",
        "hello", "hub", "import",
        "keys",
        "last",
        "notifications", "outcome", "profile", "pub", "put", "put_document", "reload", "renames", "repair", "repaired",
        "replace",
        "rooms", "rule_examples", "rule_file", "rule_file_news", "rule_files", "rule_text", "rule_versions",
        "save_rule_file", "rules", "sizes", "run", "runs", "spans", "statistics", "stats", "status", "stop_runs",
        "store", "sub",
        "tokens",
        "users", "uses", "why_key",
        "why_rule",
    ]

    /// How each answer is read and written; a command without one of its own is answered with `ok` or a bare value.
    private static func written(_ name: String, _ json: JSON) throws -> [UInt8] {
        switch name {
        case "acknowledge": try again(Acknowledged.self, json)
        case "add_token": try again(NewToken.self, json)
        case "agents": try again(AgentsList.self, json)
        case "hello": try again(AgentWelcome.self, json)
        case "sizes": try again(KeySizesList.self, json)
        case "auth": try again(IdentityReport.self, json)
        case "tokens": try again(TokensList.self, json)
        case "users": try again(UsersList.self, json)
        case "backup": try again(BackupReport.self, json)
        case "cells": try again(CellsPage.self, json)
        case "compact": try again(Compaction.self, json)
        case "dead_letters": try again(DeadLetterReport.self, json)
        case "devices": try again(DevicesPage.self, json)
        case "document": try again(Document.self, json)
        case "document_news": try again(DocumentNews.self, json)
        case "activity": try again(ActivityPage.self, json)
        case "rule_examples": try again(RuleExamplesList.self, json)
        case "rule_file": try again(RuleFileText.self, json)
        case "rule_file_news": try again(RuleFileNews.self, json)
        case "rule_files": try again(RuleFilesList.self, json)
        case "rule_text": try again(RuleText.self, json)
        case "rule_versions": try again(RuleVersionsList.self, json)
        case "save_rule_file": try again(RuleFileSaved.self, json)
        case "rooms": try again(RoomsList.self, json)
        case "documents": try again(DocumentsList.self, json)
        case "put_document": try again(DocumentRevision.self, json)
        case "emit": try again(Emitted.self, json)
        case "energy": try again(EnergyReport.self, json)
        case "export": ExportPart(json)?.json.bytes ?? []
        case "hub": try again(HubIdentity.self, json)
        case "import": try ImportReport(json).bytes
        case "keys": try keys(json)
        case "last": try again(LastValue.self, json)
        case "notifications": try again(NotificationsPage.self, json)
        case "outcome": CommandResult(reply: ["result": json]).json.bytes
        case "profile": try KeyProfile(json).bytes
        case "pub": change(json)
        case "put": try again(DeviceMessage.self, json)
        case "reload": try again(ReloadAnswer.self, json)
        case "renames": try again(FormerKeys.self, json)
        case "repair": try again(Outliers.self, json)
        case "repaired": try again(Repaired.self, json)
        case "replace": try again(DeviceReplacement.self, json)
        case "rules": try again(RulesPage.self, json)
        case "run": try again(RunReport.self, json)
        case "runs": try again(RunsPage.self, json)
        case "spans": try [KeySpan](answer: json).bytes
        case "statistics": try KeyStatistics(json).bytes
        case "stats": try again(ServerCounters.self, json)
        case "status": try again(HubStatus.self, json)
        case "stop_runs": try again(StoppedRuns.self, json)
        case "store": try again(StoreStatus.self, json)
        case "sub": try again(SubscriptionAnswer.self, json)
        case "uses": try again(KeyUses.self, json)
        case "why_key": try again(KeyStory.self, json)
        default: try again(RuleStory.self, json)
        }
    }

    private static func change(_ json: JSON) -> [UInt8] {
        var bytes: [UInt8] = []
        KeyChange(pub: json["pub"] ?? .null)?.write(.v2, into: &bytes)
        return bytes
    }

    private static func keys(_ json: JSON) throws -> [UInt8] {
        var keys = try [KeyDescription](wire: json)
        // Whether a value was asked for is not said; here it was where there is one.
        for index in keys.indices {
            keys[index].facts.tellsValue = keys[index].value != nil
            keys[index].facts.tellsTime = keys[index].time != nil
        }
        var bytes = [UInt8]("{".utf8)
        keys.write(.v2, continuing: false, into: &bytes)
        return bytes + [UInt8("}".utf8.first ?? 0)]
    }

    @Test(arguments: answers)
    func anAnswerIsReadAndWrittenAsItsFileHasIt(name: String) throws {
        let lines = try Self.lines("answers/\(name)")
        #expect(!lines.isEmpty)
        for line in lines {
            let bytes = try Self.written(name, try JSON(parsing: line))
            #expect(String(decoding: bytes, as: UTF8.self) == line)
        }
    }

    @Test func theFirstProtocolHasItsOwnSpelling() throws {
        func text(_ reply: Reply, _ version: ProtocolVersion) -> String {
            var bytes: [UInt8] = []
            reply.write(into: &bytes, version: version, queryID: nil)
            return String(decoding: bytes, as: UTF8.self)
        }
        #expect(text(.ok, .v1) == #""ack""# && text(.ok, .v2) == #"{"result":"ok"}"#)
        let refusal = Refusal(.invalidKey, "there is no key 'x'")
        #expect(text(.error(refusal), .v1) == #"{"error":"invalid_key"}"#)
        #expect(text(.error(refusal), .v2) == #"{"error":"invalid_key","message":"there is no key 'x'"}"#)
        var facts = KeyFacts()
        (facts.type, facts.options, facts.defined) = ("uptime", [JSON.Member("max_time", 60)], [])
        (facts.isStale, facts.isWritable) = (true, true)
        let keys = Reply.keys([KeyDescription("a", facts)])
        #expect(text(keys, .v1) == #"{"a":{"type":"uptime"}}"#)
        #expect(
            text(keys, .v2)
                == #"{"result":{"a":{"type":"uptime","opts":{"max_time":60},"stale":true,"writable":true}}}"#)
        var change: [UInt8] = []
        KeyChange(key: "a", value: 1, time: Timestamp(microseconds: 0), previous: .null, isStale: true, skipped: 2)
            .write(.v1, into: &change)
        #expect(
            String(decoding: change, as: UTF8.self)
                == #"{"pub":{"key":"a","value":1,"time":0,"previous_value":null,"previous":null,"curr":1}}"#)
    }

    @Test(arguments: [
        (#"{"rename":{"key":"a"}}"#, "'to' is missing"),
        (#"{"rename":{"key":"a","to":5}}"#, "'to' is the name of a key"),
        (#"{"runs":{"limit":0}}"#, "'limit' is a whole number, 1 to 10000"),
        (#"{"profile":{"key":"a","by":"month"}}"#, "'by' is one of 'hour', 'weekday'"),
        (#"{"why":{"key":"a","rule":"b"}}"#, "'why' needs a 'key' or a 'rule'"),
        (#"{"spans":{"key":"a","since":"soon"}}"#, "'since' is no time; give seconds since 1970 or "),
        (#"{"devices":{"after":5}}"#, "'after' is the 'next' of the answer before"),
    ])
    func whatDoesNotFitIsSaidWithItsName(text: String, message: String) {
        guard case .failure(let refusal) = Request(text.utf8, version: .v2).entries[0].command else {
            return #expect(Bool(false))
        }
        #expect(refusal.message?.hasPrefix(message) == true, "\(refusal)")
    }

    // MARK: Others than this version

    @Test func whatANewerHubSaysIsLeftAlone() throws {
        let rules = try RulesPage(
            JSON(
                parsing:
                    #"{"rules":[{"rule":"a","state":"asleep","mood":5},{"state":"enabled"},{"rule":"b"}],"more":1}"#
            ))
        #expect(rules.rules.map(\.name) == ["a", "b"] && rules.rules.map(\.state) == [.other, .enabled])
        let story = try KeyStory(JSON(parsing: #"{"key":"a","cause":{"kind":"magic"},"runs":[5]}"#))
        #expect(story.cause?.kind == .other && story.runs == [])
        let device = try Device(
            JSON(parsing: #"{"device":"1","name":"n","properties":[{"property":"p"},{"property":"p","key":"k"}]}"#))
        #expect(device.properties.map(\.key) == ["k"])
    }

    @Test func whatAnOlderHubDoesNotSayIsNotMadeUp() throws {
        let status = try StoreStatus(JSON(parsing: #"{"storing":true,"report_error":"disk I/O error"}"#))
        #expect(status.sizes == nil && status.json["tiers"] == nil && status.json["free_bytes"] == nil)
        #expect(throws: Refusal.self) { try StoreStatus([:]) }
        #expect(throws: Refusal.self) { try KeyUses(["key": "a"]) }
        #expect(throws: Refusal.self) { try ImportReport(["refused": []]) }
        #expect(try ImportReport(["points": 5, "refused": [["a", 0], ["a", 1, "x"]]]).refused.count == 1)
    }

    @Test func aRunThatWasStoredBadlyKeepsTheRest() {
        var run = RunReport()
        run.readStored(["ended": "soon", "step": "2", "occasion": ["trigger": "at"], "count": "x", "reason": "r"])
        #expect(run.ended == nil && run.step == "2" && run.occasion.trigger == "at" && run.reason == "r")
        #expect(run.count == 1)
    }

    // MARK: The document

    /// Names of members that are those of a user, a key or a state.
    private static let foreign: Set<String> = ["a.b", "c", "x", "open", "room", "level", "on", "get"]

    /// Every name in the files of JSON is in the document, in quotes or code.
    @Test func theDocumentNamesEveryCommandAndMember() throws {
        let path = Self.folder.replacing("Tests/KomokuWireTests/Fixtures", with: "docs/protocol.md")
        let document = try String(contentsOfFile: path, encoding: .utf8)
        func isNamed(_ name: String) -> Bool {
            document.contains("\"\(name)\"") || document.contains("`\(name)`")
        }
        for name in Command.Name.allCases { #expect(isNamed(name.rawValue), "the command \(name.rawValue)") }
        var missing: Set<String> = []
        func look(at json: JSON) {
            for member in json.object ?? [] {
                if !isNamed(member.name), !Self.foreign.contains(member.name) { missing.insert(member.name) }
                look(at: member.value)
            }
            for item in json.array ?? [] { look(at: item) }
        }
        for name in Command.Name.allCases where name != .decrement && name != .ping {
            for line in try Self.lines("commands/\(name.rawValue)") { look(at: try JSON(parsing: line)) }
        }
        for name in Self.answers {
            for line in try Self.lines("answers/\(name)") { look(at: try JSON(parsing: line)) }
        }
        #expect(missing.sorted() == [])
    }
}
