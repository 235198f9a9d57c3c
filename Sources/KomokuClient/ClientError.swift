public import Komoku

/// Why a call to the hub failed.
public enum ClientError: Error, Hashable, Sendable {
    case badAddress(String, reason: String)
    /// Nobody answers there.
    case unreachable(HubAddress, reason: String)
    /// Somebody answers, but not as a hub does.
    case notAHub(HubAddress, reason: String)
    /// The connection ended before the answer came. What was asked for may have been done.
    case disconnected(HubAddress)
    case timedOut(HubAddress)
    /// The hub refused the command.
    case refused(CommandError)
    /// The hub refused with a code that this client does not know.
    case failed(code: String)
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
        case .disconnected(let address):
            "the hub at \(address) ended the connection before it answered"
        case .timedOut(let address):
            "the hub at \(address) did not answer in time"
        case .refused(let error):
            error.explanation
        case .failed(let code):
            "the hub answered with the error '\(code)'"
        }
    }
}

extension CommandError {
    /// The refusal as a sentence.
    public var explanation: String {
        switch self {
        case .invalidJSON: "the hub could not read the command"
        case .invalidQuery: "the hub does not know such a command, or not with these options"
        case .invalidValue: "the key does not take this value, or an option does not"
        case .unknownValueType: "a key holds a number, a text, true or false; this is none of them"
        case .invalidType: "there is no such type; known are numeric, counter, boolean, uptime and string"
        case .typeNotProvided: "a definition needs a type"
        case .typeMismatch: "the key exists with another type; delete it first, or use its type"
        case .invalidKey: "there is no such key, or this cannot be the name of one"
        }
    }
}
