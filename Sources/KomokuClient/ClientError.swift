public import Komoku

/// Why a call to the hub failed.
public enum ClientError: Error, Hashable, Sendable {
    case badAddress(String, reason: String)
    /// Nobody answers there.
    case unreachable(HubAddress, reason: String)
    /// Somebody answers, but not as a hub does.
    case notAHub(HubAddress, reason: String)
    /// A file for TLS cannot be used.
    case badFile(String, reason: String)
    /// Somebody answers whose certificate is not to be trusted, or who does not trust this client's.
    case untrusted(HubAddress, reason: String, remedy: String)
    /// The hub does not let this client in: its token, or that it has none.
    case denied(HubAddress, reason: String)
    /// The connection ended before the answer came. What was asked for may have been done.
    case disconnected(HubAddress)
    case timedOut(HubAddress)
    /// The hub refused the command; the message is its own sentence on why, where it gave one.
    case refused(CommandError, message: String? = nil)
    /// The hub refused with a code that this client has no name for.
    case failed(code: String, message: String? = nil)

    /// The error of an answer; nil where the answer is a result.
    init?(in answer: JSON) {
        guard let error = answer["error"] else { return nil }
        let code = error.string ?? error.text
        let message = answer["message"]?.string
        self =
            CommandError(rawValue: code).map { .refused($0, message: message) }
            ?? .failed(code: code, message: message)
    }

    /// What the hub answered cannot be read.
    static let unshaped = unshaped("")

    static func unshaped(_ detail: String) -> ClientError {
        .failed(code: "bad_answer", message: "the hub's answer is not shaped as this client expects\(detail)")
    }

    /// The hub's code for a refusal: `invalid_key`. Nil where it was not the hub that refused.
    public var code: String? {
        switch self {
        case .refused(let error, _): error.rawValue
        case .failed(let code, _): code
        default: nil
        }
    }
}

extension ClientError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .badAddress(let text, let reason):
            "'\(text)' is not the address of a hub: \(reason); write ws://127.0.0.1:7274"
        case .unreachable(let address, let reason):
            "cannot reach the hub at \(address): \(reason); is komokud running?"
        case .notAHub(let address, let reason):
            "what answers at \(address) is no hub: \(reason)"
        case .badFile(let file, let reason):
            "\(file): \(reason)"
        case .untrusted(let address, let reason, let remedy):
            "the hub at \(address) cannot be trusted: \(reason); \(remedy)"
        case .denied(let address, let reason):
            "the hub at \(address) lets nobody in so: \(reason)"
        case .disconnected(let address):
            "the hub at \(address) ended the connection before it answered"
        case .timedOut(let address):
            "the hub at \(address) did not answer in time"
        case .refused(let error, let message):
            message ?? error.explanation
        case .failed(let code, let message):
            message ?? CommandError.sentences[code] ?? "the hub answered with the error '\(code)'"
        }
    }
}

extension CommandError {
    /// The refusal as a sentence.
    public var explanation: String { Self.sentences[rawValue] ?? "the hub refused it: \(rawValue)" }

    /// By code, because a hub may know codes that this client has no case for.
    fileprivate static let sentences = [
        "invalid_json": "the hub could not read the command",
        "invalid_query": "the hub does not know such a command, or not with these options",
        "invalid_value": "the key does not take this value, or an option does not",
        "unknown_value_type": "a key holds a number, a text, true or false; this is none of them",
        "invalid_type": "there is no such type; known are numeric, counter, boolean, uptime and string",
        "type_not_provided": "a definition needs a type",
        "type_mismatch": "the key exists with another type; delete it first, or use its type",
        "invalid_key": "there is no such key, or this cannot be the name of one",
        "key_exists": "there is a key of that name already",
        "not_allowed": "the hub does not allow it",
        "not_found": "the hub has no such rule, cell or notification",
        "store_failed": "the hub could not read its database; its log says why",
    ]
}
