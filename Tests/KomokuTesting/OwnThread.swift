internal import Foundation

/// Runs something that blocks on a thread of its own: there are as few pool threads as processors, and what it waits for
/// may need one of them.
package func onOwnThread(_ body: @escaping @Sendable () -> Void) async {
    await withCheckedContinuation { continuation in
        Thread.detachNewThread {
            body()
            continuation.resume()
        }
    }
}
