import Glibc
import Komoku
import KomokuTesting
import Testing

/// Rules that are written in the page: into a folder that the configuration opens, through the running hub.
@Suite struct RuleFileTests {
    private static let keys = "keys: {entry: {type: numeric}, out: {type: numeric}, more: {type: numeric}}"

    private struct Writer {
        let house: House
        let folder: TemporaryFolder

        init(_ files: [String: String]) throws {
            folder = try TemporaryFolder()
            for (name, text) in files { try folder.write(text, to: name) }
            house = try House("\(RuleFileTests.keys)\nrules: {editable: \(folder.path)}\n")
        }

        func remove() {
            house.remove()
            folder.remove()
        }

        func ask(_ method: String, _ path: String, _ body: JSON? = nil) async throws -> JSON {
            var words = ["-s", "-X", method, "http://127.0.0.1:\(house.ports.v2)/api/rule_files\(path)"]
            if let body { words += ["-H", "Content-Type: application/json", "-d", body.text] }
            return try JSON(parsing: try await RunningProcess.run("/usr/bin/curl", words).output.joined())
        }

        func save(_ file: String, _ text: String, revision: JSON? = nil) async throws -> JSON {
            var members = [JSON.Member("text", .string(text))]
            if let revision { members.append(JSON.Member("revision", revision)) }
            return try await ask("PUT", "/\(file)", .object(members))
        }
    }

    private static func rule(_ name: String, _ target: String, _ sum: String) -> String {
        "rules:\n  - {name: \(name), when: {change: entry}, then: [{put: {\(target): \"\(sum)\"}}]}\n"
    }

    @Test func `a saved file is in force at once and after a kill, and its versions come back`() async throws {
        let writer = try Writer([:])
        defer { writer.remove() }
        var hub = try await writer.house.start(subscribed: false)
        let first = try await writer.save("a.yaml", Self.rule("echo", "out", "entry + 1"), revision: "")
        #expect(first["saved"] == true && first["findings"]?.array?.isEmpty == true, "\(first)")
        try await writer.house.put("entry", "1")
        try await writer.house.wait(for: "out", 2)
        // Somebody else's page has not seen it.
        let blind = try await writer.save("a.yaml", Self.rule("echo", "out", "entry + 5"), revision: "")
        #expect(blind["code"] == "conflict" || blind["status"] == 409, "\(blind)")
        let second = try await writer.save(
            "a.yaml", Self.rule("echo", "out", "entry + 10"), revision: first["revision"])
        #expect(second["saved"] == true, "\(second)")
        hub.end(SIGKILL)
        hub = try await writer.house.start(subscribed: false)
        defer { hub.end() }
        try await writer.house.put("entry", "2")
        try await writer.house.wait(for: "out", 12)
        let gone = try await writer.ask("DELETE", "/a.yaml", .object([]))
        #expect(gone["saved"] == true, "\(gone)")
        let versions = try await writer.ask("GET", "/a.yaml/versions")["versions"]?.array ?? []
        #expect(versions.count == 2)
        let old = try await writer.ask("GET", "/a.yaml/versions/1")["text"]?.string ?? ""
        #expect(try await writer.save("a.yaml", old, revision: "")["saved"] == true)
        try await writer.house.put("entry", "3")
        try await writer.house.wait(for: "out", 4)
    }

    @Test func `of several broken files each can be mended, and the last one brings all into force`() async throws {
        let writer = try Writer([
            "a.yaml": Self.rule("echo", "out", "entry + 1"), "b.yaml": Self.rule("more", "more", "entry + 2"),
        ])
        defer { writer.remove() }
        let hub = try await writer.house.start(subscribed: false)
        defer { hub.end() }
        // By hand, on the disk.
        try writer.folder.write(Self.rule("echo", "out", "entry +"), to: "a.yaml")
        try writer.folder.write(Self.rule("more", "more", "entry + ("), to: "b.yaml")
        let worse = try await writer.save("a.yaml", Self.rule("echo", "out", "entry + ]"))
        #expect(worse["saved"] == false && worse["findings"]?.array?.isEmpty == false, "\(worse)")
        let one = try await writer.save("a.yaml", Self.rule("echo", "out", "entry + 100"))
        #expect(one["saved"] == true, "\(one)")
        #expect(one["findings"]?.array?.contains { $0.text.contains("b.yaml") } == true, "\(one)")
        // The rules before go on until all are right.
        try await writer.house.put("entry", "1")
        try await writer.house.wait(for: "out", 2)
        let two = try await writer.save("b.yaml", Self.rule("more", "more", "entry + 200"))
        #expect(two["saved"] == true && two["findings"]?.array?.isEmpty == true, "\(two)")
        try await writer.house.put("entry", "2")
        try await writer.house.wait(for: "out", 102)
        try await writer.house.wait(for: "more", 202)
    }
}
