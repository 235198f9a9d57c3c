/// An expression of a template.
struct JinjaExpression: Sendable {
    indirect enum Form: Sendable {
        case constant(JinjaValue)
        /// The name's slot among the variables.
        case variable(Int)
        case item(JinjaExpression, JinjaExpression)
        case slice(JinjaExpression, (from: JinjaExpression?, to: JinjaExpression?, step: JinjaExpression?))
        case not(JinjaExpression)
        case negate(JinjaExpression)
        case and(JinjaExpression, JinjaExpression)
        case or(JinjaExpression, JinjaExpression)
        case arithmetic(Arithmetic, JinjaExpression, JinjaExpression)
        case concatenate([JinjaExpression])
        /// `a < b < c`
        case compare(JinjaExpression, [(Comparison, JinjaExpression)])
        case condition(JinjaExpression, JinjaExpression, JinjaExpression?)
        /// A filter, a test, a function or a method: the input is the first argument. Nil is an argument that is not given.
        case call(JinjaFunction, [JinjaExpression?])
        case list([JinjaExpression])
        case tuple([JinjaExpression])
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

    init(_ form: Form, over parts: [JinjaExpression?] = []) throws(JinjaTemplate.Invalid) {
        self.form = form
        height = (parts.compactMap { $0?.height }.max() ?? 0) + 1
        if height > Self.maximumHeight { throw JinjaTemplate.Invalid("it is nested deeper than \(Self.maximumHeight)") }
    }
}

/// A part of a template.
indirect enum JinjaNode: Sendable {
    /// The slot of what was captured, and the filters over it.
    typealias Filters = (slot: Int, expression: JinjaExpression)

    case text(String)
    case output(JinjaExpression)
    /// `{% do … %}`
    case evaluate(JinjaExpression)
    case set(JinjaTarget, JinjaExpression)
    /// `{% set x %}…{% endset %}`
    case capture(JinjaTarget, Filters?, [JinjaNode])
    case filtered(Filters, [JinjaNode])
    case choose([(condition: JinjaExpression, body: [JinjaNode])], otherwise: [JinjaNode])
    case loop(JinjaLoop)
    /// `{% break %}`
    case leave
    /// `{% continue %}`
    case next
    /// `{% with a = 1 %}`
    case scoped([(slot: Int, value: JinjaExpression)], [JinjaNode])
}

/// What takes a value.
indirect enum JinjaTarget: Sendable {
    case slot(Int)
    /// Of the namespace in a slot.
    case member(Int, String)
    case tuple([JinjaTarget])
}

/// `{% for … in … if … %}…{% else %}…{% endfor %}`
struct JinjaLoop: Sendable {
    var target: JinjaTarget
    var items: JinjaExpression
    var condition: JinjaExpression?
    var body: [JinjaNode] = []
    var otherwise: [JinjaNode] = []
    /// Where `loop` is, if somebody asks for it.
    var slot: Int?
    /// How many loops it stands in, itself among them.
    var depth: Int
    /// The names that its body sets, with the outer one of the same name: each round begins with that.
    var inherited: [(slot: Int, outer: Int?)] = []
}
