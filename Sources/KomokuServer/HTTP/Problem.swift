internal import Komoku
internal import KomokuWire
internal import NIOHTTP1

/// Why a request was not carried out (RFC 9457), with the same codes as on the WebSocket.
struct Problem: Error, Sendable {
    var status: HTTPResponseStatus
    /// The word that programs read.
    var code: String
    /// A sentence for people.
    var detail: String?
    var headers: HTTPHeaders = [:]

    static func badRequest(_ detail: String) -> Problem {
        Problem(status: .badRequest, code: "invalid_query", detail: detail)
    }

    /// Which of them counts nobody can say.
    static func repeated(_ name: String) -> Problem {
        .badRequest("'\(name.prefix(100))' is given more than once; it has one value")
    }

    static func notAcceptable(_ types: [MediaType]) -> Problem {
        Problem(
            status: .notAcceptable, code: "invalid_query",
            detail: "this is told as \(types.map(\.name).joined(separator: ", ")), which 'Accept' does not allow")
    }

    static func notFound(_ detail: String) -> Problem { Problem(status: .notFound, code: "not_found", detail: detail) }

    static func notAllowed(_ detail: String) -> Problem {
        Problem(status: .forbidden, code: "not_allowed", detail: detail)
    }

    static func tooLarge(_ most: Int) -> Problem {
        Problem(
            status: .payloadTooLarge, code: "too_large", detail: "a body has at most \(most) bytes here",
            headers: ["Connection": "close"])
    }

    static let busy = Problem(.busy)

    static let bodiesTooMany = Problem(
        status: .serviceUnavailable, code: "busy",
        detail: "the hub is being sent too much at once; send it again in a moment",
        headers: ["Retry-After": "1", "Connection": "close"])

    var body: [UInt8] {
        var members: [JSON.Member] = [
            JSON.Member("title", .string(status.reasonPhrase)), JSON.Member("status", .number(Double(status.code))),
            JSON.Member("code", .string(code)),
        ]
        if let detail { members.append(JSON.Member("detail", .string(detail))) }
        return JSON.object(members).bytes + [UInt8(ascii: "\n")]
    }
}

extension Problem {
    init(_ refusal: Refusal) {
        self.init(status: Self.statuses[refusal.code] ?? .badRequest, code: refusal.code, detail: refusal.message)
        if status == .serviceUnavailable { headers = ["Retry-After": "1"] }
    }

    /// Of a command that cannot be read: what is wrong is said in the request, and not missing from the house.
    static func unreadable(_ refusal: Refusal) -> Problem {
        var problem = Problem(refusal)
        if problem.status == .notFound { problem.status = .badRequest }
        return problem
    }

    private static let statuses: [String: HTTPResponseStatus] = [
        "invalid_value": .unprocessableEntity, "type_mismatch": .unprocessableEntity,
        "invalid_type": .unprocessableEntity,
        "unknown_value_type": .unprocessableEntity, "type_not_provided": .unprocessableEntity,
        // A name that cannot be one is refused where a command is read: 'unreadable'.
        "invalid_key": .notFound, "not_found": .notFound, "not_allowed": .forbidden, "key_exists": .conflict,
        "exists": .conflict, "conflict": .conflict, "unauthorized": .unauthorized, "throttled": .tooManyRequests,
        "busy": .serviceUnavailable, "store_failed": .serviceUnavailable,
    ]
}

extension HTTPAnswer {
    init(_ problem: Problem) {
        self.init(status: problem.status, headers: problem.headers, content: problem.body, type: .problem)
    }
}
