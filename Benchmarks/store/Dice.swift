import Glibc

/// Seeded chance, the same on every machine.
struct Dice: RandomNumberGenerator {
    private var state: UInt64

    init(seed: Int) {
        state = UInt64(truncatingIfNeeded: seed) &* 0xD134_2543_DE82_EF95
    }

    /// SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// From 0 up to, and without, 1.
    mutating func fraction() -> Double { Double(next() >> 11) * 0x1p-53 }

    mutating func uniform(_ low: Double, _ high: Double) -> Double { low + fraction() * (high - low) }

    /// Of a normal distribution around 0.
    mutating func normal(deviation: Double) -> Double {
        deviation * (-2 * log(1 - fraction())).squareRoot() * cos(2 * .pi * fraction())
    }

    /// The time between events that come by chance.
    mutating func wait(mean: Double) -> Double { -mean * log(1 - fraction()) }
}
