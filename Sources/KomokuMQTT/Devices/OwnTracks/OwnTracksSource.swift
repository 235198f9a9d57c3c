internal import Komoku
internal import KomokuHub

/// Phones with the app OwnTracks, under `owntracks/USER/DEVICE`. They have no discovery: a device is known by its topic, and its
/// properties are always the same.
///
/// A position is of the time that the message says (`tst`); what is older than the newest one of the device is left out, so that
/// nobody is moved back.
final class OwnTracksSource: DeviceSource {
    static let word = "owntracks"

    let name = OwnTracksSource.word
    /// The first levels of the topics.
    private let base: [Substring]
    /// When the newest position of each device was measured.
    private var newest: [DeviceID: Timestamp] = [:]
    private var described: Set<DeviceID> = []
    /// Devices that were told of because nobody can read them.
    private var unreadable: Set<DeviceID> = []

    static let maximumDevices = 1000
    /// Bytes of a level, and of the name of a place.
    static let maximumName = 100
    static let maximumPayload = 64 << 10

    init(base: String) { self.base = base.split(separator: "/", omittingEmptySubsequences: false) }

    var filters: [String] {
        let base = base.joined(separator: "/")
        return ["\(base)/+/+", "\(base)/+/+/event"]
    }

    // MARK: Topics

    func plan(_ topic: inout DeviceTopic) {
        if owner(topic.levels) != nil { topic.watch(self) }
    }

    /// The device of a topic; nil where it is none of these.
    private func owner(_ levels: [Substring]) -> DeviceID? {
        guard levels.starts(with: base) else { return nil }
        let rest = levels.dropFirst(base.count)
        guard rest.count == 2 || (rest.count == 3 && rest.last == "event"),
            rest.allSatisfy({ !$0.isEmpty && $0.utf8.count <= Self.maximumName })
        else { return nil }
        return DeviceID((base + rest.prefix(2)).joined(separator: "/"))
    }

    // MARK: Messages

    func take(_ message: DeviceMessage, _ news: inout DeviceNews) {
        let levels = message.levels
        // An empty message deletes a retained one.
        guard let id = owner(levels), !message.payload.isEmpty else { return }
        guard message.payload.count <= Self.maximumPayload, let json = try? message.json(), case .object = json else {
            return news.refuse("it is no message of OwnTracks: a JSON object of at most 64 KiB")
        }
        switch json["_type"]?.string {
        case "location": takePosition(json, of: id, message, &news)
        case "transition": takeTransition(json, of: id, message, &news)
        case "encrypted": takeEncrypted(message, of: id, &news)
        // `lwt`, `waypoint`, `card` and others say nothing of where somebody is.
        case .some: break
        case nil: news.refuse("it is no message of OwnTracks: it has no '_type'")
        }
    }

    private func takePosition(
        _ json: JSON, of id: DeviceID, _ message: DeviceMessage, _ news: inout DeviceNews
    ) {
        let position: OwnTracksPosition
        do throws(OwnTracksPosition.Invalid) {
            position = try OwnTracksPosition(json, arrival: message.time)
        } catch {
            return news.refuse(error.reason)
        }
        guard describe(id, &news) else { return }
        if let known = newest[id], position.time < known { return }
        newest[id] = position.time
        for (property, value) in position.values {
            news.observe(PropertyID(id, property), value, at: position.time)
        }
    }

    private func takeTransition(
        _ json: JSON, of id: DeviceID, _ message: DeviceMessage, _ news: inout DeviceNews
    ) {
        guard let event = json["event"]?.string, event == "enter" || event == "leave" else {
            return news.refuse("'event' of a transition is 'enter' or 'leave'")
        }
        // Where it happened is a position as any other.
        if json["lat"] != nil { takePosition(json, of: id, message, &news) }
        // Nobody crosses a border because the hub connects.
        guard !message.isRetained, describe(id, &news) else { return }
        var place = json["desc"]?.string ?? ""
        if place.utf8.count > Self.maximumName { place = "" }
        let text = place.isEmpty ? event : "\(event) \(place)"
        news.observe(PropertyID(id, OwnTracksPosition.transition), .string(text))
    }

    private func takeEncrypted(_ message: DeviceMessage, of id: DeviceID, _ news: inout DeviceNews) {
        let reason =
            "the position is encrypted, and cannot be read: empty the encryption key in the app, and let TLS guard the way"
        if unreadable.count < Self.maximumDevices, unreadable.insert(id).inserted {
            news.complain(of: message.topic, reason)
        } else {
            news.refuse(reason)
        }
    }

    /// - Returns: whether there is room for the device.
    private func describe(_ id: DeviceID, _ news: inout DeviceNews) -> Bool {
        if described.contains(id) { return true }
        guard described.count < Self.maximumDevices else {
            news.leaveOut(devices: 1)
            news.refuse("more than \(Self.maximumDevices) devices of OwnTracks")
            return false
        }
        described.insert(id)
        let name = id.text.split(separator: "/").suffix(2).joined(separator: " ")
        var device = DeviceDescription(id: id, source: Self.word, name: name)
        device.manufacturer = "OwnTracks"
        // It speaks when it moves.
        device.sleeps = true
        device.properties = OwnTracksPosition.properties
        news.describe(device)
        return true
    }
}
