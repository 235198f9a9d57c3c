import Dispatch
import Synchronization

/// Runs `body` on the cooperative pool and blocks until it ends: for the main thread, which serves nothing else.
@discardableResult
func waitFor<Success: Sendable>(_ body: @escaping @Sendable () async throws -> Success) throws -> Success {
    let outcome = Outcome<Success>()
    let done = DispatchSemaphore(value: 0)
    Task.detached {
        do {
            let success = try await body()
            outcome.result.withLock { $0 = .success(success) }
        } catch {
            outcome.result.withLock { $0 = .failure(error) }
        }
        done.signal()
    }
    done.wait()
    guard let result = outcome.result.withLock({ $0 }) else { throw CancellationError() }
    return try result.get()
}

private final class Outcome<Success: Sendable>: Sendable {
    let result = Mutex<Result<Success, any Error>?>(nil)
}
