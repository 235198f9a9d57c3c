internal import Komoku
internal import KomokuHub

/// Keeps what strangers' discovery messages can fill bounded: how many devices there are, and how much is remembered.
package struct DeviceLimits {
    package var maximumDevices: Int
    /// Discovery messages that are kept over restarts, and their bytes.
    package var maximumRemembered: Int
    package var maximumRememberedBytes: Int

    private var devices: Set<DeviceID> = []
    /// The bytes of a remembered message, by a hash of its topic.
    private var remembered: [Int: Int] = [:]
    private var rememberedBytes = 0
    /// Since the last report.
    private var refusedDevices = 0
    private var refusedMessages = 0
    private var reported: Timestamp?
    /// Since the start.
    private(set) var losses = DiscoveryLosses()
    /// Some device was refused since the start.
    private(set) var hasRefused = false

    private static let reportInterval = Duration.seconds(60)

    package init(devices: Int = 20_000, remembered: Int = 50_000, rememberedBytes: Int = 128 << 20) {
        maximumDevices = devices
        maximumRemembered = remembered
        maximumRememberedBytes = rememberedBytes
    }

    func isKnown(_ device: DeviceID) -> Bool { !hasRefused || devices.contains(device) }

    /// Whether there is room for what an update says.
    mutating func admit(_ update: DeviceUpdate) -> Bool {
        switch update {
        case .described(let device): admit(device.id)
        // It stays in the catalogue, and keeps its place.
        case .removed(let device): isKnown(device)
        case .remembered(let topic, let payload): admit(topic, payload?.count)
        }
    }

    private mutating func admit(_ device: DeviceID) -> Bool {
        if devices.contains(device) { return true }
        guard devices.count < maximumDevices else {
            hasRefused = true
            refusedDevices += 1
            losses.devices += 1
            return false
        }
        devices.insert(device)
        return true
    }

    /// It was remembered by an earlier run.
    mutating func restored(_ topic: String, _ count: Int) {
        _ = admit(topic, count)
        refusedMessages = 0
    }

    private mutating func admit(_ topic: String, _ count: Int?) -> Bool {
        var hasher = Hasher()
        for byte in topic.utf8 { hasher.combine(byte) }
        let key = hasher.finalize()
        let old = remembered.removeValue(forKey: key) ?? 0
        rememberedBytes -= old
        guard let count else { return true }
        guard remembered.count < maximumRemembered, rememberedBytes + count <= maximumRememberedBytes else {
            refusedMessages += 1
            losses.notRemembered += 1
            return false
        }
        remembered[key] = count
        rememberedBytes += count
        return true
    }

    /// What was refused, as a sentence; once a minute.
    mutating func takeReport(at time: Timestamp) -> String? {
        guard refusedDevices + refusedMessages > 0 else { return nil }
        if let reported, time - reported < Self.reportInterval, time >= reported { return nil }
        reported = time
        defer { (refusedDevices, refusedMessages) = (0, 0) }
        if refusedDevices == 0 { return "too much discovery to remember: it is gone after a restart" }
        return "more than \(maximumDevices) devices: this one and others are left out"
    }
}
