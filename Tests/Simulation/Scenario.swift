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
        /// Somebody sets the clock.
        case clock(Duration)
        /// The broker ends, or is there again.
        case broker(isThere: Bool)

        var description: String {
            switch self {
            case .put(let key, let value): "put \(key) \(value.text)"
            case .message(let message):
                "message \(message.topic) \(message.payload.debugDescription)\(message.isRetained ? " retained" : "")"
            case .pass(let duration): "pass \(duration)"
            case .reload: "reload"
            case .clock(let duration): "set the clock by \(duration)"
            case .broker(let isThere): isThere ? "the broker is back" : "the broker is away"
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
        while steps.count < length { steps += draw(&random) }
    }

    /// Whether times tell what came after what: the clock is not set back, but for what the hub tolerates.
    var isInOrder: Bool {
        let back = steps.reduce(Int64(0)) { sum, step in
            if case .clock(let duration) = step { sum + max(0, -duration.microseconds) } else { sum }
        }
        return back < 300_000_000
    }

    /// How often the clock is set.
    var jumps: Int { steps.count { if case .clock = $0 { true } else { false } } }

    private static let devices = ["a", "b", "c", "button", "raw"]

    private func draw(_ random: inout SplitMix) -> [Step] {
        switch Int.random(in: 0..<13, using: &random) {
        case 0...3: return [put(&random)]
        case 4...7: return speak(&random)
        case 8: return [.reload]
        case 9: return [disturb(&random)]
        default: return [.pass(pause(&random))]
        }
    }

    /// Every other seed has a clock that nobody sets: what is due by it can be told exactly there.
    private func disturb(_ random: inout SplitMix) -> Step {
        let isThere = steps.reduce(true) { isThere, step in
            if case .broker(let isThere) = step { isThere } else { isThere }
        }
        guard seed.isMultiple(of: 2), Bool.random(using: &random) else { return .broker(isThere: !isThere) }
        let minutes: [Int64] = [-90, -30, -7, 4, 45]
        return .clock(.seconds(60 * (minutes.randomElement(using: &random) ?? 0)))
    }

    /// Shorter and longer than a commit, a hold, a wait and a schedule.
    private func pause(_ random: inout SplitMix) -> Duration {
        [.milliseconds(300), .seconds(4), .seconds(20), .seconds(60), .seconds(150), .seconds(400)].randomElement(
            using: &random)
            ?? .zero
    }

    private func value(of device: String, _ random: inout SplitMix) -> JSON {
        switch device {
        case "a": .number(Double(Int.random(in: 0...3, using: &random)))
        case "b": .bool(Bool.random(using: &random))
        case "c": .number(Double(Int.random(in: 0...20, using: &random)))
        default: .string("press")
        }
    }

    private func put(_ random: inout SplitMix) -> Step {
        let device = Self.devices.dropLast().randomElement(using: &random) ?? "a"
        return .put("in.\(device)", value(of: device, &random))
    }

    /// A message, or what misbehaving devices make of it: twice, retained, garbage, an old one after a newer one.
    private func speak(_ random: inout SplitMix) -> [Step] {
        let device = Self.devices.randomElement(using: &random) ?? "a"
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
