/// A regular expression of Python's `re`: a matcher that goes back, with its steps counted. Groups, alternatives, greedy,
/// lazy and possessive repetition, classes, anchors, references back, looking ahead and behind, and the flags `i m s x`.
struct PythonPattern: Sendable {
    indirect enum Node: Sendable {
        case scalar(Unicode.Scalar)
        case any
        case set(CharacterSet)
        case sequence([Node])
        case either([Node])
        case group(Int?, Node)
        case repeated(Node, ClosedRange<Int>, Greed)
        case reference(Int)
        case look(Node, isAhead: Bool, isNegated: Bool)
        case atomic(Node)
        case start, end, absoluteStart, absoluteEnd, boundary, noBoundary
        /// With other flags inside.
        case flagged(Flags, Node)
    }

    enum Greed: Sendable { case greedy, lazy, possessive }

    struct Flags: OptionSet, Sendable {
        let rawValue: Int
        static let ignoresCase = Flags(rawValue: 1)
        static let isMultiline = Flags(rawValue: 2)
        static let dotIsAll = Flags(rawValue: 4)
        static let isVerbose = Flags(rawValue: 8)
    }

    /// `[a-z\d]`
    struct CharacterSet: Sendable {
        enum Item: Sendable {
            case range(ClosedRange<Unicode.Scalar>)
            /// `d`, `D`, `s`, `S`, `w` or `W`
            case kind(Unicode.Scalar)
        }

        var items: [Item] = []
        var isNegated = false

        func contains(_ scalar: Unicode.Scalar, ignoresCase: Bool) -> Bool {
            if has(scalar) { return !isNegated }
            if ignoresCase {
                let others = [PythonPattern.folded(scalar), PythonPattern.raised(scalar)]
                if others.contains(where: has) { return !isNegated }
            }
            return isNegated
        }

        private func has(_ scalar: Unicode.Scalar) -> Bool {
            items.contains { item in
                switch item {
                case .range(let range): range.contains(scalar)
                case .kind(let kind): PythonPattern.isOf(kind, scalar)
                }
            }
        }
    }

    let root: Node
    let flags: Flags
    /// With the whole match as the first.
    let groups: Int
    let names: [String: Int]

    static func isOf(_ kind: Unicode.Scalar, _ scalar: Unicode.Scalar) -> Bool {
        switch kind {
        case "d": scalar.properties.numericType == .decimal
        case "D": scalar.properties.numericType != .decimal
        case "s": scalar.properties.isWhitespace
        case "S": !scalar.properties.isWhitespace
        case "w": isWord(scalar)
        default: !isWord(scalar)
        }
    }

    static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType != nil
    }

    static func folded(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        let lower = scalar.properties.lowercaseMapping.unicodeScalars
        return lower.count == 1 ? lower.first ?? scalar : scalar
    }

    static func raised(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        let upper = scalar.properties.uppercaseMapping.unicodeScalars
        return upper.count == 1 ? upper.first ?? scalar : scalar
    }
}
