import Komoku

/// How the values of the house in `house.py` walk: start, bounds, size of a step, decimals.
struct HouseValue {
    static let kinds: [HouseValue] = [
        HouseValue(name: "temperature", start: 21, low: -10, high: 40, step: 0.12, power: 100),
        HouseValue(name: "humidity", start: 45, low: 5, high: 99, step: 0.4, power: 10),
        HouseValue(name: "illuminance", start: 120, low: 0, high: 2000, step: 15, power: 1),
        HouseValue(name: "power", start: 60, low: 0, high: 2300, step: 8, power: 10),
        HouseValue(name: "energy", start: 100, low: 0, high: 1e9, step: 0.01, power: 100, rises: true),
        HouseValue(name: "voltage", start: 230, low: 215, high: 245, step: 0.6, power: 10),
        HouseValue(name: "current", start: 0.4, low: 0, high: 10, step: 0.03, power: 100),
        HouseValue(name: "linkquality", start: 96, low: 0, high: 255, step: 6, power: 1),
        HouseValue(name: "battery", start: 87, low: 0, high: 100, step: 0, power: 1),
        HouseValue(name: "occupancy", chance: 0.15),
        HouseValue(name: "contact", chance: 0.15),
        HouseValue(name: "state", chance: 0.10),
    ]
    /// How often each comes in a round of the house's 300 devices: five types of 60 devices each.
    private static let shares: [(name: String, count: Int)] = [
        ("temperature", 3), ("humidity", 2), ("battery", 4), ("linkquality", 5), ("occupancy", 2), ("illuminance", 1),
        ("state", 1), ("power", 1), ("energy", 1), ("voltage", 1), ("current", 1), ("contact", 1),
    ]

    let name: String
    var start = 0.0
    var low = 0.0
    var high = 0.0
    var step = 0.0
    var power = 1.0
    var rises = false
    /// Of a boolean: how likely it turns.
    var chance: Double?

    var type: KeyType { chance == nil ? .numeric : .boolean }

    /// Kinds as often as the house has them.
    static func mixture(_ count: Int) -> [HouseValue] {
        let round = shares.flatMap { share in
            kinds.filter { $0.name == share.name }.flatMap { Array(repeating: $0, count: share.count) }
        }
        return (0..<count).map { round[$0 % round.count] }
    }

    func next(after value: Double, _ dice: inout Dice) -> Double {
        if let chance { return dice.fraction() < chance ? 1 - value : value }
        if step == 0 { return dice.fraction() < 0.002 ? max(0, value - 1) : value }
        let change = dice.normal(deviation: step)
        let moved = min(high, max(low, value + (rises ? abs(change) : change)))
        return (moved * power).rounded() / power
    }

    func value(_ number: Double) -> Value { chance == nil ? .number(number) : .boolean(number == 1) }
}
