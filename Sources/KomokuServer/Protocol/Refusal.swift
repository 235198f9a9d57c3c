internal import Komoku
internal import KomokuHub
internal import KomokuStore

/// Why a command was not carried out.
struct Refusal: Error, Hashable, Sendable {
    /// The word that programs read.
    let code: String
    /// A sentence for people; only the second protocol tells it.
    let message: String?

    init(_ error: CommandError, _ message: String? = nil) {
        self.init(code: error.rawValue, message)
    }

    private init(code: String, _ message: String?) {
        self.code = code
        self.message = message
    }

    static let invalidJSON = Refusal(.invalidJSON)
    static let invalidQuery = Refusal(.invalidQuery)
    static let invalidKey = Refusal(.invalidKey)
    static let invalidValue = Refusal(.invalidValue)

    static func invalidQuery(_ message: String) -> Refusal { Refusal(.invalidQuery, message) }

    static func unknownKey(_ name: KeyName) -> Refusal { Refusal(.invalidKey, "there is no key '\(name)'") }

    /// The store could not read or write what was asked for.
    static func store(_ error: Store.Error) -> Refusal { Refusal(code: "store_failed", error.description) }

    static let storeFailed = Refusal(code: "store_failed", nil)

    /// There is no such rule, cell or note.
    static func notFound(_ message: String) -> Refusal { Refusal(code: "not_found", message) }

    static let tooManyPatterns = Refusal(
        .invalidQuery,
        "a connection has at most \(Hub.maximumPatterns) patterns, all together \(Hub.maximumPatternsOfAll); "
            + "end some with 'unsub', or write wider ones")

    /// The answers that are being made and wait to be read leave no room.
    static let busy = Refusal(
        code: "busy", "the hub holds as many answers as it may that others have not read yet; ask again in a moment")

    static func notAllowed(_ message: String) -> Refusal { Refusal(code: "not_allowed", message) }

    init(_ error: Hub.MoveError) {
        switch error {
        case .refused(.typeMismatch): self.init(.typeMismatch, "only keys of one type can be merged")
        case .refused(let error): self.init(error)
        case .unknown(let name): self = .unknownKey(name)
        case .keyExists(let name): self.init(code: "key_exists", "a key '\(name)' exists; merge into it instead")
        case .busy(let name): self.init(.invalidQuery, "'\(name)' is being merged, or would be merged into itself")
        case .store(let error): self = .store(error)
        }
    }
}
