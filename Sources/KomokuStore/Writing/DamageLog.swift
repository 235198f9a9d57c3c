import Komoku
import Logging
import Synchronization

/// Remembers which blocks were found damaged, so that each is counted and logged once.
final class DamageLog: Sendable {
    private let logger: Logger
    private let seen = Mutex<Set<DamagedBlock>>([])
    /// Blocks that are told apart; more are neither counted nor logged.
    private static let limit = 1000

    init(logger: Logger) {
        self.logger = logger
    }

    var count: Int { seen.withLock { $0.count } }

    func report(_ block: DamagedBlock) {
        let isNew = seen.withLock { $0.count < Self.limit && $0.insert(block).inserted }
        guard isNew else { return }
        logger.error(
            "a block is damaged and left out",
            metadata: [
                "key.id": "\(block.key.rawValue)", "block.start": "\(block.start.seconds)", "error": "\(block.reason)",
            ])
    }
}
