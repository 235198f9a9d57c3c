internal import Komoku

/// Hears when Home Assistant starts, because it has forgotten what it was told. No device, but a topic like those of devices.
final class HomeAssistantStatus: DeviceSource {
    let name = "homeassistant status"
    private let topics: [String]
    private let started: @Sendable () -> Void

    init(prefixes: [String], started: @escaping @Sendable () -> Void) {
        topics = prefixes.map { $0 + "/status" }
        self.started = started
    }

    var filters: [String] { topics }

    func plan(_ topic: inout DeviceTopic) {
        let text = topic.topic
        if topics.contains(where: { $0.utf8.elementsEqual(text.utf8) }) { topic.watch(self) }
    }

    func take(_ message: DeviceMessage, _ news: inout DeviceNews) {
        // After a reconnect everything is announced anyway.
        if !message.isRetained, !message.isRestored, message.payload.elementsEqual("online".utf8) { started() }
    }
}
