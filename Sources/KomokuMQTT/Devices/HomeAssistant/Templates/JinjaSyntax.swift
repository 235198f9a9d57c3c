/// An expression of a template.
struct JinjaExpression: Sendable {
    indirect enum Form: Sendable {
        case constant(JinjaValue)
        /// The name's place among the variables.
        case variable(Int)
        case item(JinjaExpression, JinjaExpression)
        case slice(JinjaExpression, JinjaExpression?, JinjaExpression?)
        case not(JinjaExpression)
        case negate(JinjaExpression)
        case and(JinjaExpression, JinjaExpression)
        case or(JinjaExpression, JinjaExpression)
        case arithmetic(Arithmetic, JinjaExpression, JinjaExpression)
        case concatenate([JinjaExpression])
        /// `a < b < c`
        case compare(JinjaExpression, [(Comparison, JinjaExpression)])
        case condition(JinjaExpression, JinjaExpression, JinjaExpression?)
        /// A filter, a function or a method: the input is the first argument. Nil is an argument that is not given.
        case call(JinjaFunction, [JinjaExpression?])
        case test(JinjaTest, JinjaExpression, JinjaExpression?)
        case list([JinjaExpression])
        case dict([(name: JinjaExpression, value: JinjaExpression)])
    }

    enum Arithmetic: String {
        case add = "+"
        case subtract = "-"
        case multiply = "*"
        case divide = "/"
        case divideWhole = "//"
        case remainder = "%"
        case power = "**"
    }

    enum Comparison: String {
        case equal = "=="
        case unequal = "!="
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
        case isIn
        case isNotIn
    }

    let form: Form
    /// The longest path down: evaluation recurses so deep.
    let height: Int

    /// The highest tree.
    static let maximumHeight = 64

    init(_ form: Form, over parts: [JinjaExpression?] = []) throws(JinjaFault) {
        self.form = form
        height = (parts.compactMap { $0?.height }.max() ?? 0) + 1
        if height > Self.maximumHeight { throw JinjaFault("it is nested deeper than \(Self.maximumHeight)") }
    }
}

/// A part of a template.
indirect enum JinjaNode: Sendable {
    case text(String)
    case output(JinjaExpression)
    case set(Int, JinjaExpression)
    case choose([(condition: JinjaExpression, body: [JinjaNode])], otherwise: [JinjaNode])
}

/// `is …`
enum JinjaTest: String {
    case defined, undefined, none, number, string, boolean, integer, float, mapping, sequence, iterable
    case even, odd, divisibleby, `true`, `false`, `in`, equalto, eq, ne, lt, le, gt, ge
    case isNumber = "is_number"

    var takesArgument: Bool {
        switch self {
        case .divisibleby, .in, .equalto, .eq, .ne, .lt, .le, .gt, .ge: true
        default: false
        }
    }
}
