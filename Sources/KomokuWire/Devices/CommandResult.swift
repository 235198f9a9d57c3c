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

    /// - Parameter reply: the whole reply to a put, of the second protocol.
    package init(reply: JSON) {
        let result = reply["result"]
        let value = result?["value"] ?? .null
        switch result?["outcome"]?.string.flatMap(CommandProgress.init(rawValue:)) {
        case .reported: self = .reported(value)
        case .differs: self = .differs(value)
        case .sent, .other: self = .sent
        case .waiting: self = .waiting
        case .failed: self = .failed(result?["reason"]?.string ?? "the hub does not say why")
        case nil: self = reply["future"] == .bool(true) ? .future : .put(stored: reply["stored"] != .bool(false))
        }
    }

    /// The `result` of a command.
    package var json: JSON {
        func outcome(_ state: CommandProgress, _ more: JSON.Member...) -> JSON {
            .object([JSON.Member("outcome", state.wire)] + more)
        }
        return switch self {
        case .put, .future: "ok"
        case .reported(let value): outcome(.reported, JSON.Member("value", value))
        case .differs(let value): outcome(.differs, JSON.Member("value", value))
        case .sent: outcome(.sent)
        case .waiting: outcome(.waiting)
        case .failed(let reason): outcome(.failed, JSON.Member("reason", .string(reason)))
        }
    }
}

/// A command as it would go over the wire to a device.
public struct DeviceMessage: Shape, Hashable, WireValue {
    public var topic = ""
    /// As text; `payloadBase64` has the true bytes where they are none.
    public var payload = ""
    public var payloadBase64: String?
    public var qos = 0
    public var isRetained = false
    /// Messages that go with it.
    public var before: [DeviceMessage] = []
    public var after: [DeviceMessage] = []

    public init() {}

    package init(topic: String, payload: [UInt8], qos: Int, isRetained: Bool) {
        (self.topic, self.qos, self.isRetained) = (topic, qos, isRetained)
        self.payload = String(decoding: payload, as: UTF8.self)
        if !self.payload.utf8.elementsEqual(payload) { payloadBase64 = Base64.text(payload) }
    }

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("topic", &topic)
        try visit.required("payload", &payload)
        try visit.optional("payload_base64", &payloadBase64)
        try visit.always("qos", &qos)
        try visit.always("retain", &isRetained)
        try visit.list("before", &before, .unlessEmpty)
        try visit.list("after", &after, .unlessEmpty)
    }
}
