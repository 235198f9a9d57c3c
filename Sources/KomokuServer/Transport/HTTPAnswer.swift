internal import KomokuDesk
internal import KomokuWire
internal import NIOCore
internal import NIOHTTP1

/// What a plain request is answered with, and an upgrade that was refused.
struct HTTPAnswer {
    var status: HTTPResponseStatus
    var headers: HTTPHeaders
    var body: String

    init(status: HTTPResponseStatus, headers: HTTPHeaders = [:], body: String) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    static func badRequest(_ reason: String) -> HTTPAnswer { HTTPAnswer(status: .badRequest, body: reason + "\n") }

    init(to head: HTTPRequestHead, policy: UpgradePolicy, health: () -> Health = { Health() }) {
        let path = String(head.uri.prefix { $0 != "?" })
        if let refusal = Self.misdirection(of: head, policy) {
            self = refusal
        } else if Self.wantsWebSocket(head), policy.version(ofPath: path) != nil {
            self =
                Handshake.refusal(of: head)
                ?? .badRequest("a WebSocket begins with the first request of a connection")
        } else if !Self.paths.contains(path) {
            self = HTTPAnswer(status: .notFound, body: "nothing is here\n")
        } else if head.method != .GET, head.method != .HEAD {
            self = HTTPAnswer(
                status: .methodNotAllowed, headers: ["Allow": "GET, HEAD"], body: "only GET is answered\n")
        } else if path == "/" {
            self = HTTPAnswer(status: .ok, body: Self.page(policy))
        } else {
            let fault = path == "/-/ready" ? health().hindrance : health().illness
            self = HTTPAnswer(status: fault == nil ? .ok : .serviceUnavailable, body: (fault ?? "ok") + "\n")
        }
    }

    private static let paths: Set = ["/", "/-/healthy", "/-/ready"]

    private static func wantsWebSocket(_ head: HTTPRequestHead) -> Bool {
        head.headers[canonicalForm: "upgrade"].contains { $0.lowercased() == "websocket" }
    }

    /// Where a request is not for this hub.
    ///
    /// - Returns: nil where it is.
    static func misdirection(of head: HTTPRequestHead, _ policy: UpgradePolicy) -> HTTPAnswer? {
        let hosts = head.headers["Host"]
        // A browser always sends it, and RFC 9112, section 3.2, demands it.
        guard hosts.count == 1 || (hosts.isEmpty && head.version == .http1_0) else {
            return .badRequest("a request has one 'Host'")
        }
        guard hosts.allSatisfy(policy.isMeant) else {
            return HTTPAnswer(
                status: .forbidden, body: "this hub is only called localhost, or by an address that it listens on\n")
        }
        return nil
    }

    private static func page(_ policy: UpgradePolicy) -> String {
        """
        This is Komoku, a home-automation hub.

        A WebSocket at / speaks version \(policy.rootVersion.rawValue) of its protocol; /v1 and /v2 speak the one they name.
        /-/healthy answers ok while the hub runs and stores, /-/ready while it is connected to its broker, too. On the command line: komoku watch '**'

        """
    }
}
