public import Komoku

/// What became of a put.
public enum CommandResult: Hashable, Sendable {
    /// It was no command: the key has the value. False where the hub cannot store anything at the moment.
    case put(stored: Bool)
    /// Its time is ahead: it is stored, and the key has the value when its time comes.
    case future
    /// The device reports the value that it was told.
    case reported(JSON)
    /// It reports another one.
    case differs(JSON)
    /// The device reports nothing about this property; the broker has the command.
    case sent
    /// The command is on its way, and nobody waited.
    case waiting
    /// Nothing was reported in time, or the command could not be sent: the reason.
    case failed(String)

    /// - Parameter answer: the whole answer to a put.
    init(_ answer: JSON) {
        let result = answer["result"]
        switch result?["outcome"]?.string {
        case "reported": self = .reported(result?["value"] ?? .null)
        case "differs": self = .differs(result?["value"] ?? .null)
        case "sent": self = .sent
        case "waiting": self = .waiting
        case "failed": self = .failed(result?["reason"]?.string ?? "the hub does not say why")
        default:
            self = answer["future"] == .bool(true) ? .future : .put(stored: answer["stored"] != .bool(false))
        }
    }
}

/// A command as it would go over the wire.
public struct DeviceMessage: Hashable, Sendable {
    public let topic: String
    /// As text; `payloadBase64` has the true bytes where they are none.
    public let payload: String
    public let payloadBase64: String?
    public let qos: Int
    public let isRetained: Bool

    init?(_ json: JSON) {
        guard let topic = json["topic"]?.string, let payload = json["payload"]?.string else { return nil }
        self.topic = topic
        self.payload = payload
        payloadBase64 = json["payload_base64"]?.string
        qos = json["qos"]?.number.flatMap { Int(exactly: $0) } ?? 0
        isRetained = json["retain"]?.bool ?? false
    }
}
