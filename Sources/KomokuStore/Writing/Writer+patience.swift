import Komoku
import KomokuSQLite
import KomokuSystem
import Logging

/// What fails for a moment only.
enum PassingFailure {
    /// Another connection, of another program, holds the lock.
    case lock
    /// Besides, the disk: what it could not do once it may do the next time.
    case lockOrDisk

    func contains(_ error: any Error) -> Bool {
        switch (error as? DatabaseError)?.resultCode {
        case .busy, .lockProtocol: true
        case .ioError: self == .lockOrDisk
        default: false
        }
    }
}

extension Writer {
    /// A clean stop does not wait longer than this for another program.
    private static let patienceWhileStopping = Duration.seconds(5)
    private static let pauses = [20, 50, 100, 200, 500].map { Duration.milliseconds($0) }

    /// Runs `body` as one transaction. Where a fault passes, it runs again, for as long as those that wait for the commit may wait:
    /// nobody is answered meanwhile, and what comes gathers behind it.
    ///
    /// Once storing counts as impossible it runs only once.
    func transact<Result>(_ fault: PassingFailure, _ body: (Database) throws -> Result) throws -> Result {
        let began = Moment.now
        let isFirst = monitor.withLock { $0.mayHaveInventory }
        for attempt in 0... {
            do {
                let result = try database.write { db in
                    if isFirst { try Inventory.remove(db) }
                    return try body(db)
                }
                if isFirst { monitor.withLock { $0.mayHaveInventory = false } }
                return result
            } catch  where fault.contains(error) && isStoring {
                guard pause(Self.pauses[min(attempt, Self.pauses.count - 1)], since: began) else { throw error }
                guard attempt == 0 else { continue }
                logger.warning("a commit waits and is tried again", metadata: ["error": "\(Store.Error.reason(error))"])
            }
        }
        throw Store.Error.closed
    }

    /// - Returns: false where it has been tried for long enough.
    private func pause(_ length: Duration, since began: Moment) -> Bool {
        let (longest, end) = (configuration.commitPatience, Moment.now + length)
        return monitor.wait { state in
            let patience = state.isStopping ? min(longest, Self.patienceWhileStopping) : longest
            if began + patience <= .now { return .result(false) }
            return end <= .now ? .result(true) : .until(end)
        }
    }
}
