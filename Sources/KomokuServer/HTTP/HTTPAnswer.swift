internal import NIOHTTP1

/// What a request is answered with where the answer is whole; also an upgrade that was refused.
struct HTTPAnswer: Sendable {
    var status: HTTPResponseStatus
    var headers: HTTPHeaders
    var content: [UInt8]
    var type: MediaType

    init(status: HTTPResponseStatus = .ok, headers: HTTPHeaders = [:], content: [UInt8], type: MediaType = .json) {
        (self.status, self.headers, self.content, self.type) = (status, headers, content, type)
    }

    init(status: HTTPResponseStatus, headers: HTTPHeaders = [:], body: String) {
        self.init(status: status, headers: headers, content: Array(body.utf8), type: .text)
    }

    static func badRequest(_ reason: String) -> HTTPAnswer { HTTPAnswer(Problem.badRequest(reason)) }

    /// The value is what the client has already.
    static func unchanged(_ headers: HTTPHeaders) -> HTTPAnswer {
        HTTPAnswer(status: .notModified, headers: headers, content: [])
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
        // Under which names it is known, a trusted proxy decides.
        let origin = policy.origination(of: head.headers)
        if origin.isTrusted { return nil }
        guard origin.isForwarded || hosts.allSatisfy(policy.isMeant) else {
            return HTTPAnswer(
                .notAllowed("this hub is only called localhost, or by an address that it listens on"))
        }
        return nil
    }

    /// Where nobody can say where the body of a request ends, as others that read it may see it differently.
    static func obscurity(of head: HTTPRequestHead) -> HTTPAnswer? {
        let codings = head.headers["Transfer-Encoding"]
        guard !codings.isEmpty else { return nil }
        let isPlain = codings.count == 1 && codings[0].lowercased().utf8.elementsEqual("chunked".utf8)
        guard !isPlain || head.version != .http1_1 || head.headers.contains(name: "Content-Length") else { return nil }
        return HTTPAnswer(
            Problem(
                status: .notImplemented, code: "invalid_query",
                detail: "the only 'Transfer-Encoding' of a body here is chunked, without a 'Content-Length'",
                headers: ["Connection": "close"]))
    }

    /// Where a page of another site is behind a request that a browser sends without asking anybody.
    static func intrusion(of head: HTTPRequestHead, _ policy: UpgradePolicy) -> HTTPAnswer? {
        let host = policy.origination(of: head.headers).host ?? head.headers.first(name: "Host")
        // A picture of a foreign page is asked for without an 'Origin'; a link to here may be followed.
        let isForeign =
            head.headers.first(name: "Sec-Fetch-Site") == "cross-site"
            && head.headers.first(name: "Sec-Fetch-Mode") != "navigate"
        guard !isForeign, UpgradePolicy.isTrusted(origin: head.headers.first(name: "Origin"), host: host) else {
            return HTTPAnswer(.notAllowed("pages of other sites may not talk to this hub"))
        }
        return nil
    }
}
