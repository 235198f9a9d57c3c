internal import NIOConcurrencyHelpers
internal import NIOCore

/// The bytes of answers that are being made, wait, or were handed to a socket that has not taken them, of all connections.
///
/// An answer is counted before it is made. Where there is no room, a connection that holds answers and takes nothing of them
/// has to go; where there is none such, the question is refused.
final class AnswerBudget: Sendable {
    private struct Entry {
        /// Of answers that are being made.
        var reserved = 0
        /// Of those that are there.
        var held = 0
        /// When the client took something last, or held nothing.
        var progress = NIODeadline.now()
        let leave: @Sendable () -> Void

        var bytes: Int { reserved + held }
    }

    private struct State {
        var entries: [Int: Entry] = [:]
        var used = 0
        var count = 0
    }

    private let state = NIOLockedValueBox(State())
    private let capacity: Int
    private let patience: TimeAmount

    /// - Parameter patience: how long one may hold answers and take nothing while others want room.
    init(capacity: Int, patience: TimeAmount) {
        self.capacity = capacity
        self.patience = patience
    }

    var used: Int { state.withLockedValue { $0.used } }

    /// - Parameter leave: ends the connection; called on any thread.
    func open(leave: @escaping @Sendable () -> Void) -> AnswerAccount {
        let number = state.withLockedValue { state in
            state.count += 1
            state.entries[state.count] = Entry(leave: leave)
            return state.count
        }
        return AnswerAccount(budget: self, number: number)
    }

    fileprivate func reserve(_ bytes: Int, for number: Int, limit: Int) -> AnswerAccount.Reservation {
        let (result, leave) = state.withLockedValue { state -> (AnswerAccount.Reservation, (@Sendable () -> Void)?) in
            guard let entry = state.entries[number] else { return (.made, nil) }
            // A single answer may be larger.
            guard entry.bytes <= limit / 4 || entry.bytes + bytes <= limit else { return (.connectionIsFull, nil) }
            var leave: (@Sendable () -> Void)?
            if state.used + bytes > capacity { leave = removeStalled(&state, except: number) }
            guard state.used + bytes <= capacity else { return (.hubIsBusy, leave) }
            state.used += bytes
            state.entries[number]?.reserved += bytes
            return (.made, leave)
        }
        leave?()
        return result
    }

    /// Of those that take nothing the one that holds most.
    private func removeStalled(_ state: inout State, except number: Int) -> (@Sendable () -> Void)? {
        let latest = NIODeadline.now() - patience
        let stalled = state.entries.filter { $0.key != number && $0.value.held > 0 && $0.value.progress <= latest }
        guard let worst = stalled.max(by: { $0.value.bytes < $1.value.bytes }) else { return nil }
        state.entries[worst.key] = nil
        state.used -= worst.value.bytes
        return worst.value.leave
    }

    fileprivate func release(_ bytes: Int, of number: Int) {
        state.withLockedValue { state in
            guard let entry = state.entries[number] else { return }
            let released = min(bytes, entry.reserved)
            state.entries[number]?.reserved -= released
            state.used -= released
        }
    }

    fileprivate func hold(_ bytes: Int, by number: Int) {
        state.withLockedValue { state in
            guard let entry = state.entries[number] else { return }
            state.used += bytes - entry.held
            if bytes < entry.held || entry.held == 0 { state.entries[number]?.progress = .now() }
            state.entries[number]?.held = bytes
        }
    }

    fileprivate func bytes(of number: Int) -> Int { state.withLockedValue { $0.entries[number]?.bytes ?? 0 } }

    fileprivate func close(_ number: Int) {
        state.withLockedValue { state in
            if let entry = state.entries.removeValue(forKey: number) { state.used -= entry.bytes }
        }
    }
}

/// One connection's part of the budget.
struct AnswerAccount: Sendable {
    enum Reservation: Hashable, Sendable {
        case made
        /// The answers that the client asked for are too large together.
        case connectionIsFull
        /// Those of all clients are.
        case hubIsBusy
    }

    fileprivate let budget: AnswerBudget
    fileprivate let number: Int

    /// Counts an answer that is to be made.
    ///
    /// - Parameter limit: what the connection may hold together.
    func reserve(_ bytes: Int, limit: Int) -> Reservation { budget.reserve(bytes, for: number, limit: limit) }

    /// It was made, or not.
    func release(_ bytes: Int) {
        if bytes > 0 { budget.release(bytes, of: number) }
    }

    /// Tells what is there and not read yet.
    func hold(_ bytes: Int) { budget.hold(bytes, by: number) }

    var bytes: Int { budget.bytes(of: number) }

    func close() { budget.close(number) }
}
