import Glibc

/// The air of a room.
struct Air: Sendable {
    /// °C.
    var temperature: Double
    /// Percent.
    var humidity: Double

    /// Comes nearer to the target with a time constant of minutes, with a little noise that grows as a random walk does.
    mutating func drift(for seconds: Double, toward target: Air, random: inout SeededGenerator) {
        let share = 1 - exp(-seconds / 240)
        let walk = seconds.squareRoot()
        temperature += (target.temperature - temperature) * share + random.number(in: -0.02...0.02) * walk
        humidity += (target.humidity - humidity) * share + random.number(in: -0.15...0.15) * walk
        humidity = min(99, max(20, humidity))
    }
}
