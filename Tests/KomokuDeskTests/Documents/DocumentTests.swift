import Komoku
import KomokuDesk
import KomokuDeskTesting
import KomokuHub
import KomokuStore
import KomokuTesting
import KomokuWire
import Logging
import Testing

/// What clients keep at the hub.
@Suite(.timeLimit(.minutes(2))) struct DocumentTests {
    private static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// A hub over a file that can be started again.
    private static func withDesk<Result>(
        _ location: Store.Location = .memory, _ body: (Desk) async throws -> Result
    ) async throws -> Result {
        let store = try Store(Store.Configuration(location: location), logger: silent)
        let hub = Hub(store: store, logger: silent)
        hub.start()
        defer {
            hub.stop()
            store.close()
        }
        return try await body(Desk(hub))
    }

    private static func ask(_ desk: Desk, _ command: Command, as caller: Caller) async -> Reply {
        await withCheckedContinuation { continuation in
            desk.perform(command, for: caller) {
                continuation.resume(returning: $0)
            } pieces: { _ in
                continuation.resume(returning: .error(.invalidQuery))
            }
        }
    }

    private static func caller(_ name: String, _ rights: Rights = .all) -> Caller {
        let account = Account(rights)
        return Caller(
            "test", isLocal: true, identity: Identity(name.isEmpty ? .anybody : .user, name: name, account),
            entrance: Entrance(address: "", openness: .never))
    }

    private static func code(_ reply: Reply) -> String? {
        if case .error(let refusal) = reply { refusal.code } else { nil }
    }

    private static func json(_ reply: Reply) -> JSON? { if case .json(let json) = reply { json } else { nil } }

    private static func put(
        _ desk: Desk, _ name: String, _ content: JSON, shared: Bool = false, revision: Int? = nil, as caller: Caller
    ) async -> Reply {
        await ask(desk, .putDocument(PutDocumentRequest(name, shared: shared, content, revision: revision)), as: caller)
    }

    private static func get(_ desk: Desk, _ name: String, shared: Bool = false, as caller: Caller) async -> Reply {
        await ask(desk, .document(DocumentRequest(name, shared: shared)), as: caller)
    }

    @Test func eachHasHisOwnAndAllHaveThoseOfTheHouse() async throws {
        try await Self.withDesk { desk in
            let (anna, ben, nobody) = (Self.caller("anna"), Self.caller("ben"), Self.caller(""))
            #expect(Self.json(await Self.put(desk, "theme", "dark", as: anna))?["revision"] == 1)
            _ = await Self.put(desk, "theme", "light", as: ben)
            _ = await Self.put(desk, "views", ["a": [1, 2]], shared: true, as: ben)
            _ = await Self.put(desk, "theme", "none", as: nobody)
            #expect(Self.json(await Self.get(desk, "theme", as: anna))?["content"] == "dark")
            #expect(Self.json(await Self.get(desk, "theme", as: ben))?["content"] == "light")
            #expect(Self.json(await Self.get(desk, "theme", as: nobody))?["content"] == "none")
            #expect(Self.json(await Self.get(desk, "views", shared: true, as: anna))?["content"] == ["a": [1, 2]])
            #expect(Self.code(await Self.get(desk, "views", as: ben)) == "not_found")
            #expect(Self.code(await Self.get(desk, "theme", shared: true, as: ben)) == "not_found")
            let list = Self.json(await Self.ask(desk, .documents, as: anna))?["documents"]?.array ?? []
            #expect(list.map { $0["name"] } == ["theme", "views"] && list.map { $0["shared"] } == [false, true])
            #expect(list[0]["size"] == 6)
        }
    }

    /// What was kept before anybody had to log in belongs to whoever closes the house.
    @Test func theFirstUserTakesOverWhatNobodyKept() async throws {
        try await Self.withDesk { desk in
            let nobody = Self.caller("")
            _ = await Self.put(desk, "favourites", ["hall.lamp"], as: nobody)
            for name in ["anna", "ben"] {
                var request = AddUserRequest()
                (request.user, request.password) = (name, SecretText("correct horse"))
                request.rights.isAdmin = true
                #expect(Self.code(await Self.ask(desk, .addUser(request), as: nobody)) == nil)
            }
            #expect(Self.json(await Self.get(desk, "favourites", as: Self.caller("anna")))?["content"] == ["hall.lamp"])
            #expect(Self.code(await Self.get(desk, "favourites", as: Self.caller("ben"))) == "not_found")
            #expect(Self.code(await Self.get(desk, "favourites", as: nobody)) == "not_found")
        }
    }

    @Test func whoMayPutNothingWritesHisOwnAndNotThoseOfTheHouse() async throws {
        try await Self.withDesk { desk in
            let tablet = Self.caller("tablet", Rights(writing: []))
            #expect(Self.code(await Self.put(desk, "a", 1, as: tablet)) == nil)
            #expect(Self.code(await Self.put(desk, "a", 1, shared: true, as: tablet)) == "not_allowed")
            let cook = Self.caller("cook", Rights(writing: [try KeyPattern(validating: "kitchen.*")]))
            #expect(Self.code(await Self.put(desk, "a", 1, shared: true, as: cook)) == nil)
        }
    }

    @Test func theSecondOfTwoWritersIsToldAndNothingIsLost() async throws {
        try await Self.withDesk { desk in
            let anna = Self.caller("anna")
            #expect(Self.code(await Self.put(desk, "a", 1, revision: 1, as: anna)) == "conflict")
            let first = Self.json(await Self.put(desk, "a", 1, revision: 0, as: anna))?["revision"]?.number
            let revision = try #require(first.flatMap { Int(exactly: $0) })
            #expect(Self.code(await Self.put(desk, "a", 2, revision: 0, as: anna)) == "conflict")
            #expect(Self.code(await Self.put(desk, "a", 2, revision: revision, as: anna)) == nil)
            #expect(Self.code(await Self.put(desk, "a", 3, revision: revision, as: anna)) == "conflict")
            #expect(Self.code(await Self.put(desk, "a", .null, revision: revision, as: anna)) == "conflict")
            #expect(Self.json(await Self.get(desk, "a", as: anna))?["content"] == 2)
            // A revision is never given again, also not to one that is made anew.
            #expect(Self.code(await Self.put(desk, "a", .null, as: anna)) == nil)
            #expect(Self.code(await Self.put(desk, "a", .null, as: anna)) == "not_found")
            let again = Self.json(await Self.put(desk, "a", 4, as: anna))?["revision"]?.number
            #expect(again == 4)
        }
    }

    @Test func whatIsTooLargeOrTooManyIsRefusedWithARemedy() async throws {
        try await Self.withDesk { desk in
            let anna = Self.caller("anna")
            let most = JSON.string(String(repeating: "x", count: (64 << 10) - 2))
            #expect(Self.code(await Self.put(desk, "a", most, as: anna)) == nil)
            let more = JSON.string(String(repeating: "x", count: (64 << 10) - 1))
            #expect(Self.code(await Self.put(desk, "a", more, as: anna)) == "invalid_value")
            for number in 1..<64 { #expect(Self.code(await Self.put(desk, "n\(number)", 1, as: anna)) == nil) }
            #expect(Self.code(await Self.put(desk, "n64", 1, as: anna)) == "invalid_value")
            #expect(Self.code(await Self.put(desk, "n63", 2, as: anna)) == nil)
            #expect(Self.code(await Self.put(desk, "n1", .null, as: anna)) == nil)
            #expect(Self.code(await Self.put(desk, "n64", 1, as: anna)) == nil)
        }
    }

    @Test(arguments: ["", "A", "a b", "a/b", "..", "é", "a.b", String(repeating: "a", count: 65), "a\u{0}"])
    func whatCouldNotBeInAnAddressIsNoName(name: String) throws {
        let body = JSON.object([JSON.Member("name", .string(name)), JSON.Member("content", 1)])
        #expect(throws: Refusal.self) { try Command(.putDocument, body, version: .v2) }
        #expect(throws: Refusal.self) { try Command(.document, body, version: .v2) }
    }

    @Test func whoIsRemovedLeavesNothingToWhoIsCalledLikeHim() async throws {
        try await Self.withDesk { desk in
            _ = try desk.access.addToken("owner", .all)
            let token = try desk.access.addToken("tablet", Rights())
            let admitted = await withCheckedContinuation { continuation in
                desk.access.admit(.token(token), from: "1.2.3.4", isLoopback: false, isForwarded: false) {
                    continuation.resume(returning: $0)
                }
            }
            let tablet = Caller(
                "test", isLocal: true, identity: try admitted.get(), entrance: Entrance(address: "", openness: .never))
            _ = await Self.put(desk, "a", 1, as: tablet)
            let removal = await Self.ask(desk, .removeToken(TokenRequest("tablet")), as: Self.caller("owner"))
            #expect(Self.code(removal) == nil)
            let other = Caller(
                "test", isLocal: true, identity: Identity(.token, name: "tablet", Account(.all)),
                entrance: Entrance(address: "", openness: .never))
            #expect(Self.code(await Self.get(desk, "a", as: other)) == "not_found")
        }
    }

    /// Against a dictionary, with the hub started again now and then.
    @Test(arguments: 0..<6) func whatWasAnsweredIsThereAfterARestart(seed: UInt64) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        var random = SplitMix(seed: seed)
        var model: [String: JSON] = [:]
        var newest = 0.0
        for _ in 0..<4 {
            try await Self.withDesk(.file(folder.path + "/a.db")) { desk in
                for _ in 0..<25 {
                    let owner = ["", "anna", "ben"].randomElement(using: &random) ?? ""
                    let isShared = Int.random(in: 0..<4, using: &random) == 0
                    let name = ["a", "b", "c"].randomElement(using: &random) ?? ""
                    let place = (isShared ? "shared" : "user " + owner) + "/" + name
                    let isDeleting = Int.random(in: 0..<4, using: &random) == 0
                    let content = isDeleting ? JSON.null : .number(Double(Int.random(in: 0..<1000, using: &random)))
                    let reply = await Self.put(desk, name, content, shared: isShared, as: Self.caller(owner))
                    if isDeleting, model[place] == nil {
                        #expect(Self.code(reply) == "not_found")
                        continue
                    }
                    model[place] = isDeleting ? nil : content
                    let revision = Self.json(reply)?["revision"]?.number ?? 0
                    #expect(revision > newest)
                    newest = revision
                }
            }
            try await Self.withDesk(.file(folder.path + "/a.db")) { desk in
                for owner in ["", "anna", "ben"] {
                    for name in ["a", "b", "c"] {
                        let own = Self.json(await Self.get(desk, name, as: Self.caller(owner)))?["content"]
                        #expect(own == model["user \(owner)/\(name)"])
                        let shared = Self.json(await Self.get(desk, name, shared: true, as: Self.caller(owner)))
                        #expect(shared?["content"] == model["shared/\(name)"])
                    }
                }
            }
        }
    }
}
