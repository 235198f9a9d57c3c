import Komoku
import KomokuTesting
import KomokuYAML
import Synchronization
import Testing

@testable import KomokuMQTT

struct BrokerLoginTests {
    @Test(
        arguments: [
            ("mqtt://10.0.0.1", nil, nil, "mqtt://10.0.0.1", 1883),
            ("mqtt://hub:secret@10.0.0.1:1884", "hub", "secret", "mqtt://10.0.0.1:1884", 1884),
            ("mqtts://hub@broker", "hub", nil, "mqtts://broker", 8883),
            ("mqtt://hub:@broker", "hub", "", "mqtt://broker", 1883),
            ("mqtt://a%40b:p%3A%25%c3%a9@broker", "a@b", "p:%é", "mqtt://broker", 1883),
            ("mqtt://hub:p@ss:word@[::1]:1999/", "hub", "p@ss:word", "mqtt://[::1]:1999/", 1999),
        ] as [(String, String?, String?, String, Int)])
    func anAddressMayHaveALogin(text: String, name: String?, word: String?, url: String, port: Int) throws {
        let login = try BrokerLogin(parsing: text)
        #expect(login.username == name && login.password?.reveal() == word)
        #expect(login.url == url && login.address.port == port)
    }

    @Test(arguments: [
        "mqtt://:secret@broker", "mqtt://hub:secret%2@broker", "mqtt://hub:secret%zz@broker",
        "http://hub:secret@broker", "mqtt://hub:secret@", "mqtt://hub:secret@broker:99999",
    ])
    func aMistakeIsToldWithoutThePassword(text: String) {
        let error = #expect(throws: BrokerAddress.Invalid.self) { try BrokerLogin(parsing: text) }
        #expect(error?.description.contains("secret") == false)
    }
}

struct DiscoveryListenerTests {
    /// On a thread of its own, because it blocks.
    private static func listen(_ port: Int, _ login: (name: String, word: String)?) async -> DiscoveryListener.Failure?
    {
        var broker = Broker(address: BrokerAddress(host: "127.0.0.1", port: port), clientID: "x")
        broker.username = login?.name
        broker.password = login.map { Secret($0.word) }
        let failure = Mutex<DiscoveryListener.Failure?>(nil)
        await onOwnThread { [broker] in
            do throws(DiscoveryListener.Failure) {
                let listener = DiscoveryListener(broker, logger: silent)
                _ = try listener.listen(for: .seconds(1), unless: { false }, progress: { _ in })
            } catch {
                failure.withLock { $0 = error }
            }
        }
        return failure.withLock(\.self)
    }

    @Test func aBrokerThatAsksForALoginIsListenedToWithIt() async throws {
        var options = MosquittoBroker.Options()
        options.user = ("komoku", "secret")
        let broker = try MosquittoBroker(options)
        #expect(await Self.listen(broker.port, ("komoku", "secret")) == nil)
        for login in [nil, ("komoku", "wrong")] as [(String, String)?] {
            let failure = await Self.listen(broker.port, login)
            #expect(failure?.isRefusal == true)
            #expect(failure?.description == "the broker refused the login; check username and password")
        }
    }

    @Test func whereNobodyAnswersThatIsToldAtOnce() async throws {
        let failure = await Self.listen(try MosquittoBroker.freePort(), nil)
        #expect(failure?.isRefusal == false && failure?.description.contains("connection refused") == true)
    }
}
