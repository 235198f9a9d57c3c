import Glibc
import Komoku

/// A home-made station in the garden: one plain number a topic, kept at the broker.
struct GardenStation: Device {
    private var pressure = 101_325.0
    private var moisture = 38.0
    private var turn = 0
    private(set) var due = 0.0

    mutating func begin(in world: inout World) -> [Message] {
        (0..<3).flatMap { _ in act(in: &world) }
    }

    mutating func act(in world: inout World) -> [Message] {
        due = world.time + 2
        turn += 1
        pressure += world.random.number(in: -6...6)
        moisture = min(80, max(5, moisture + world.random.number(in: -0.2...0.19)))
        switch turn % 3 {
        case 0: return [reading("pressure", pressure.rounded())]
        case 1: return [reading("moisture", moisture.rounded(decimals: 1))]
        default: return [reading("wind", gust(in: &world).rounded(decimals: 1))]
        }
    }

    /// Metres a second, in waves of a few minutes.
    private func gust(in world: inout World) -> Double {
        max(0, 3 + 2 * sin(world.time / 90) + world.random.number(in: -0.7...0.7))
    }

    private func reading(_ quantity: String, _ value: Double) -> Message {
        Message("sensors/garden/\(quantity)", .number(value), isRetained: true)
    }
}
