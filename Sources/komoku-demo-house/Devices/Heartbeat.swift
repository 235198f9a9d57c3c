import Komoku

/// A boiler that says every ten seconds that it lives; now and then it is silent for a minute.
struct Heartbeat: Device {
    private(set) var due = 0.0

    mutating func begin(in world: inout World) -> [Message] { act(in: &world) }

    mutating func act(in world: inout World) -> [Message] {
        due = world.time + (world.random.happens(0.04) ? 60 : 10)
        return [Message("heartbeat/boiler", "true")]
    }
}
