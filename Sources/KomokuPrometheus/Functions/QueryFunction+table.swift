internal import Glibc
internal import Komoku

extension QueryFunction {
    private static func each(_ name: String, _ body: @escaping @Sendable (Double) -> Double) -> QueryFunction {
        QueryFunction(name, [.vector], .each(body))
    }

    static let mathematics = [
        each("abs") { $0.magnitude }, each("ceil") { $0.rounded(.up) }, each("floor") { $0.rounded(.down) },
        each("exp", exp), each("ln", log), each("log2", log2), each("log10", log10), each("sqrt") { $0.squareRoot() },
        each("sgn") { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 },
        each("deg") { $0 * 180 / .pi }, each("rad") { $0 * .pi / 180 },
        each("sin", sin), each("cos", cos), each("tan", tan),
    ]

    static let limits = [
        QueryFunction(
            "clamp", [.vector, .scalar, .scalar],
            .eachWith { value, bounds in
                bounds[0] > bounds[1] ? absent : larger(bounds[0], smaller(bounds[1], value))
            }),
        QueryFunction("clamp_min", [.vector, .scalar], .eachWith { larger($1[0], $0) }),
        QueryFunction("clamp_max", [.vector, .scalar], .eachWith { smaller($1[0], $0) }),
        QueryFunction(
            "round", [.vector, .scalar], optional: 1,
            .eachWith { value, nearest in
                // The inverse is what is multiplied by: so does Prometheus, to lose less.
                let inverse = 1 / (nearest.first ?? 1)
                return (value * inverse + 0.5).rounded(.down) / inverse
            }),
    ]

    /// As Go's `math.Max`: a NaN stays one.
    private static func larger(_ a: Double, _ b: Double) -> Double { a.isNaN || b.isNaN ? .nan : max(a, b) }
    private static func smaller(_ a: Double, _ b: Double) -> Double { a.isNaN || b.isNaN ? .nan : min(a, b) }

    static let windows = WindowFigure.allCases.map { figure in
        QueryFunction(figure.rawValue, figure.arguments, .window(figure))
    }

    private static let parts: [(String, @Sendable (CivilTime) -> Int)] = [
        ("minute", { $0.minute }), ("hour", { $0.hour }), ("day_of_week", { $0.weekday }),
        ("day_of_month", { $0.day }), ("days_in_month", { $0.daysInMonth }), ("month", { $0.month }),
        ("year", { $0.year }),
    ]

    static let calendar = parts.map { name, part in QueryFunction(name, [.vector], optional: 1, .calendar(part)) }

    static let others = [
        QueryFunction("absent", [.vector], .special(.absent)),
        QueryFunction("absent_over_time", [.range], .special(.absentOverTime)),
        QueryFunction("pi", [], result: .scalar, .special(.pi)),
        QueryFunction("scalar", [.vector], result: .scalar, .special(.scalar)),
        QueryFunction("sort", [.vector], .special(.sort)),
        QueryFunction("sort_desc", [.vector], .special(.sortDescending)),
        QueryFunction("time", [], result: .scalar, .special(.time)),
        QueryFunction("timestamp", [.vector], .special(.timestamp)),
        QueryFunction("vector", [.scalar], .special(.vector)),
    ]
}

/// A time of UTC, taken apart.
struct CivilTime: Sendable {
    let minute: Int
    let hour: Int
    /// 0 is Sunday.
    let weekday: Int
    private let date: CivilDate

    /// - Parameter seconds: since 1970; nil where they are beyond any calendar.
    init?(seconds: Double) {
        guard seconds.magnitude < 1e14 else { return nil }
        let whole = Int64(seconds.rounded(.towardZero))
        let days = Int(whole >= 0 ? whole / 86_400 : (whole - 86_399) / 86_400)
        let rest = Int(whole) - days * 86_400
        (hour, minute, weekday) = (rest / 3600, rest / 60 % 60, ((days + 4) % 7 + 7) % 7)
        date = CivilDate(daysSince1970: days)
    }

    var day: Int { date.day }
    var month: Int { date.month }
    var year: Int { date.year }

    var daysInMonth: Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
