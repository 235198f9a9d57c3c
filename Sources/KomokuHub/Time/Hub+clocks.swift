package import Komoku

extension Hub {
    /// Looks at the clocks; each piece of work begins with it.
    func readClocks() {
        reading.look(at: clock)
        if reading.jump > .zero { hasJumped = true }
        if reading.jump == .zero, isClockSet { return }
        judgeClock()
    }

    /// When something was last heard of a key, by the present clock: what `age` counts from. Where the clock was set since, that
    /// is not the time of its newest put.
    package func lastHeard(_ name: KeyName) -> Timestamp? {
        guard let index = index(of: name), table[index].last != nil else { return nil }
        readClocks()
        return reading.date(of: table[index].tick)
    }

    /// How long ago something was heard of a key, also across a jump of the clock.
    package func age(of name: KeyName) -> Duration? {
        guard let index = index(of: name), table[index].last != nil else { return nil }
        readClocks()
        return max(.zero, reading.tick - table[index].tick)
    }

    /// When a key's value became what it is, by the present clock; nil where that was before this process.
    package func lastChanged(_ name: KeyName) -> Timestamp? {
        guard let index = index(of: name), let origin = table[index].origin else { return nil }
        readClocks()
        return reading.date(of: origin.tick)
    }

    /// For how long it has been that, also across a jump of the clock; nil where it began before this process.
    package func timeSinceChange(of name: KeyName) -> Duration? {
        guard let index = index(of: name), let origin = table[index].origin else { return nil }
        readClocks()
        return max(.zero, reading.tick - origin.tick)
    }

    /// When something that was due at `tick` is dated: as it was foreseen, unless the clock was set since.
    func date(of tick: Tick, foreseen: Timestamp) -> Timestamp {
        let measured = reading.date(of: tick)
        return abs((measured - foreseen).microseconds) < Self.slightly.microseconds ? foreseen : measured
    }

    private static let slightly = Duration.seconds(1)
}
