import Komoku

/// A function of the language: all that there is to say of it. `all` lists them, and the tables of `docs/expressions.md` are
/// made of the same entries; a test compares the two.
package struct Function: Sendable {
    package let name: String
    let parameters: [Parameter]
    /// What the place of the expression has to offer for it; empty for what needs nothing but its arguments.
    package let needs: Offers
    /// How it is called, each way.
    package let forms: [String]
    /// What comes out, for a person: `number`, `seconds`.
    package let gives: String
    /// What it does, for a person: in Markdown, one line.
    package let about: String
    /// Checks a call whose number of arguments is right.
    let check: Check

    typealias Check = @Sendable (_ checker: inout Checker, _ call: Call) -> Checker.Checked?

    /// - Parameters:
    ///   - forms: nil makes them of the parameters.
    init(
        _ name: String, _ parameters: [Parameter], needs: Offers = [], forms: [String]? = nil, gives: String,
        _ about: String, check: @escaping Check
    ) {
        self.name = name
        self.parameters = parameters
        self.needs = needs
        self.forms = forms ?? Self.forms(name, parameters)
        self.gives = gives
        self.about = about
        self.check = check
    }

    /// A call as it was written.
    struct Call {
        let function: Function
        let arguments: [Syntax]
        let syntax: Syntax

        var name: String { function.name }
    }

    struct Parameter: Sendable {
        enum Kind: Sendable {
            case number, text
            /// Of any kind.
            case value
            /// A literal from 0 to 15.
            case decimals
            /// What only the function's own check understands: a key, a window, a pattern.
            case special
        }

        /// As it is shown where the function is: `a`, `10m`.
        let name: String
        let kind: Kind
        var isOptional = false
        /// There may be more of it.
        var repeats = false
    }

    /// The most arguments of a function that takes any number of them.
    private static let maximumArguments = 64

    /// How many arguments it takes.
    var counts: ClosedRange<Int> {
        let least = parameters.count { !$0.isOptional }
        return least...(parameters.contains(where: \.repeats) ? Self.maximumArguments : parameters.count)
    }

    /// How it is called, for messages.
    var usage: String { forms.joined(separator: " or ") }

    private static func forms(_ name: String, _ parameters: [Parameter]) -> [String] {
        let least = parameters.count { !$0.isOptional }
        return (least...parameters.count).map { count in
            let shown = parameters.prefix(count).map { $0.repeats ? "\($0.name), …" : $0.name }
            return "\(name)(\(shown.joined(separator: ", ")))"
        }
    }
}

extension Function {
    /// The functions of one kind, as the documentation shows them together.
    package struct Group: Sendable {
        /// The heading.
        package let title: String
        package let functions: [Function]
    }

    package static let groups = [
        Group(title: "Numbers", functions: numbers),
        Group(title: "Mathematics", functions: mathematics),
        Group(title: "Chance", functions: chance),
        Group(title: "Texts", functions: texts),
        Group(title: "Regular expressions", functions: patterns),
        Group(title: "JSON", functions: documents),
        Group(title: "Recorded values", functions: history),
        Group(title: "Several keys", functions: keys),
        Group(title: "State", functions: state),
        Group(title: "Time", functions: clock),
        Group(title: "Calendars", functions: calendars),
    ]

    package static let all = groups.flatMap(\.functions)

    private static let byName = Dictionary(all.map { ($0.name, $0) }) { first, _ in first }

    package static func named(_ name: String) -> Function? { byName[name] }

    /// Whether a name by itself is one that takes no arguments: `hour`, `pi`.
    package static func isWord(_ name: String) -> Bool { byName[name]?.isWord ?? false }

    var isWord: Bool { parameters.isEmpty }
}

extension Function: Hashable {
    package static func == (left: Function, right: Function) -> Bool {
        left.name.utf8.elementsEqual(right.name.utf8)
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

extension Function.Parameter {
    static func number(_ name: String) -> Self { Self(name: name, kind: .number) }
    static func text(_ name: String) -> Self { Self(name: name, kind: .text) }
    static func value(_ name: String) -> Self { Self(name: name, kind: .value) }
    static func special(_ name: String) -> Self { Self(name: name, kind: .special) }
    static let decimals = Self(name: "decimals", kind: .decimals)
    static let key = special("key")

    var optional: Self { Self(name: name, kind: kind, isOptional: true, repeats: repeats) }
    var repeated: Self { Self(name: name, kind: kind, isOptional: isOptional, repeats: true) }
}
