internal import NIOConcurrencyHelpers
internal import NIOCore

/// The open connections of a server, sessions or not, and which of them has to go where there are too many.
///
/// One address has at most half of all connections. A connection that has not asked for anything yet is half-open: of these there
/// are few, and the oldest goes for a new one. Beyond all that some connections from this machine are let in as guests, so
/// that `komoku` works whatever else is connected: each new one takes the place of the oldest, once that had its time.
final class ConnectionRegistry: Sendable {
    /// How many connections there may be.
    struct Capacity: Hashable, Sendable {
        var all: Int
        var ofAddress: Int
        var halfOpen: Int
        var guests: Int
        /// A guest that has been here for so long may be asked to go.
        var guestTime = TimeAmount.seconds(2)
    }

    fileprivate struct Entry {
        let channel: any Channel
        let address: String
        let order: Int
        let since: NIODeadline
        var isHalfOpen = true
        var isGuest = false
    }

    fileprivate struct State {
        var entries: [ObjectIdentifier: Entry] = [:]
        var ofAddress: [String: Int] = [:]
        var (halfOpen, guests) = (0, 0)
        var count = 0
        var isClosing = false
    }

    private let state = NIOLockedValueBox(State())
    private let capacity: Capacity

    init(_ capacity: Capacity) {
        self.capacity = capacity
    }

    /// - Returns: false where there are too many, or the server stops.
    func add(_ channel: any Channel) -> Bool {
        let remote = channel.remoteAddress
        let address = remote?.ipAddress ?? ""
        let isLocal = remote?.isLocal ?? false
        let (added, leaving) = state.withLockedValue { state -> (Bool, (any Channel)?) in
            guard !state.isClosing else { return (false, nil) }
            return state.admit(channel, address, isLocal: isLocal, capacity)
        }
        leaving?.pipeline.fireUserInboundEventTriggered(GivesWay())
        if added {
            let id = ObjectIdentifier(channel)
            channel.closeFuture.whenComplete { _ in self.state.withLockedValue { _ = $0.remove(id) } }
        }
        return added
    }

    /// It asked for a session and has it.
    func becameSession(_ channel: any Channel) {
        state.withLockedValue { state in
            guard state.entries[ObjectIdentifier(channel)]?.isHalfOpen == true else { return }
            state.entries[ObjectIdentifier(channel)]?.isHalfOpen = false
            state.halfOpen -= 1
        }
    }

    var count: Int { state.withLockedValue { $0.entries.count } }

    /// Refuses new connections; returns those that are open.
    func beginClosing() -> [any Channel] {
        state.withLockedValue { state in
            state.isClosing = true
            return state.entries.values.map(\.channel)
        }
    }
}

/// Told to a connection that has to leave its place to another.
struct GivesWay: Sendable {}

extension ConnectionRegistry.State {
    /// - Returns: whether it is in, and which other has to go.
    fileprivate mutating func admit(
        _ channel: any Channel, _ address: String, isLocal: Bool, _ capacity: ConnectionRegistry.Capacity
    ) -> (Bool, (any Channel)?) {
        var leaving: (any Channel)?
        let ofAddress = ofAddress[address] ?? 0
        var isGuest = false
        if halfOpen >= capacity.halfOpen {
            leaving = removeOldest { $0.isHalfOpen }
        } else if ofAddress >= capacity.ofAddress {
            leaving = removeOldest { $0.isHalfOpen && $0.address == address }
        } else if entries.count - guests >= capacity.all {
            leaving = removeOldest { $0.isHalfOpen }
        }
        if leaving == nil, ofAddress >= capacity.ofAddress || entries.count - guests >= capacity.all {
            guard isLocal, capacity.guests > 0 else { return (false, nil) }
            isGuest = true
            if guests >= capacity.guests {
                let latest = NIODeadline.now() - capacity.guestTime
                leaving = removeOldest { $0.isGuest && $0.since <= latest }
                guard leaving != nil else { return (false, nil) }
            }
        }
        insert(channel, address, isGuest: isGuest)
        return (true, leaving)
    }

    private mutating func insert(_ channel: any Channel, _ address: String, isGuest: Bool) {
        count += 1
        entries[ObjectIdentifier(channel)] = ConnectionRegistry.Entry(
            channel: channel, address: address, order: count, since: .now(), isGuest: isGuest)
        halfOpen += 1
        if isGuest { guests += 1 } else { ofAddress[address, default: 0] += 1 }
    }

    private mutating func removeOldest(where fits: (ConnectionRegistry.Entry) -> Bool) -> (any Channel)? {
        let oldest = entries.filter { fits($0.value) }.min { $0.value.order < $1.value.order }
        return oldest.flatMap { remove($0.key) }?.channel
    }

    fileprivate mutating func remove(_ id: ObjectIdentifier) -> ConnectionRegistry.Entry? {
        guard let entry = entries.removeValue(forKey: id) else { return nil }
        if entry.isHalfOpen { halfOpen -= 1 }
        if entry.isGuest { guests -= 1 } else { leave(entry.address) }
        return entry
    }

    private mutating func leave(_ address: String) {
        let left = (ofAddress[address] ?? 1) - 1
        ofAddress[address] = left > 0 ? left : nil
    }
}
