import KomokuDesk
import NIOHTTP1
import Testing

@testable import KomokuServer

struct CredentialsReadingTests {
    @Test(
        arguments: [
            ([], nil, Credentials.none), ([("Authorization", "Bearer komoku_x")], nil, .token("komoku_x")),
            ([("authorization", "bearer  komoku_x")], "y", .token("komoku_x")),
            ([], "y", .token("y")),
            (
                [("Authorization", "Basic YW5uYTpjb3JyZWN0IGhvcnNl")], nil,
                .password(name: "anna", password: "correct horse")
            ),
            ([("Authorization", "Basic YW5uYTphOmI=")], nil, .password(name: "anna", password: "a:b")),
            ([("Authorization", "Basic Og==")], nil, .password(name: "", password: "")),
            ([("Cookie", "a=b; komoku_session=x; c=d")], nil, .session("x")),
            ([("Cookie", "a=b"), ("Cookie", "komoku_session=x=y")], nil, .session("x=y")),
            ([("Cookie", "a")], nil, .none),
        ] as [([(String, String)], String?, Credentials)])
    func aRequestSaysWhoAsks(headers: [(String, String)], query: String?, credentials: Credentials) {
        #expect(Credentials.read(HTTPHeaders(headers), token: query) == credentials)
    }

    /// What cannot be read is not to be taken for nothing.
    @Test(arguments: [
        "", "Bearer", "Digest x", "Basic", "Basic !", "Basic YW5uYQ==", "Basic /////w==", "Basic ====", "Negotiate abc",
    ])
    func whatCannotBeReadIsRefused(authorization: String) {
        #expect(Credentials.read(["Authorization": authorization], token: nil) == nil)
    }

    @Test func twoHeadersAreOneTooMany() {
        #expect(
            Credentials.read(HTTPHeaders([("Authorization", "Bearer a"), ("Authorization", "Bearer b")]), token: nil)
                == nil)
    }

    private let certificate = PeerCertificate(fingerprint: "ab", name: "tablet")

    @Test func aCertificateCountsWhereNothingElseIsSaid() {
        #expect(
            Credentials.read([:], token: nil, certificate: certificate)
                == .certificate(name: "tablet", fingerprint: "ab"))
        #expect(Credentials.read(["Authorization": "Bearer a"], token: nil, certificate: certificate) == .token("a"))
    }
}
