internal import Dispatch
package import Komoku
internal import Synchronization

/// Gathers what happens on other threads, for a test that waits until enough has.
package final class Collector<Element: Sendable>: Sendable {
    private struct Waiter {
        let id: Int
        let isEnough: @Sendable ([Element]) -> Bool
        let continuation: CheckedContinuation<[Element], any Error>
    }

    private struct State {
        var elements: [Element] = []
        var waiters: [Waiter] = []
        var nextID = 0
    }

    /// The time is up.
    package struct Timeout: Error, CustomStringConvertible {
        package let description: String
    }

    private let state = Mutex(State())

    package init() {}

    package var elements: [Element] { state.withLock { $0.elements } }

    package func append(_ element: Element) {
        append(contentsOf: [element])
    }

    package func append(contentsOf new: [Element]) {
        let (elements, ready) = state.withLock { state in
            state.elements += new
            let elements = state.elements
            let ready = state.waiters.filter { $0.isEnough(elements) }
            state.waiters.removeAll { waiter in ready.contains { $0.id == waiter.id } }
            return (elements, ready)
        }
        for waiter in ready { waiter.continuation.resume(returning: elements) }
    }

    package func removeAll() {
        state.withLock { $0.elements = [] }
    }

    /// All elements, once they are enough.
    ///
    /// - Throws: `Timeout` where they are not in time.
    @discardableResult
    package func wait(
        within limit: Duration = .seconds(20), until isEnough: @escaping @Sendable ([Element]) -> Bool
    ) async throws -> [Element] {
        try await withCheckedThrowingContinuation { continuation in
            let id: Int? = state.withLock { state in
                if isEnough(state.elements) { return nil }
                state.nextID += 1
                state.waiters.append(Waiter(id: state.nextID, isEnough: isEnough, continuation: continuation))
                return state.nextID
            }
            guard let id else { return continuation.resume(returning: elements) }
            let deadline = DispatchTime.now() + .microseconds(Int(limit.microseconds))
            DispatchQueue.global().asyncAfter(deadline: deadline) { self.giveUp(id, limit) }
        }
    }

    /// At least so many elements.
    @discardableResult
    package func wait(for count: Int, within limit: Duration = .seconds(20)) async throws -> [Element] {
        try await wait(within: limit) { $0.count >= count }
    }

    private func giveUp(_ id: Int, _ limit: Duration) {
        let (waiter, elements) = state.withLock { state in
            let waiter = state.waiters.first { $0.id == id }
            state.waiters.removeAll { $0.id == id }
            return (waiter, state.elements)
        }
        let last = elements.suffix(5).map { "\($0)" }.joined(separator: ", ")
        waiter?.continuation.resume(
            throwing: Timeout(description: "not within \(limit): \(elements.count) elements, the last \(last)"))
    }
}
