import FoundationEssentials
import Komoku
import KomokuClient
import KomokuEmbedding
import KomokuStandalone
import KomokuTesting
import KomokuWire
import Testing

/// The same at a hub, under a scope, and without a hub.
@Suite(.timeLimit(.minutes(2))) struct KeyServiceTests {
    enum Kind: CaseIterable, Sendable {
        case client, scope, scopeOfScope, standalone, standaloneScope, embedded
    }

    private func run(_ kind: Kind, _ body: (any KeyService, any KeyService) async throws -> Void) async throws {
        switch kind {
        case .client, .scope, .scopeOfScope:
            try await TestHub.withClient { client in
                switch kind {
                case .scope: try await body(client.scope("house"), client)
                case .scopeOfScope: try await body(client.scope("house").scope("floor"), client)
                default: try await body(client, client)
                }
            }
        case .standalone, .standaloneScope, .embedded:
            let folder = try TemporaryFolder()
            defer { folder.remove() }
            let hub = try StandaloneHub(path: folder.path("keys.db"))
            defer { hub.close() }
            if kind == .standalone { return try await body(hub, hub) }
            if kind == .standaloneScope { return try await body(hub.scope("house"), hub) }
            let server = EmbeddedServer(of: hub, port: 0)
            let client = Client(try HubAddress("ws://127.0.0.1:\(try await server.start())"))
            try await body(client, hub)
            await client.close()
            await server.stop()
        }
    }

    @Test(arguments: Kind.allCases) func keysArePutReadAndWatched(kind: Kind) async throws {
        try await run(kind) { keys, whole in
            func name(_ key: String) -> String { keys.wholeName(of: key) }
            try await keys.define("lamp.power", type: .boolean)
            let watch = try await keys.watch("lamp.*", initial: true)
            try await keys.put("lamp.power", true)
            try await keys.put("temperature", 20.5, at: Timestamp(seconds: 1_700_000_000))
            try await keys.define("count", type: .numeric)
            try await keys.increment("count")
            try await keys.increment("count", by: 4)
            #expect(try await whole.get(name("lamp.power")) == true)
            #expect(try await keys.get("lamp.power") == true)
            #expect(try await keys.get("nothing") == nil)
            #expect(try await keys.get("count") == 5)
            let last = try await keys.last("temperature")
            #expect(last?.value == 20.5 && last?.time == Timestamp(seconds: 1_700_000_000))
            #expect(try await keys.last("nothing") == nil)
            #expect(try await keys.keys(matching: "lamp.**").map(\.name) == [name("lamp.power")])
            #expect(try await keys.key("temperature")?.type == "numeric")
            #expect(try await keys.key("nothing") == nil)
            let report = try await keys.put([
                PutPoint("temperature", 21), PutPoint("temperature", "warm"), PutPoint("a b", 1), PutPoint("x", 2),
            ])
            #expect(report.taken == 2 && report.refused.map(\.place) == [1, 2] && report.isStored)
            #expect(try await keys.history("temperature").map(\.value) == [20.5, 21])
            #expect(try await keys.statistics(of: "temperature").windows.isEmpty == false)
            var told: [KeyWatch.Event] = []
            for await event in watch {
                told.append(event)
                if told.count == 1 { break }
            }
            await watch.cancel()
            guard case .item(let change)? = told.first else {
                Issue.record("the watch told \(told)")
                return
            }
            #expect(change.key == name("lamp.power") && change.value == true)
            let error = await #expect(throws: ClientError.self) { try await keys.put("temperature", "warm") }
            #expect(error?.code == "invalid_value" || error?.code == "type_mismatch", "\(error?.code ?? "")")
            let wrong = await #expect(throws: ClientError.self) { try await keys.put("a b", 1) }
            #expect(wrong?.code == "invalid_key")
            try await keys.delete("temperature")
            #expect(try await keys.get("temperature") == nil)
            // A dot leaves the scope.
            if keys.wholeName(of: "a") != "a" {
                try await keys.put(".other.key", 1)
                #expect(try await keys.get(".other.key") == 1)
            }
        }
    }

    @Test(arguments: Kind.allCases) func aLazyValueFollowsItsKey(kind: Kind) async throws {
        try await run(kind) { keys, whole in
            let value = keys.value(of: "level")
            #expect(try await value.get() == nil)
            for level in 1...20 {
                try await keys.put("level", .number(Double(level)))
                // It is on its way.
                for _ in 0..<1000 where try await value.get() != .number(Double(level)) {
                    try await Task.sleep(for: .milliseconds(1))
                }
                #expect(try await value.get() == .number(Double(level)))
            }
            #expect(value.key == keys.wholeName(of: "level"))
            await value.cancel()
            try await keys.put("level", 99)
            #expect(try await value.get() == 99)
            await value.cancel()
        }
    }

    @Test func aLazyValueAsksAgainAfterABreak() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let hub = try StandaloneHub(path: folder.path("keys.db"))
        defer { hub.close() }
        let first = EmbeddedServer(of: hub, port: 0)
        let port = try await first.start()
        let client = Client(try HubAddress("ws://127.0.0.1:\(port)"))
        let value = client.value(of: "level")
        try await hub.put("level", 1)
        #expect(try await value.get() == 1)
        await first.stop()
        for _ in 0..<2000 {
            do { _ = try await value.get() } catch { break }
            try await Task.sleep(for: .milliseconds(1))
        }
        await #expect(throws: ClientError.self) { try await value.get() }
        try await hub.put("level", 2)
        let second = EmbeddedServer(of: hub, port: port)
        try await second.start()
        // It was put while nobody heard it.
        #expect(try await value.get() == 2)
        try await hub.put("level", 3)
        for _ in 0..<2000 where try await value.get() != 3 { try await Task.sleep(for: .milliseconds(1)) }
        #expect(try await value.get() == 3)
        await value.cancel()
        await client.close()
        await second.stop()
    }

    @Test func whatWasPutWithoutAHubIsThereAfterAStart() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let first = try StandaloneHub(path: folder.path("keys.db"))
        try await first.put("a", 1)
        #expect(throws: StandaloneHub.Failure.self) { try StandaloneHub(path: folder.path("keys.db")) }
        first.close()
        let second = try StandaloneHub(path: folder.path("keys.db"))
        #expect(try await second.get("a") == 1)
        second.close()
        #expect(throws: StandaloneHub.Failure.self) { try StandaloneHub(path: folder.path("none/keys.db")) }
    }

    // MARK: The documentation

    private static let root = "\(#filePath)".replacing("Tests/KomokuClientTests/Keys/KeyServiceTests.swift", with: "")

    @Test func theExamplesOfTheDocumentationRun() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let hub = try StandaloneHub(path: nil)
        let server = EmbeddedServer(of: hub, port: 0)
        try await useAHub(at: HubAddress("ws://127.0.0.1:\(try await server.start())"))
        await server.stop()
        hub.close()
        try await useNoHub(at: folder.path("meter.db"))
    }

    @Test(arguments: ["client", "standalone"]) func theDocumentationShowsWhatRuns(name: String) throws {
        let code = try String(
            contentsOfFile: Self.root + "Tests/KomokuClientTests/Keys/ClientExample.swift", encoding: .utf8)
        let article = try String(
            contentsOfFile: Self.root + "Sources/KomokuClient/Documentation.docc/KomokuClient.md", encoding: .utf8)
        var (lines, isInside): ([Substring], Bool) = ([], false)
        for line in code.split(separator: "\n", omittingEmptySubsequences: false) {
            if line == "    // end" { isInside = false }
            if isInside { lines.append(line.dropFirst(4)) }
            if line == "    // example: \(name)" { isInside = true }
        }
        #expect(lines.count > 5)
        #expect(article.contains("```swift\n\(lines.joined(separator: "\n"))\n```"))
    }
}
