internal import Glibc
internal import Komoku
internal import KomokuStore
internal import Synchronization
internal import KomokuWire

/// The time zones that were asked for, read once. What the system knows of a zone changes with its updates, not while it runs.
final class ZoneCache: Sendable {
    private let zones = Mutex<[String: Zone]>([:])
    private let files: ZoneFiles

    init() {
        files = ZoneFiles(environment: getenv("TZ").map { String(cString: $0) })
    }

    func zone(named name: String) throws(Refusal) -> Zone {
        if let zone = zones.withLock({ $0[name] }) { return zone }
        do throws(ZoneFiles.Failure) {
            let zone = try files.zone(named: name)
            // There are some 600, so that this is bounded.
            zones.withLock { $0[name] = zone }
            return zone
        } catch {
            throw .invalidQuery(error.description)
        }
    }
}
