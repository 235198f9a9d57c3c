import NIOHTTP1
import Testing

@testable import KomokuServer

struct OriginationTests {
    private static let proxies = ["127.0.0.1", "::1", "10.0.0.0/8", "fd00::/8"].compactMap { Network($0) }

    @Test(arguments: [
        ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("10.0.0.0/9", "10.128.0.1", false),
        ("192.168.1.5", "192.168.1.5", true), ("192.168.1.5", "192.168.1.6", false), ("fd00::/8", "fdff::1", true),
        ("fd00::/8", "fe00::1", false), ("0.0.0.0/0", "8.8.8.8", true), ("10.0.0.0/8", "::ffff:10.0.0.1", true),
        ("10.0.0.0/8", "fd00::1", false), ("10.0.0.0/8", "x", false), ("10.0.0.0/8", "", false),
    ])
    func aNetworkHoldsItsAddresses(network: String, address: String, isInside: Bool) throws {
        #expect(try #require(Network(network)).contains(address) == isInside)
    }

    @Test(arguments: ["", "x", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "::/129", "10.0.0.0/8/8", "10.0.0.0/+8"])
    func whatIsNoNetworkIsNone(text: String) { #expect(Network(text) == nil) }

    @Test(arguments: ["Forwarded", "X-Forwarded-For", "x-forwarded-proto", "X-FORWARDED-HOST", "Via", "X-Real-IP"])
    func anyHeaderOfAProxyTellsThatOneWasThere(name: String) {
        let origin = Origination([name: "x"], peer: "127.0.0.1", proxies: [])
        #expect(origin == Origination(address: "127.0.0.1", isForwarded: true))
        #expect(!Origination([:], peer: "127.0.0.1", proxies: Self.proxies).isForwarded)
    }

    @Test(arguments: [
        // Of a stranger nothing is believed.
        (["X-Forwarded-For": "1.2.3.4"], "8.8.8.8", "8.8.8.8"),
        (["X-Forwarded-For": "1.2.3.4"], "127.0.0.1", "1.2.3.4"),
        // What the client wrote himself stands before what the proxy added.
        (["X-Forwarded-For": "6.6.6.6, 1.2.3.4"], "127.0.0.1", "1.2.3.4"),
        (["X-Forwarded-For": "6.6.6.6, 1.2.3.4, 10.1.1.1"], "127.0.0.1", "1.2.3.4"),
        (["X-Forwarded-For": "127.0.0.1"], "127.0.0.1", "127.0.0.1"),
        (["X-Forwarded-For": "unknown"], "127.0.0.1", "127.0.0.1"), (["X-Real-IP": "1.2.3.4"], "::1", "1.2.3.4"),
        (["Forwarded": "for=192.0.2.60;proto=https;by=203.0.113.43"], "::1", "192.0.2.60"),
        (["Forwarded": "for=6.6.6.6, for=\"[2001:db8::1]:4711\""], "::1", "2001:db8::1"),
        (["Forwarded": "for=\"_hidden, x\";host=\"a,b\""], "::1", "::1"), (["Forwarded": ",;=,\""], "::1", "::1"),
        (["Via": "1.1 proxy"], "::1", "::1"),
    ])
    func theAddressIsTheLastOneThatNoTrustedProxyHas(headers: [String: String], peer: String, address: String) {
        let origin = Origination(HTTPHeaders(Array(headers)), peer: peer, proxies: Self.proxies)
        #expect(origin.address == address && origin.isForwarded)
    }

    @Test func schemeAndHostAreThoseOfATrustedProxy() {
        let headers: HTTPHeaders = [
            "X-Forwarded-For": "1.2.3.4", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "home.example:8443",
        ]
        let trusted = Origination(headers, peer: "10.0.0.2", proxies: Self.proxies)
        #expect(trusted.scheme == "https" && trusted.host == "home.example:8443" && trusted.isTrusted)
        let other = Origination(headers, peer: "11.0.0.2", proxies: Self.proxies)
        #expect(other.scheme == nil && other.host == nil && !other.isTrusted)
        let socket = Origination(headers, peer: nil, proxies: [], trustsSocket: true)
        #expect(socket.address == "1.2.3.4" && socket.isTrusted)
    }
}
