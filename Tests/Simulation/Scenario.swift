import Komoku
import KomokuTesting

/// What happens to a hub: drawn by a seed, the same each time.
struct Scenario: Sendable {
    enum Step: Sendable, CustomStringConvertible {
        /// A client puts and waits for the answer.
        case put(String, JSON)
        /// A device speaks.
        case message(Message)
        case pass(Duration)
        /// Another rule changes.
        case reload

        var description: String {
            switch self {
            case .put(let key, let value): "put \(key) \(value.text)"
            case .message(let message):
                "message \(message.topic) \(message.payload.debugDescription)\(message.isRetained ? " retained" : "")"
            case .pass(let duration): "pass \(duration)"
            case .reload: "reload"
            }
        }
    }

    struct Message: Hashable, Sendable {
        var topic: String
        var payload: String
        var isRetained = false
    }

    let seed: UInt64
    private(set) var steps: [Step] = []

    init(seed: UInt64, length: Int = 12) {
        self.seed = seed
        var random = SplitMix(seed: seed)
        while steps.count < length { steps += Self.draw(&random) }
    }

    private static let devices = ["a", "b", "c", "button", "raw"]

    private static func draw(_ random: inout SplitMix) -> [Step] {
        switch Int.random(in: 0..<12, using: &random) {
        case 0...3: return [put(&random)]
        case 4...7: return speak(&random)
        case 8: return [.reload]
        default: return [.pass(pause(&random))]
        }
    }

    /// Shorter and longer than a commit, a hold, a wait and a schedule.
    private static func pause(_ random: inout SplitMix) -> Duration {
        [.milliseconds(300), .seconds(4), .seconds(20), .seconds(60), .seconds(150), .seconds(400)].randomElement(
            using: &random)
            ?? .zero
    }

    private static func value(of device: String, _ random: inout SplitMix) -> JSON {
        switch device {
        case "a": .number(Double(Int.random(in: 0...3, using: &random)))
        case "b": .bool(Bool.random(using: &random))
        case "c": .number(Double(Int.random(in: 0...20, using: &random)))
        default: .string("press")
        }
    }

    private static func put(_ random: inout SplitMix) -> Step {
        let device = devices.dropLast().randomElement(using: &random) ?? "a"
        return .put("in.\(device)", value(of: device, &random))
    }

    /// A message, or what misbehaving devices make of it: twice, retained, garbage, an old one after a newer one.
    private static func speak(_ random: inout SplitMix) -> [Step] {
        let device = devices.randomElement(using: &random) ?? "a"
        let payload = value(of: device, &random)
        let text = payload.string ?? payload.text
        let message = Message(topic: "dev/\(device)", payload: text)
        switch Int.random(in: 0..<8, using: &random) {
        case 0: return [.message(message), .message(message)]
        case 1: return [.message(Message(topic: message.topic, payload: text, isRetained: true))]
        case 2: return [.message(Message(topic: message.topic, payload: "{\"gar\u{0}bage"))]
        case 3:
            let other = value(of: device, &random)
            return [
                .message(Message(topic: message.topic, payload: other.string ?? other.text)), .pass(.seconds(1)),
                .message(message),
            ]
        default: return [.message(message)]
        }
    }
}
