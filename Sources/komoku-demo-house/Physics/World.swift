import Glibc

/// What the devices sense and change: the hour, the weather, the air and the light in the rooms, and who is where.
struct World: Sendable {
    /// Seconds since 1970 UTC when the simulation began.
    let start: Int64
    /// Seconds since the beginning.
    private(set) var time = 0.0
    var random: SeededGenerator
    /// Lux that lamps add, by room.
    var lampLight: [Room: Double] = [:]
    private(set) var people = [Person(room: .kitchen), Person(room: .bathroom)]
    private var air: [Room: Air] = [:]

    init(start: Int64, seed: UInt64) {
        self.start = start
        random = SeededGenerator(seed: seed)
        for room in Room.allCases {
            air[room] = Air(temperature: room.comfort, humidity: room == .bathroom ? 60 : 45)
        }
    }

    /// Whole seconds since 1970 UTC.
    var epoch: Int64 { start + Int64(time) }

    /// Hours since midnight UTC, 0..<24.
    var hour: Double { (Double(start % 86_400) + time).truncatingRemainder(dividingBy: 86_400) / 3_600 }

    mutating func advance(to time: Double) {
        guard time > self.time else { return }
        let step = time - self.time
        self.time = time
        for index in people.indices { people[index].advance(to: time, random: &random) }
        for room in Room.allCases {
            let target = target(of: room)
            air[room]?.drift(for: step, toward: target, random: &random)
        }
    }

    func temperature(in room: Room) -> Double { air[room]?.temperature ?? room.comfort }
    func humidity(in room: Room) -> Double { air[room]?.humidity ?? 50 }

    /// Lux, without noise.
    func light(in room: Room) -> Double { daylight * room.daylightShare + (lampLight[room] ?? 0) + 2 }

    /// When somebody last moved in the room; nil is never.
    func lastMovement(in room: Room) -> Double? { people.compactMap { $0.lastMovement[room] }.max() }

    func isOccupied(_ room: Room) -> Bool { people.contains { $0.room == room } }

    /// Lux outside: a day from 6 to 18 h, and twilight around it.
    private var daylight: Double { 18_000 * max(0, sin((hour - 6) / 12 * .pi)) + 3 }

    /// Warmest at 15 h.
    private var outside: Double { Room.garden.comfort + 6 * cos((hour - 15) / 24 * 2 * .pi) }

    private func target(of room: Room) -> Air {
        if room == .garden { return Air(temperature: outside, humidity: 75 - (outside - room.comfort) * 3) }
        let bodies = isOccupied(room) ? 1.0 : 0.0
        return Air(
            temperature: room.comfort + 0.12 * (outside - room.comfort) / 2 + 0.8 * bodies,
            humidity: 45 + bodies * (room == .bathroom ? 30 : 6))
    }
}
