import ArgumentParser
import FoundationEssentials
import Glibc
import Komoku
import KomokuClient
import KomokuTesting
@testable import KomokuWire
import Testing

@testable import komoku_cli

/// Export and import against a hub in memory, and against hubs that misbehave. One after another: an unfinished file is
/// guarded for the whole program.
@Suite(.serialized)
struct ExchangeTests {
    private static func filled() -> MemoryHub {
        var random = SplitMix(seed: 7)
        let hub = MemoryHub(chunk: 37)
        let texts = ["armed", "true", "1.5", "", "say \"x\", ok", "two\nlines\r", "żółć\u{1F600}", "null", "\\", "a,b"]
        let starts: [Int64] = [-3_000_000_000_000_000, 0, 1_700_000_000_000_001, 8_000_000_000_000_000]
        for (index, type) in [KeyType.numeric, .boolean, .string, .string, .numeric].enumerated() {
            var key = MemoryHub.Key(type: type.rawValue)
            for step in 0..<230 {
                let time = starts[step % starts.count] + Int64(step) * 1_000_003
                switch type {
                case .boolean: key.points[time] = .bool(random.next() % 2 == 0)
                case .string: key.points[time] = .string(texts[Int(random.next() % UInt64(texts.count))])
                default: key.points[time] = .number(Double(Int64(bitPattern: random.next()) >> 40) / 128)
                }
            }
            if index == 3 { key.points[starts[0] - 5] = .null }
            if index == 4 { key.options = [JSON.Member("unit", "°C"), JSON.Member("precision", 1)] }
            if let name = KeyName("k.ł\(index)") { hub.set(name, key) }
        }
        return hub
    }

    private static func bytes(of path: String) -> [UInt8] {
        guard let file = try? InputFile(path) else { return [] }
        var bytes: [UInt8] = []
        while let more = try? file.read(), !more.isEmpty { bytes += more }
        return bytes
    }

    private static func run(_ arguments: [String], at hub: FakeHub) async throws {
        let address = try hub.address.description
        guard
            var command = try KomokuCommand.parseAsRoot(arguments + ["--server", address, "--json"])
                as? any AsyncParsableCommand
        else { return #expect(Bool(false)) }
        try await command.run()
    }

    @Test(arguments: ["jsonl", "csv", "ruby"])
    func whatIsExportedImportsExactly(format: String) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let source = Self.filled()
        try await FakeHub.with(source.answer) { hub, _ in
            try await Self.run(["export", "--format", format, "-o", folder.path("one")], at: hub)
        }
        let target = MemoryHub(chunk: 64)
        try await FakeHub.with(target.answer) { hub, _ in
            try await Self.run(["import", folder.path("one")], at: hub)
            try await Self.run(["import", folder.path("one")], at: hub)
            try await Self.run(["export", "--format", format, "-o", folder.path("two")], at: hub)
        }
        let first = Self.bytes(of: folder.path("one"))
        #expect(first.count > 10_000)
        #expect(first == Self.bytes(of: folder.path("two")))
        #expect(target.content.mapValues(\.points) == source.content.mapValues(\.points))
        #expect(target.content.mapValues(\.type) == source.content.mapValues(\.type))
        if format == "ruby" { #expect(target.content.mapValues(\.options) == source.content.mapValues(\.options)) }
    }

    @Test func brokenLinesAreToldAndTheRestGoesIn() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write(
            """
            key,time,value
            a,1,2.5

            a,x,2
            a b,2,3
            a,1e99,3
            s,"2026-01-31T08:30:00Z","un
            closed
            a,2
            a,3,"true"
            a,4,7

            """, to: "in.csv")
        let target = MemoryHub()
        try await FakeHub.with(target.answer) { hub, client in
            let file = try InputFile(folder.path("in.csv"))
            var told: [Int] = []
            let table = try TableImport(file, zone: .utc, TableLayout.Wanted()) { _ in }
            let (targets, _) = try table.targets(SeriesNaming(), [])
            var run = ImportRun(try await client.importPoints(), keys: []) { _, place, _ in told.append(place) }
            try await table.send(targets, into: &run) { _ in }
            try await run.finish()
            #expect(run.report.stored == 2)
            // The last is refused by the hub: a text for a number.
            #expect(told == [4, 5, 6, 7, 8, 9, 10])
            #expect(run.report.exitCode == 1)
        }
        #expect(target.content.values.map(\.points) == [[1_000_000: 2.5, 4_000_000: 7]])
    }

