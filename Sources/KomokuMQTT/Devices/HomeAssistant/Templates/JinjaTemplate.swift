internal import Komoku
internal import KomokuSystem

/// A Home Assistant template: Jinja without what reaches beyond the message. Its result is a text.
///
/// Supported: `value` and `value_json` with `.name`, `['name']`, `[0]`, `[1:3]` and `.get()`; the filters, tests, functions
/// and methods of `JinjaFunction`; lists, tuples and dictionaries; arithmetic, `~`, `%`, comparisons, `in`, `is`,
/// `and or not`; `a if b else c`; `if`, `for`, `set`, `with`, `filter`, `do`, `break` and `continue` as statements;
/// comments, `-` at the ends of tags. A name that nothing has is undefined. What else there is gives a fault that names it.
struct JinjaTemplate: Sendable {
    private let nodes: [JinjaNode]
    private let variables: Int
    /// Of the house's clocks.
    private let zone: Zone

    /// The dotted path of a JSON payload whose leaf is the result, where the template does no more than that.
    let plainPath: String?
    /// The same where a number is wanted.
    let plainNumberPath: String?
    /// It is the payload as it came.
    let isPayload: Bool

    /// - Parameter names: what it may read besides `value` and `value_json`.
    static func parse(
        _ text: String, names: [String] = [], zone: Zone = .utc
    ) throws(JinjaTemplate.Invalid) -> JinjaTemplate {
        var text = JinjaFunction.trimmed(text, .both)
        text.makeContiguousUTF8()
        let pieces = try JinjaLexer.pieces(of: text)
        var parser = JinjaParser(pieces, variables: ["value", "value_json"] + names)
        let nodes = try parser.template()
        return JinjaTemplate(nodes: nodes, variables: parser.names.count, zone: zone)
    }

    private init(nodes: [JinjaNode], variables: Int, zone: Zone) {
        (self.nodes, self.variables, self.zone) = (nodes, variables, zone)
        guard nodes.count == 1, case .output(let expression) = nodes[0] else {
            (plainPath, plainNumberPath, isPayload) = (nil, nil, false)
            return
        }
        plainPath = expression.path.flatMap { $0.isEmpty ? nil : $0.joined(separator: ".") }
        plainNumberPath = expression.numberPath.flatMap { $0.isEmpty ? nil : $0.joined(separator: ".") }
        isPayload = if case .variable(0) = expression.form { true } else { false }
    }

    /// The text for a message.
    ///
    /// - Throws: why there is none.
    func text(for message: JinjaMessage) throws(JinjaError) -> String {
        let work = JinjaWork(time: message.time, zone: zone, budget: message.budget)
        return try text(value: .string(message.text), json: message.json, others: [], work: work)
    }

    /// The text for a command.
    ///
    /// - Parameter others: by the names that it was parsed with.
    func text(
        value: JinjaValue, json: JinjaValue = .undefined, others: [JinjaValue], work: JinjaWork? = nil
    ) throws(JinjaError) -> String {
        let work = work ?? JinjaWork(time: WallClock.now, zone: zone)
        var all = [value, json] + others
        while all.count < variables { all.append(.undefined) }
        var evaluation = JinjaEvaluation(variables: all, work: work)
        try evaluation.run(nodes)
        return JinjaFunction.trimmed(evaluation.text, .both)
    }
}

/// A message as templates see it; its JSON is read once.
final class JinjaMessage {
    let text: String
    /// When it came.
    let time: Timestamp
    /// All its templates share it.
    let budget: WorkBudget
    private(set) lazy var json = JinjaValue(parsing: text) ?? .undefined

    init(
        _ text: String, time: Timestamp = Timestamp(microseconds: 0), budget: WorkBudget = WorkBudget()
    ) {
        (self.text, self.time, self.budget) = (text, time, budget)
    }
}

extension JinjaExpression {
    /// The steps from the payload's JSON to a leaf, where the expression is only that; items count from 1.
    fileprivate var path: [String]? {
        switch form {
        case .variable(1): return []
        case .item(let whole, let index):
            guard case .constant(let constant) = index.form, let path = whole.path else { return nil }
            switch constant {
            case .string(let name) where Self.isPlain(name): return path + [name]
            case .int(let int) where 0..<100_000 ~= int: return path + [String(int + 1)]
            default: return nil
            }
        case .call(let function, let arguments):
            if function.isGet, arguments.count == 3, arguments[2] == nil,
                case .constant(.string(let name))? = arguments[1]?.form,
                Self.isPlain(name), let path = arguments[0]?.path
            {
                return path + [name]
            }
            return function.isCheckOfPresence ? arguments.first.flatMap { $0?.path } : nil
        default: return nil
        }
    }

    /// The same, also behind a filter that makes a number of the leaf or fails.
    fileprivate var numberPath: [String]? {
        guard case .call(let function, let arguments) = form, function.isNumberReader,
            arguments.dropFirst().allSatisfy({ $0 == nil })
        else {
            return path
        }
        return arguments.first.flatMap { $0?.path }
    }

    /// A name that a dotted path can hold, and that is no index of a list.
    private static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && !name.utf8.contains(UInt8(ascii: ".")) && !name.utf8.allSatisfy { 0x30...0x39 ~= $0 }
    }
}
