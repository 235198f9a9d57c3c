/// What a number counts, as far as it is known before evaluation. It only ever leads to warnings.
enum Measure: Hashable, Sendable {
    /// Nothing is known.
    case any
    /// Made of bare numbers alone: `20`. Takes the measure of what it stands beside, but is no time.
    case bare
    /// As the key declares it.
    case unit(String)
    /// Seconds, from literals such as `5m`.
    case duration
    /// Seconds since 1970.
    case instant

    init(unit: String?) {
        self = unit.map { .unit($0) } ?? .any
    }

    /// The unit's text, nil where there is none or none known.
    var unit: String? {
        switch self {
        case .any, .bare: nil
        case .unit(let unit): unit
        case .duration, .instant: "s"
        }
    }

    /// After "is".
    var phrase: String {
        switch self {
        case .any: "a number"
        case .bare: "a bare number"
        case .unit(let unit): "in \(unit)"
        case .duration: "a duration"
        case .instant: "a time"
        }
    }

    private var scaled: Measure { if case .unit(let unit) = self, unit != "s" { .any } else { self } }

    private var isTime: Bool { self == .duration || self == .instant }

    /// Whether numbers of the two can be compared, or one can stand for the other.
    func fits(_ other: Measure) -> Bool {
        switch (self, other) {
        case (.any, _), (_, .any): true
        case (.unit(let a), .unit(let b)): a.utf8.elementsEqual(b.utf8)
        case (.unit(let unit), let time) where time.isTime: unit == "s"
        case (let time, .unit(let unit)) where time.isTime: unit == "s"
        case (.bare, _): !other.isTime
        case (_, .bare): !isTime
        default: self == other
        }
    }

    /// Of what may be either.
    func joined(_ other: Measure) -> Measure {
        switch (self, other) {
        case (.bare, _): other
        case (_, .bare): self
        default: self == other ? self : .any
        }
    }

    /// Of a result; nil where the two do not belong together.
    func combined(_ operation: Arithmetic, _ other: Measure) -> Measure? {
        switch operation {
        case .plus:
            if (self, other) == (.instant, .duration) || (self, other) == (.duration, .instant) { return .instant }
            return self == .instant && other == .instant || !fits(other) ? nil : joined(other)
        case .minus:
            if (self, other) == (.instant, .instant) { return .duration }
            if (self, other) == (.instant, .duration) { return .instant }
            return fits(other) ? joined(other) : nil
        // Watts by 230 are amperes, and by 1000 kilowatts: of what is scaled only time keeps its measure.
        case .times: return self == .bare ? other.scaled : other == .bare ? scaled : .any
        case .divided: return other == .bare ? scaled : .any
        case .remainder: return other == .bare && self != .instant || self == other ? self : .any
        }
    }
}
