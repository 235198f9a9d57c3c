internal import Komoku
internal import KomokuHub
internal import KomokuSystem
internal import Synchronization

/// What bridges were asked to do with their devices, and have not answered. Asked on the hub's thread, answered on the Inbox's.
final class BridgeRequests: Sendable {
    /// How a bridge is asked, and how long it may take.
    struct Request: Sendable {
        var topic: String
        /// With a number by which the answer is known.
        var payload: @Sendable (_ transaction: String) -> JSON
        var patience = Duration.seconds(20)
        /// It answers only when all is done, which takes long: no answer in time means that it is at it.
        var isLong = false
    }

    /// What a device's bridge is asked; nil where it cannot do it.
    typealias Making = @Sendable (DeviceCare) -> Request?

    private struct Waiting {
        /// Of the monotonic clock.
        var deadline: Int64
        var isLong: Bool
        var then: @Sendable (CommandRefusal?) -> Void
    }

    private struct State {
        var makings: [DeviceID: Making] = [:]
        var waiting: [String: Waiting] = [:]
        var count = 0
        /// Where this process's transactions begin: another's answers are none of them.
        let start = UInt64.random(in: 0...UInt64.max)
    }

    private let state = Mutex(State())
    /// The most that wait at a time.
    private static let most = 256

    func set(_ making: Making?, of device: DeviceID) { state.withLock { $0.makings[device] = making } }

    func request(_ care: DeviceCare, of device: DeviceID) -> Request? {
        state.withLock { $0.makings[device] }?(care)
    }

    /// - Returns: the name of the request; nil where too many wait.
    func begin(_ request: Request, then: @escaping @Sendable (CommandRefusal?) -> Void) -> String? {
        state.withLock { state in
            guard state.waiting.count < Self.most else { return nil }
            state.count += 1
            let name = "komoku-\(String(state.start, radix: 36))-\(state.count)"
            state.waiting[name] = Waiting(
                deadline: MonotonicClock.now + request.patience.microseconds, isLong: request.isLong, then: then)
            return name
        }
    }

    /// - Parameter fault: nil is done.
    func end(_ transaction: String, _ fault: CommandRefusal?) {
        state.withLock { $0.waiting.removeValue(forKey: transaction) }?.then(fault)
    }

    /// The time goes by.
    func endLate() {
        let now = MonotonicClock.now
        let late = state.withLock { state in
            let late = state.waiting.filter { $0.value.deadline <= now }
            for name in late.keys { state.waiting[name] = nil }
            return late.values
        }
        for each in late {
            each.then(each.isLong ? nil : CommandRefusal("the bridge did not answer in time; see its own log"))
        }
    }
}
