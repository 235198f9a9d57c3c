import Glibc
import Komoku

/// The meter of the whole house, which says every ten seconds what it has counted.
struct HouseMeter: Device {
    private(set) var due = 0.0

    mutating func begin(in world: inout World) -> [Message] { act(in: &world) }

    mutating func act(in world: inout World) -> [Message] {
        due = world.time + 10
        let energy = Self.energy(at: Double(world.start) + world.time)
        return [Message("meter/house/energy", .number(energy.rounded(decimals: 3)), isRetained: true)]
    }

    /// kWh: the mean of a house, more in the evening and at weekends. It is a function of time alone, so that what is counted
    /// now goes on where the past of `Past` ends.
    static func energy(at seconds: Double) -> Double {
        let days = (seconds - 1_767_225_600) / 86_400
        let (day, week) = (days * 2 * .pi, (days - 1) / 7 * 2 * .pi)
        // Each wave is smaller in its slope than the mean, so that the sum only ever grows.
        return 4210 + 8.6 * days + 0.62 * sin(day - 5.1) + 0.21 * sin(2 * day - 2.4) + 1.1 * sin(week - 2.6)
    }
}
