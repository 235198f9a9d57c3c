internal import Komoku

/// A moment on the monotonic clock. Lengths of time are measured by it: the wall clock may be set at any moment.
struct Tick: Hashable, Comparable, Sendable {
    let microseconds: Int64

    static func < (left: Tick, right: Tick) -> Bool { left.microseconds < right.microseconds }

    static func + (tick: Tick, duration: Duration) -> Tick {
        let (sum, overflow) = tick.microseconds.addingReportingOverflow(duration.microseconds)
        return Tick(microseconds: overflow ? (duration < .zero ? .min : .max) : sum)
    }

    static func - (tick: Tick, duration: Duration) -> Tick {
        tick + Duration(microseconds: duration.microseconds == .min ? .max : -duration.microseconds)
    }

    static func - (left: Tick, right: Tick) -> Duration {
        let (difference, overflow) = left.microseconds.subtractingReportingOverflow(right.microseconds)
        return Duration(microseconds: overflow ? (left < right ? .min : .max) : difference)
    }
}

/// An optional tick in eight bytes.
@propertyWrapper struct Compact {
    private var microseconds = Int64.max

    init() {}

    var wrappedValue: Tick? {
        get { microseconds == .max ? nil : Tick(microseconds: microseconds) }
        set { microseconds = newValue?.microseconds ?? .max }
    }
}
