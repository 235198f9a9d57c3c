import Glibc
import Komoku

/// The meters of the roof, of the grid in both directions, and of the water. Functions of time alone, as `HouseMeter` is: what
/// is counted now goes on where the past ends.
struct SolarMeters: Device {
    private var grid: GridMeter?
    private(set) var due = 0.0

    mutating func begin(in world: inout World) -> [Message] { act(in: &world) }

    mutating func act(in world: inout World) -> [Message] {
        due = world.time + 10
        let now = Double(world.start) + world.time
        var grid = grid ?? GridMeter()
        grid.advance(to: now)
        self.grid = grid
        return [
            message("solar", Self.solar(at: now)), message("grid/import", grid.taken),
            message("grid/export", grid.given),
            message("water", Self.water(at: now)),
        ]
    }

    private func message(_ name: String, _ value: Double) -> Message {
        Message("meter/\(name)", .number(value.rounded(decimals: 3)), isRetained: true)
    }

    /// 2026-01-01, UTC.
    static let epoch = 1_767_225_600.0

    /// kWh that the roof has made: from 6 to 18 h, on some days more than on others.
    static func solar(at seconds: Double) -> Double {
        let days = (seconds - epoch) / 86_400
        let day = days.rounded(.down)
        guard day >= 0, day < Double(yields.count) else { return 5120 }
        let share = min(1, max(0, ((days - day) * 24 - 6) / 12))
        return 5120 + sums[Int(day)] + yields[Int(day)] * (1 - cos(share * .pi)) / 2
    }

    /// kWh of each day for some twenty years: clouds come as they like.
    private static let yields = (0..<7300).map { day in
        var random = SeededGenerator(seed: UInt64(day))
        return 14 * random.number(in: 0.15...1)
    }

    /// What was made before each day.
    private static let sums = yields.reduce(into: [0.0]) { $0.append($0[$0.count - 1] + $1) }

    /// m³, most of it in the morning and in the evening.
    static func water(at seconds: Double) -> Double {
        let days = (seconds - epoch) / 86_400
        return 312 + 0.31 * days + 0.02 * sin(days * 2 * .pi - 2.2) + 0.012 * sin(days * 4 * .pi - 0.6)
    }
}

/// What comes from the grid while the roof makes less than the house takes, and goes there while it makes more.
struct GridMeter: Sendable {
    /// kWh.
    private(set) var taken = 2730.0
    private(set) var given = 2410.0
    private var time = SolarMeters.epoch
    private var (house, roof) = (0.0, 0.0)
    /// Seconds in which one cannot stand in for the other.
    private static let step = 300.0

    init() { (house, roof) = (HouseMeter.energy(at: time), SolarMeters.solar(at: time)) }

    mutating func advance(to end: Double) {
        while time + Self.step <= end {
            time += Self.step
            let (house, roof) = (HouseMeter.energy(at: time), SolarMeters.solar(at: time))
            let missing = (house - self.house) - (roof - self.roof)
            if missing > 0 { taken += missing } else { given -= missing }
            (self.house, self.roof) = (house, roof)
        }
    }
}
