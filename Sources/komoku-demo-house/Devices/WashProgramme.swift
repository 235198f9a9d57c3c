/// What a washing machine draws over a programme. It is a quick one: the house is there to be looked at.
struct WashProgramme: Sendable {
    private struct Phase {
        var seconds: Double
        /// Watts.
        var power: Double
    }

    private static let phases = [
        Phase(seconds: 10, power: 9),  // water runs in
        Phase(seconds: 40, power: 2_050),  // heating
        Phase(seconds: 60, power: 180),  // washing
        Phase(seconds: 30, power: 140),  // rinsing
        Phase(seconds: 30, power: 420),  // spinning
    ]

    static let standby = 0.6
    static var seconds: Double { phases.reduce(0) { $0 + $1.seconds } }
    /// Where the last phase begins.
    static var spinning: Double { seconds - (phases.last?.seconds ?? 0) }

    /// Watts so many seconds after its start, without noise; standby outside of it.
    static func power(after seconds: Double) -> Double {
        guard seconds >= 0 else { return standby }
        var rest = seconds
        for phase in phases {
            if rest < phase.seconds { return phase.power }
            rest -= phase.seconds
        }
        return standby
    }
}
