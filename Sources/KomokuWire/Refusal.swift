public import Komoku

/// Why a command was not carried out.
public struct Refusal: Error, Hashable, Sendable {
    /// The word that programs read.
    public let code: String
    /// A sentence for people; only the second protocol has it.
    public let message: String?

    public init(_ error: CommandError, _ message: String? = nil) {
        self.init(code: error.rawValue, message)
    }

    public init(code: String, _ message: String? = nil) {
        self.code = code
        self.message = message
    }

    package static let invalidJSON = Refusal(.invalidJSON)
    package static let invalidQuery = Refusal(.invalidQuery)
    package static let invalidKey = Refusal(.invalidKey)
    package static let invalidValue = Refusal(.invalidValue)
    package static let storeFailed = Refusal(code: "store_failed")
    /// The answers that are being made and wait to be read leave no room.
    package static let busy = Refusal(
        code: "busy", "the hub holds as many answers as it may that others have not read yet; ask again in a moment")

    package static func invalidQuery(_ message: String) -> Refusal { Refusal(.invalidQuery, message) }
    package static func unknownKey(_ name: KeyName) -> Refusal { Refusal(.invalidKey, "there is no key '\(name)'") }
    /// There is no such rule, cell or notification.
    package static func notFound(_ message: String) -> Refusal { Refusal(code: "not_found", message) }
    package static func notAllowed(_ message: String) -> Refusal { Refusal(code: "not_allowed", message) }
    /// Nobody knows who asks, or he is not who he says.
    package static func unauthorized(_ message: String) -> Refusal { Refusal(code: "unauthorized", message) }
    package static func keyExists(_ message: String) -> Refusal { Refusal(code: "key_exists", message) }
    /// What is there is not what it was made of.
    package static func conflict(_ message: String) -> Refusal { Refusal(code: "conflict", message) }
    package static func store(_ message: String) -> Refusal { Refusal(code: "store_failed", message) }

    /// Without its sentence, as both old servers answered.
    var bare: Refusal { Refusal(code: code) }
}
