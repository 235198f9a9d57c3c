/// What a message of a device is, by the last level of its topic.
enum TasmotaMessage: Hashable {
    case availability
    case state
    case sensor
    case result
    /// RESULT on the topic of telemetry: what a bridge hears.
    case report
    /// `POWER<n>`, on the topic of answers.
    case power(String)
    /// `STATUS<n>`.
    case status(Int)
    /// SetOption4: the answer to a command on a topic of its own.
    case answer
    /// SetOption118: the wrapper of a Zigbee message.
    case zigbee

    /// Nil for what says nothing of properties.
    init?(_ level: Substring, isAnswer: Bool, isTelemetry: Bool) {
        switch level {
        case "LWT" where isTelemetry: self = .availability
        case "STATE" where isTelemetry: self = .state
        case "SENSOR" where isTelemetry: self = .sensor
        case "ZbReceived" where isTelemetry: self = .zigbee
        case "RESULT": self = isTelemetry ? .report : .result
        case _ where isAnswer: self.init(answer: level)
        default: return nil
        }
    }

    private static let answers: Set<Substring> = [
        "STATE", "DIMMER", "COLOR", "HSBCOLOR", "CT", "WHITE", "CHANNEL", "FANSPEED", "SHUTTER", "SHUTTERPOSITION",
        "SHUTTERTILT", "BUTTON", "SWITCH",
    ]

    private init?(answer level: Substring) {
        let word = level.prefix { !$0.isNumber }
        let number = level.dropFirst(word.count)
        switch word {
        case "POWER" where number.isEmpty || Int(number) != nil: self = .power(String(level))
        case "STATUS":
            guard let number = Int(number), [0, 8, 10, 11].contains(number) else { return nil }
            self = .status(number)
        case let word where Self.answers.contains(word): self = .answer
        default: return nil
        }
    }
}
