import KomokuDesk
import KomokuStore
import KomokuWire
import Logging

/// Makes a token in the database while no hub has it open: the first one, or where nobody can come in any more.
struct TokenMaking {
    let store: Store.Configuration
    let logger: Logger

    /// - Returns: the secret of a token that may do everything.
    /// - Throws: `Store.Error`, also where a hub has the database open; else `Refusal`.
    func run(_ name: String) throws -> String {
        let store = try Store(store, logger: logger)
        defer { store.close() }
        let secret = try AccessControl(store: store).addToken(name, .all)
        let outcome = try waitFor {
            await withCheckedContinuation { continuation in
                store.commit { continuation.resume(returning: $0) }
            }
        }
        guard outcome == .durable else { throw Refusal.store("the token could not be stored") }
        return secret
    }
}
