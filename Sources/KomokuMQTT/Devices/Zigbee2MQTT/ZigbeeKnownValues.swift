internal import Komoku
internal import Synchronization

/// The newest values of a device's composites, by their paths. The Inbox's thread writes them while it decodes, commands
/// read them on the hub's thread: a colour is only told with both its parts.
final class ZigbeeKnownValues: Sendable {
    private let values = Mutex<[String: Value]>([:])

    func keep(_ value: Value, at path: String) {
        values.withLock { $0[path] = value }
    }

    func value(at path: String) -> Value? {
        values.withLock { $0[path] }
    }
}
