import Foundation
import Komoku
import KomokuHub
import KomokuStore
import Synchronization
import Testing

@testable import KomokuMQTT

/// What was published, in order.
final class Sent: Sendable {
    private let all = Mutex<[Publication]>([])

    func take(_ publication: Publication) { all.withLock { $0.append(publication) } }
    var last: Publication? { all.withLock { $0.last } }
}

/// Feeds messages to sources as the Inbox would, and keeps what a hub would know afterwards. No broker, no hub.
final class DeviceReplay {
    private(set) var devices: [DeviceID: DeviceDescription] = [:]
    private(set) var removed: Set<DeviceID> = []
    /// Newest values, with the time of their put.
    private(set) var last: [PropertyID: (value: Value, time: Timestamp)] = [:]
    private(set) var events: [PropertyID: [Value]] = [:]
    private(set) var remembered: [String: [UInt8]] = [:]
    private(set) var letters: [String] = []
    /// What devices were asked: `topic payload`.
    private(set) var asked: [String] = []
    private(set) var now = start
    /// What went out.
    let sent = Sent()
    let commands: DeviceCommands
    let reader: MessageReader

    static let start = Timestamp(dated: "2026-03-14T07:00:00Z") ?? Timestamp(microseconds: 0)

    /// - Parameter remembered: what an earlier run left.
    init(_ sources: [any DeviceSource], remembered: [String: [UInt8]] = [:]) {
        self.remembered = remembered
        let sent = sent
        commands = DeviceCommands { sent.take($0) }
        reader = MessageReader(
            mappings: MappingSet(mappings: [], base: "komoku"), devices: DeviceSet(sources, commands: commands))
    }

    func send(_ topic: String, _ payload: String, retained: Bool = false) {
        send(topic, Array(payload.utf8), retained: retained)
    }

    func send(_ topic: String, _ payload: [UInt8], retained: Bool = false, at seconds: Double? = nil) {
        if let seconds { now = Self.start + (Duration(seconds: seconds) ?? .zero) }
        reader.beginRound(at: now, 0)
        Array(topic.utf8).withUnsafeBytes { topic in
            payload.withUnsafeBufferPointer { reader.read(topic, $0, isRetained: retained) }
        }
        reader.readHeld()
        reader.mustSubscribe = false
        asked += reader.devices.takePublications().map { "\($0.topic) \(String(decoding: $0.payload, as: UTF8.self))" }
        apply(reader.takeIntake())
    }

    /// The time goes by, and no message comes.
    func wait(until seconds: Double, isSettled: Bool = false) {
        now = Self.start + (Duration(seconds: seconds) ?? .zero)
        reader.beginRound(at: now, 0)
        if isSettled { reader.settle() }
        reader.timePasses()
        reader.readHeld()
        reader.mustSubscribe = false
        asked += reader.devices.takePublications().map { "\($0.topic) \(String(decoding: $0.payload, as: UTF8.self))" }
        apply(reader.takeIntake())
    }

    private func apply(_ intake: Intake) {
        for update in intake.updates { apply(update) }
        for observation in intake.observations { apply(observation) }
        letters += intake.deadLetters.map { "\($0.topic): \($0.reason)" }
    }

    private func apply(_ update: DeviceUpdate) {
        switch update {
        case .described(let device):
            devices[device.id] = device
            removed.remove(device.id)
        case .removed(let id): removed.insert(id)
        case .remembered(let topic, let payload): remembered[topic] = payload
        }
    }

    private func apply(_ observation: Observation) {
        guard case .property(let property) = observation.feed.target else { return }
        if case .unknown = observation.content { last[property] = nil }
        guard case .value(let value) = observation.content else { return }
        guard let description = self.property(property), value.isOf(description.type) else {
            letters.append("\(property): '\(value)' fits no property")
            return
        }
        if description.isEvent { events[property, default: []].append(value) }
        last[property] = (value, observation.time ?? now)
    }

    func property(_ id: PropertyID) -> PropertyDescription? {
        devices[id.device]?.properties.first { $0.name.utf8.elementsEqual(id.name.utf8) }
    }

    /// The newest value of a property, as a text; an uptime that has lapsed is false.
    func value(_ device: String, _ property: String) -> Value? {
        let id = PropertyID(DeviceID(device), property)
        guard let (value, time) = last[id] else { return nil }
        if let maxTime = self.property(id)?.maxTime, value == .boolean(true), time + maxTime <= now {
            return .boolean(false)
        }
        return value
    }

    /// What a put would send: `topic payload`; nil where it cannot be put.
    func command(_ device: String, _ property: String, _ value: Value) -> (topic: String, payload: String)? {
        let id = PropertyID(DeviceID(device), property)
        guard let message = try? commands.message(for: value, to: id) else { return nil }
        return (message.topic, String(decoding: message.payload, as: UTF8.self))
    }
}

/// A family's hour: what came, and what a perfect hub knows of it.
struct DeviceFixture {
    struct Row {
        let topic: String
        let payload: [UInt8]
        let isRetained: Bool
        let isStored: Bool
        let time: Double
    }

    let rows: [Row]
    let expected: JSON

    /// - Parameter folder: a file two folders below the tests; nil is this one.
    init(_ family: String, folder: String? = nil) throws {
        let tests = URL(filePath: folder ?? #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let fixtures = tests.appending(path: "Acceptance/Fixtures")
        let log = try String(contentsOf: fixtures.appending(path: "\(family).jsonl"), encoding: .utf8)
        rows = try log.split(separator: "\n").map { try Row(String($0)) }
        expected = try JSON(
            parsing: String(contentsOf: fixtures.appending(path: "\(family).expected.json"), encoding: .utf8))
    }

    /// Feeds every row, in its order and with its clock.
    func replay(into replay: DeviceReplay) {
        for row in rows { replay.send(row.topic, row.payload, retained: row.isRetained, at: row.time) }
        replay.send("fixture/end", [], at: expected["end_at"]?.number ?? 3600)
    }
}

extension DeviceFixture.Row {
    init(_ line: String) throws {
        let row = try JSON(parsing: line)
        topic = row["topic"]?.string ?? ""
        let encoded = row["payload_base64"]?.string.flatMap { Data(base64Encoded: $0) }
        payload = encoded.map(Array.init) ?? Array((row["payload"]?.string ?? "").utf8)
        isRetained = row["retain"]?.bool ?? false
        isStored = row["stored"]?.bool ?? false
        time = row["at"]?.number ?? 0
    }
}
