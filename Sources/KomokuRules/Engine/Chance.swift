/// Where `random` and `choice` get their numbers from: the system, or where a run is to be repeatable a seed (SplitMix64).
struct Chance: RandomNumberGenerator, Sendable {
    /// Nil is the system.
    private var state: UInt64?

    init(seed: UInt64?) {
        state = seed
    }

    mutating func next() -> UInt64 {
        guard let before = state else {
            var system = SystemRandomNumberGenerator()
            return system.next()
        }
        let now = before &+ 0x9E37_79B9_7F4A_7C15
        state = now
        var mixed = now
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
