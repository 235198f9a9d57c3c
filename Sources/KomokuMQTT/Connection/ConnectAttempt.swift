internal import KomokuSystem
internal import Synchronization

/// A connection that is being made, on a thread of its own: looking up a host, or waiting for one that is switched off,
/// takes minutes, and meanwhile commands have to fail in time and the hub has to be able to stop.
final class ConnectAttempt: Sendable {
    // Belongs to the attempt's thread until there is an outcome, and to the owner of the attempt afterwards.
    nonisolated(unsafe) private let connection: Connection
    private let wakeUp: WakeUp
    private let result = Mutex<Result<Void, Connection.Failure>?>(nil)

    /// - Parameter wakeUp: signalled when there is an outcome.
    init(_ connection: Connection, wakeUp: WakeUp) {
        self.connection = connection
        self.wakeUp = wakeUp
    }

    func start() {
        do throws(SystemError) {
            try WorkerThread(name: "komoku-connect").start { [self] in run() }
        } catch {
            // Tried again like a broker that cannot be reached.
            end(.failure(Connection.Failure(reason: error.description)))
        }
    }

    private func run() {
        do throws(Connection.Failure) {
            end(.success(try connection.connect()))
        } catch {
            end(.failure(error))
        }
    }

    private func end(_ outcome: Result<Void, Connection.Failure>) {
        result.withLock { $0 = outcome }
        wakeUp.signal()
    }

    /// Nil as long as nobody knows.
    var outcome: Result<Void, Connection.Failure>? { result.withLock { $0 } }
}
