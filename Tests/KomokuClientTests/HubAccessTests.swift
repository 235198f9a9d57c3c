import Komoku
import KomokuTesting
import KomokuWire
import NIOHTTP1
import Testing

@testable import KomokuClient

struct HubAccessTests {
    @Test(arguments: [
        ("ws://h", "ws://h:7274"), ("http://h:80", "ws://h:80"), ("wss://h", "wss://h:7274"),
        ("HTTPS://h:443/", "wss://h:443"), ("[::1]", "ws://[::1]:7274"), ("unix:/run/k.sock", "unix:/run/k.sock"),
        ("unix:///run/k.sock", "unix:/run/k.sock"),
    ])
    func addressesAreReadAndWritten(text: String, written: String) throws {
        #expect("\(try HubAddress(text))" == written)
    }

    @Test(arguments: [
        ("ftp://h", "are known"), ("unix:k.sock", "absolute path"), ("unix://k.sock", "absolute path"),
        ("unix:/" + String(repeating: "k", count: 108), "at most 107"), ("wss://", "names no host"),
        ("wss://secret@h", "does not belong in an address"), ("ws://h:0", "not a port"), ("ws://h/v1", "version 1"),
    ])
    func whatIsNoAddressIsSaid(text: String, words: String) {
        let error = #expect(throws: ClientError.self) { try HubAddress(text) }
        #expect("\(error ?? .unshaped)".contains(words), "\(error as Any)")
        #expect(!"\(error ?? .unshaped)".contains("secret"))
    }

    @Test func aTokenIsSentAndNeverShown() async throws {
        let hub = try await FakeHub(token: ("s3cret", .unauthorized)) { _, _ in .messages([["result": 1]]) }
        let access = HubAccess(token: HubAccess.Token("s3cret"))
        #expect(!"\(access) \(String(reflecting: access))".contains("s3cret"))
        let client = Client(try hub.address, access: access)
        #expect(try await client.get("a") == 1)
        await client.close()
        await hub.stop()
    }

    @Test(arguments: [
        (HTTPResponseStatus.unauthorized, true, "it refuses the token (a sentence of the hub)"),
        (.unauthorized, false, "give a token with --token-file or KOMOKU_TOKEN"),
        (.forbidden, true, "it says (a sentence of the hub)"), (.tooManyRequests, true, "wait a minute"),
        (.notFound, true, "but with 404 (a sentence of the hub)"),
    ])
    func whoIsNotLetInLearnsWhy(status: HTTPResponseStatus, hasToken: Bool, words: String) async throws {
        let hub = try await FakeHub(token: ("right", status)) { _, _ in .silence }
        let client = Client(try hub.address, access: HubAccess(token: hasToken ? HubAccess.Token("wrong") : nil))
        let error = await #expect(throws: ClientError.self) { try await client.get("a") }
        #expect("\(error ?? .unshaped)".contains(words), "\(error as Any)")
        #expect(!"\(error ?? .unshaped)".contains("wrong"))
        await client.close()
        await hub.stop()
    }

    @Test func aWrongPasswordIsCalledSo() async throws {
        let hub = try await FakeHub(token: ("right", .unauthorized)) { _, _ in .silence }
        let client = Client(
            try hub.address, access: HubAccess(token: HubAccess.Token(user: "anna", password: "wrong")))
        let error = await #expect(throws: ClientError.self) { try await client.get("a") }
        let text = "\(error ?? .unshaped)"
        #expect(text.contains("it refuses the name or the password (a sentence of the hub)"), "\(text)")
        #expect(!text.contains("token"))
        await client.close()
        await hub.stop()
    }

    @Test func aHubIsReachedThroughASocketInTheFileSystem() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let path = folder.path("hub.sock")
        let hub = try await FakeHub(socket: path) { _, _ in .messages([["result": 1]]) }
        let client = Client(try HubAddress("unix:" + path))
        #expect(try await client.get("a") == 1)
        await client.close()
        await hub.stop()
        let gone = Client(try HubAddress("unix:" + folder.path("none.sock")))
        let error = await #expect(throws: ClientError.self) { try await gone.get("a") }
        #expect("\(error ?? .unshaped)".contains("none.sock: no such file or directory"), "\(error as Any)")
        await gone.close()
    }

    @Test(arguments: ["", "a b", "a\r\nX: y", "ä", String(repeating: "a", count: 4097)])
    func whatCannotBeATokenIsNone(text: String) {
        #expect(HubAccess.Token(text) == nil)
    }
}
