/// What an expression gives.
enum ValueType: String, Sendable {
    case scalar
    case vector = "instant vector"
    case range = "range vector"
    case text = "string"
}

/// A function of the query language: what it takes and gives.
struct QueryFunction: Sendable {
    enum Body: Sendable {
        /// Of each value.
        case each(@Sendable (Double) -> Double)
        /// Of each value and of scalars.
        case eachWith(@Sendable (Double, [Double]) -> Double)
        /// Of what fell into a window.
        case window(WindowFigure)
        /// Of the time in seconds, or of values that are times.
        case calendar(@Sendable (CivilTime) -> Int)
        case special(Special)
    }

    enum Special: Sendable {
        case absent, absentOverTime, pi, scalar, sort, sortDescending, time, timestamp, vector
    }

    let name: String
    let arguments: [ValueType]
    /// How many of the last arguments may be missing.
    let optional: Int
    let result: ValueType
    let body: Body

    init(
        _ name: String, _ arguments: [ValueType], optional: Int = 0, result: ValueType = .vector, _ body: Body
    ) {
        (self.name, self.arguments, self.optional) = (name, arguments, optional)
        (self.result, self.body) = (result, body)
    }

    static let all: [QueryFunction] = mathematics + limits + windows + calendar + others

    static func named(_ name: String) -> QueryFunction? { byName[name] }

    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

    /// All names, for messages.
    static let names = all.map(\.name).sorted().joined(separator: ", ")
}
