import Komoku

/// Looks at each message of a device's sensors whether the units beside the values are still those known: a value must not
/// be kept with another unit than it was sent in. It is asked without a search for the device.
final class TasmotaUnitCheck: DeviceSource {
    let name = TasmotaSource.word
    let filters: [String] = []
    private let device: TasmotaDevice
    private unowned let source: TasmotaSource

    init(_ device: TasmotaDevice, _ source: TasmotaSource) {
        self.device = device
        self.source = source
    }

    func plan(_ topic: inout DeviceTopic) {}

    func take(_ message: DeviceMessage, _ news: inout DeviceNews) {
        if device.units.stated.values.allSatisfy({ Self.holds($0, message.payload) }) { return }
        guard let json = try? message.json() else { return }
        guard device.readUnits(json["StatusSNS"] ?? json) else { return }
        source.remember(device, &news)
        source.describe(device, &news)
    }

    /// From the end, where the units are.
    private static func holds(_ word: [UInt8], _ payload: UnsafeBufferPointer<UInt8>) -> Bool {
        var start = payload.count - word.count
        while start >= 0 {
            if payload[start] == word[0], payload[start..<start + word.count].elementsEqual(word) { return true }
            start -= 1
        }
        return false
    }
}
