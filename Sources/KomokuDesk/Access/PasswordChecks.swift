internal import Dispatch
internal import Komoku
internal import Synchronization

/// Where passwords are hashed: a thread that has time, and a queue that is bounded, so that nobody can fill it alone.
final class PasswordChecks: Sendable {
    private struct State {
        var waiting = 0
        var byAddress: [String: Int] = [:]
    }

    private let queue = DispatchQueue(label: "komoku.passwords", qos: .utility)
    private let state = Mutex(State())
    private let most: Int
    private let mostOfOne: Int

    init(most: Int = 64, mostOfOne: Int = 4) { (self.most, self.mostOfOne) = (most, mostOfOne) }

    /// Does something that takes long.
    ///
    /// - Returns: false where too much of it waits, and then it is not done.
    func async(for address: String, _ work: @escaping @Sendable () -> Void) -> Bool {
        let isTaken = state.withLock { state in
            guard state.waiting < most, state.byAddress[address, default: 0] < mostOfOne else { return false }
            state.waiting += 1
            state.byAddress[address, default: 0] += 1
            return true
        }
        guard isTaken else { return false }
        queue.async { [self] in
            work()
            state.withLock { state in
                state.waiting -= 1
                let left = state.byAddress[address, default: 1] - 1
                state.byAddress[address] = left > 0 ? left : nil
            }
        }
        return true
    }
}

/// Passwords that were right a moment ago: who sends his with every request does not wait for each to be hashed.
struct VerifiedPasswords {
    private var entries: [SHA256: (account: Account, until: Int64)] = [:]
    /// What is kept tells nothing without it, and it is never written.
    private let salt = Array(AccessSecret.random().utf8)

    static let validity: Int64 = 5 * 60_000_000
    private static let most = 256

    /// Known only where it was right from the same address: nobody else may try his luck here.
    private func key(_ name: String, _ password: String, _ address: String) -> SHA256 {
        SHA256(of: salt + SHA256(of: name.utf8).bytes + SHA256(of: address.utf8).bytes + Array(password.utf8))
    }

    func holds(_ name: String, _ password: String, from address: String, account: Account, at now: Int64) -> Bool {
        guard let entry = entries[key(name, password, address)] else { return false }
        return entry.account === account && now < entry.until
    }

    mutating func add(_ name: String, _ password: String, from address: String, account: Account, at now: Int64) {
        if entries.count >= Self.most { entries = entries.filter { now < $0.value.until } }
        if entries.count >= Self.most { entries = [:] }
        entries[key(name, password, address)] = (account, now + Self.validity)
    }
}
