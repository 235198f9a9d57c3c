import KomokuDesk
import NIOHTTP1
import Testing

@testable import KomokuServer

struct CredentialsReadingTests {
    @Test(
        arguments: [
            ([], nil, Credentials.none), ([("Authorization", "Bearer komoku_x")], nil, .token("komoku_x")),
            ([("authorization", "bearer  komoku_x")], "token=y", .token("komoku_x")),
            ([], "a=b&token=y&c", .token("y")),
            (
                [("Authorization", "Basic YW5uYTpjb3JyZWN0IGhvcnNl")], nil,
                .password(name: "anna", password: "correct horse")
            ),
            ([("Authorization", "Basic YW5uYTphOmI=")], nil, .password(name: "anna", password: "a:b")),
            ([("Authorization", "Basic Og==")], nil, .password(name: "", password: "")),
            ([("Cookie", "a=b; komoku_session=x; c=d")], nil, .session("x")),
            ([("Cookie", "a=b"), ("Cookie", "komoku_session=x=y")], nil, .session("x=y")),
            ([("Cookie", "a")], "token", .none),
        ] as [([(String, String)], String?, Credentials)])
    func aRequestSaysWhoAsks(headers: [(String, String)], query: String?, credentials: Credentials) {
        #expect(Credentials.read(HTTPHeaders(headers), query: query) == credentials)
    }

    /// What cannot be read is not to be taken for nothing.
    @Test(arguments: [
        "", "Bearer", "Digest x", "Basic", "Basic !", "Basic YW5uYQ==", "Basic /////w==", "Basic ====", "Negotiate abc",
    ])
    func whatCannotBeReadIsRefused(authorization: String) {
        #expect(Credentials.read(["Authorization": authorization], query: nil) == nil)
    }

    @Test func twoHeadersAreOneTooMany() {
        #expect(
            Credentials.read(HTTPHeaders([("Authorization", "Bearer a"), ("Authorization", "Bearer b")]), query: nil)
                == nil)
    }

    @Test func aCertificateCountsWhereNothingElseIsSaid() {
        #expect(Credentials.read([:], query: nil, certificate: "tablet") == .certificate(name: "tablet"))
        #expect(Credentials.read(["Authorization": "Bearer a"], query: nil, certificate: "tablet") == .token("a"))
    }
}