    @Test func aBatchThatTheHubRefusesIsTriedKeyByKey() async throws {
        let target = MemoryHub()
        if let name = KeyName("b") { target.set(name, MemoryHub.Key(type: "string")) }
        try await FakeHub.with(target.answer) { _, client in
            var told: [String] = []
            var run = ImportRun(try await client.importPoints(), keys: []) { key, place, reason in
                told.append("\(key ?? "-") \(place) \(reason)")
            }
            for name in ["a", "b", "c"] {
                try await run.define(KeyDefinition(name: name, type: "numeric"))
                for second in 0..<2 {
                    let point = HistoryPoint(time: Timestamp(microseconds: Int64(second)), value: 1)
                    try await run.add(ImportedPoint(key: try KeyName(validating: name), point: point), number: second)
                }
            }
            try await run.finish()
            #expect(told == ["b 0 b has another type at the hub", "b 1 b has another type at the hub"])
            #expect(run.report.stored == 4)
        }
    }

    @Test(arguments: [
        #"{"data":{"a":[[1,2],[1]]}}"#, #"{"data":{"a":[[1,2]]}"#, #"{"keys":{"a":{}},"data":{}}"#, #"{"keys":{}}"#,
        #"{"keys":{"a":{"type":"text"}},"data":{}}"#, #"{"data":{"a b":[]}}"#, #"{"data":{"a":[[1,[]]]}}"#,
        #"{"data":{"a":[["soon",1]]}}"#, #"{"data":[]}"#, #"{"data":{"a":{}}}"#, #"{"data":{}} x"#,
        #"{"keys":{"a":{"type":"numeric","opts":3}},"data":{}}"#,
    ])
    func ofARubyDocumentOfAWrongShapeNothingGoesIn(text: String) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write(text, to: "in.json")
        let target = MemoryHub()
        try await FakeHub.with(target.answer) { hub, _ in
            let error = await #expect(throws: Failure.self) {
                try await Self.run(["import", folder.path("in.json")], at: hub)
            }
            #expect(error?.code == 2)
            #expect(error?.message.hasSuffix("nothing was stored") == true)
        }
        #expect(target.content.isEmpty)
    }

    @Test func anExportThatBreaksOffLeavesNoFile() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let point: JSON = ["result": ["points": [["a", [[1, 2]]]]]]
        let replies: [FakeHub.Reply] = [
            .messagesThenEnd([["result": ["keys": ["a": ["type": "numeric"]]]], point]),
            .messages([point, ["error": "store_failed"]]),
        ]
        for reply in replies {
            try await FakeHub.with({ _, _ in reply }) { hub, _ in
                await #expect(throws: ClientError.self) {
                    try await Self.run(["export", "-o", folder.path("out")], at: hub)
                }
            }
            #expect(access(folder.path("out"), F_OK) != 0)
            #expect(try names(in: folder).isEmpty)
        }
    }

    private func names(in folder: TemporaryFolder) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path("."))
    }

    /// What a killed export left goes with the next; a file that is only called like it stays.
    @Test func anExportTouchesNoOtherFile() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let leftover = "out.komoku-0123456789abcdef.part"
        for name in ["out", "out.part", "out.komoku-mine.part", leftover] {
            #expect(FileManager.default.createFile(atPath: folder.path(name), contents: Data("mine".utf8)))
        }
        try await FakeHub.with({ _, _ in .messages([["result": ["keys": [:]]], ["result": ["points": []]]]) }) {
            hub, _ in
            _ = try? await Self.run(["export", "-o", folder.path("out")], at: hub)
        }
        #expect(FileManager.default.contents(atPath: folder.path("out.part")) == Data("mine".utf8))
        #expect(FileManager.default.contents(atPath: folder.path("out.komoku-mine.part")) == Data("mine".utf8))
        #expect(try !names(in: folder).contains(leftover))
    }

    @Test func anInterruptedExportLeavesNoFile() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let asked = AsyncStream<Void>.makeStream()
        let hub = try await FakeHub { _, _ in
            asked.continuation.yield()
            return .messages([["result": ["keys": [:]]]])
        }
        let address = try hub.address.description
        let export = try ChildProcess([
            BuiltProgram.path, "export", "-o", folder.path("out"), "--server", address,
        ])
        var questions = asked.stream.makeAsyncIterator()
        await questions.next()
        #expect(try names(in: folder).count { $0.hasSuffix(".part") } == 1)
        export.signal(SIGINT)
        #expect(export.waitForEnd() == 128 + SIGINT)
        #expect(try names(in: folder).isEmpty)
        await hub.stop()
    }

    @Test func aHubThatKnowsNoImportIsSaidSoAtOnce() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write("a,1,2\n", to: "in.csv")
        try await FakeHub.with({ name, _ in
            .messages([name == "keys" ? ["result": [:]] : ["error": "invalid_query", "message": "no such command"]])
        }) { hub, _ in
            await #expect(throws: ClientError.refused(.invalidQuery, message: "no such command")) {
                try await Self.run(["import", folder.path("in.csv")], at: hub)
            }
        }
    }
}
