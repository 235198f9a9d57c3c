extension PythonPattern {
    /// The longest pattern.
    static let maximumLength = 1024
    private static let maximumDepth = 16

    init(_ text: String, ignoresCase: Bool = false) throws(JinjaError) {
        guard text.utf8.count <= Self.maximumLength else { throw .failed("a pattern is longer than 1 KiB") }
        var reader = Reader(text, ignoresCase ? [.ignoresCase] : [])
        root = try reader.alternatives()
        if !reader.rest.isEmpty { throw reader.fault("a ')' closes nothing") }
        (flags, groups, names) = (reader.flags, reader.groups, reader.names)
    }

    private struct Reader {
        private(set) var rest: ArraySlice<Unicode.Scalar>
        private(set) var flags: Flags
        private(set) var groups = 1
        private(set) var names: [String: Int] = [:]
        private var depth = 0

        init(_ text: String, _ flags: Flags) {
            rest = Array(text.unicodeScalars)[...]
            self.flags = flags
        }

        func fault(_ reason: String) -> JinjaError { .failed("a pattern cannot be read: \(reason)") }

        private mutating func skip(_ text: String) -> Bool {
            guard rest.starts(with: text.unicodeScalars) else { return false }
            rest = rest.dropFirst(text.unicodeScalars.count)
            return true
        }

        mutating func alternatives() throws(JinjaError) -> Node {
            depth += 1
            defer { depth -= 1 }
            if depth > maximumDepth { throw fault("it is nested too deep") }
            var all = [try sequence()]
            while skip("|") { all.append(try sequence()) }
            return all.count == 1 ? all[0] : .either(all)
        }

        private mutating func sequence() throws(JinjaError) -> Node {
            var parts: [Node] = []
            while let first = rest.first, first != "|", first != ")" {
                if flags.contains(.isVerbose), skipVerbose(first) { continue }
                guard let atom = try atom() else { continue }
                parts.append(try repeated(atom))
            }
            return parts.count == 1 ? parts[0] : .sequence(parts)
        }

        private mutating func skipVerbose(_ first: Unicode.Scalar) -> Bool {
            if first.properties.isWhitespace {
                rest.removeFirst()
                return true
            }
            guard first == "#" else { return false }
            rest = rest.drop { $0 != "\n" }
            return true
        }

        private mutating func repeated(_ atom: Node) throws(JinjaError) -> Node {
            guard let range = try count() else { return atom }
            let greed: Greed = skip("?") ? .lazy : skip("+") ? .possessive : .greedy
            if try count() != nil { throw fault("a repetition is repeated") }
            return .repeated(atom, range, greed)
        }

        private static let most = 1 << 20

        private mutating func count() throws(JinjaError) -> ClosedRange<Int>? {
            if skip("*") { return 0...Self.most }
            if skip("+") { return 1...Self.most }
            if skip("?") { return 0...1 }
            let start = rest
            guard skip("{") else { return nil }
            let low = number()
            let high = skip(",") ? number() ?? Self.most : low
            guard skip("}"), low != nil || high != Self.most || start.dropFirst().first == ",", let high else {
                rest = start
                return nil
            }
            guard low ?? 0 <= high else { throw fault("a repetition has its bounds the wrong way round") }
            return (low ?? 0)...high
        }

        private mutating func number() -> Int? {
            let digits = rest.prefix { "0"..."9" ~= $0 }
            guard !digits.isEmpty, digits.count <= 6 else { return nil }
            rest = rest.dropFirst(digits.count)
            return digits.reduce(0) { $0 * 10 + Int($1.value) - 0x30 }
        }

        /// Nil for what matches nothing: a comment, or flags.
        private mutating func atom() throws(JinjaError) -> Node? {
            guard let scalar = rest.popFirst() else { return nil }
            switch scalar {
            case ".": return .any
            case "^": return .start
            case "$": return .end
            case "[": return .set(try set())
            case "(": return try group()
            case "\\": return try escape()
            case "*", "+", "?": throw fault("nothing to repeat before '\(scalar)'")
            case "{":
                let start = rest
                rest = [scalar] + rest
                let isCount = try count() != nil
                rest = start
                if isCount { throw fault("nothing to repeat before '{'") }
                return .scalar(scalar)
            default: return .scalar(scalar)
            }
        }

        private mutating func group() throws(JinjaError) -> Node? {
            var node: Node
            if skip("?:") {
                node = .group(nil, try alternatives())
            } else if skip("?=") {
                node = .look(try alternatives(), isAhead: true, isNegated: false)
            } else if skip("?!") {
                node = .look(try alternatives(), isAhead: true, isNegated: true)
            } else if skip("?<=") {
                node = .look(try alternatives(), isAhead: false, isNegated: false)
            } else if skip("?<!") {
                node = .look(try alternatives(), isAhead: false, isNegated: true)
            } else if skip("?>") {
                node = .atomic(try alternatives())
            } else if skip("?P=") {
                guard let place = names[try name(until: ")")] else { throw fault("a group that it names is not there") }
                return .reference(place)
            } else if skip("?#") {
                rest = rest.drop { $0 != ")" }.dropFirst()
                return nil
            } else if rest.first == "?", rest.dropFirst().first != "P" {
                return try flagGroup()
            } else {
                if skip("?P<") { names[try name(until: ">")] = groups }
                let place = groups
                groups += 1
                if groups > 100 { throw fault("it has more than 99 groups") }
                node = .group(place, try alternatives())
            }
            guard skip(")") else { throw fault("a '(' is not closed") }
            if case .look(let inner, false, _) = node, inner.width == nil {
                throw fault("what is looked for behind has no fixed width")
            }
            return node
        }

        private mutating func name(until end: Unicode.Scalar) throws(JinjaError) -> String {
            let name = rest.prefix { $0 != end }
            guard !name.isEmpty, name.count < rest.count else { throw fault("a group's name is not closed") }
            rest = rest.dropFirst(name.count + 1)
            return String(String.UnicodeScalarView(name))
        }

        /// `(?i)`, `(?s-i:…)`
        private mutating func flagGroup() throws(JinjaError) -> Node? {
            rest.removeFirst()
            var (inner, removes) = (flags, false)
            while let scalar = rest.popFirst() {
                let flag: Flags? = ["i": .ignoresCase, "m": .isMultiline, "s": .dotIsAll, "x": .isVerbose][scalar]
                switch scalar {
                case "-": removes = true
                case "a", "u", "L": break
                case ")":
                    flags = inner
                    return nil
                case ":":
                    let outer = flags
                    flags = inner
                    let node = try alternatives()
                    flags = outer
                    guard skip(")") else { throw fault("a '(' is not closed") }
                    return .flagged(inner, node)
                default:
                    guard let flag else { throw fault("'(?\(scalar)' is not known") }
                    if removes { inner.remove(flag) } else { inner.insert(flag) }
                }
            }
            throw fault("a '(' is not closed")
        }

        private mutating func escape() throws(JinjaError) -> Node {
            guard let scalar = rest.popFirst() else { throw fault("it ends with a backslash") }
            switch scalar {
            case "d", "D", "s", "S", "w", "W": return .set(CharacterSet(items: [.kind(scalar)]))
            case "b": return .boundary
            case "B": return .noBoundary
            case "A": return .absoluteStart
            case "Z": return .absoluteEnd
            case "1"..."9":
                var place = Int(scalar.value) - 0x30
                if let next = rest.first, "0"..."9" ~= next {
                    rest.removeFirst()
                    place = place * 10 + Int(next.value) - 0x30
                }
                guard place < groups else { throw fault("the group \(place) is not there") }
                return .reference(place)
            default: return .scalar(try character(scalar))
            }
        }

        private mutating func character(_ scalar: Unicode.Scalar) throws(JinjaError) -> Unicode.Scalar {
            switch scalar {
            case "n": return "\n"
            case "r": return "\r"
            case "t": return "\t"
            case "f": return "\u{0C}"
            case "v": return "\u{0B}"
            case "a": return "\u{07}"
            case "0": return "\0"
            case "x", "u", "U":
                let count = scalar == "x" ? 2 : scalar == "u" ? 4 : 8
                let digits = String(String.UnicodeScalarView(rest.prefix(count)))
                guard digits.utf8.count == count, let number = UInt32(digits, radix: 16),
                    let found = Unicode.Scalar(number)
                else { throw fault("an escape names no character") }
                rest = rest.dropFirst(count)
                return found
            default:
                if scalar.isASCII, scalar.properties.isAlphabetic {
                    throw fault("the escape '\\\(scalar)' is not known")
                }
                return scalar
            }
        }

        private mutating func set() throws(JinjaError) -> CharacterSet {
            var set = CharacterSet()
            set.isNegated = skip("^")
            var isFirst = true
            while let scalar = rest.popFirst() {
                if scalar == "]", !isFirst { return set }
                isFirst = false
                guard let low = try member(scalar, &set) else { continue }
                guard rest.first == "-", let next = rest.dropFirst().first, next != "]" else {
                    set.items.append(.range(low...low))
                    continue
                }
                rest = rest.dropFirst(2)
                guard let high = try member(next, &set), low <= high else { throw fault("a range has no two ends") }
                set.items.append(.range(low...high))
            }
            throw fault("a '[' is not closed")
        }

        /// Nil where it is a kind, which is in the set then.
        private mutating func member(
            _ scalar: Unicode.Scalar, _ set: inout CharacterSet
        ) throws(JinjaError) -> Unicode.Scalar? {
            guard scalar == "\\" else { return scalar }
            guard let next = rest.popFirst() else { throw fault("it ends with a backslash") }
            if next == "b" { return "\u{08}" }
            guard "dDsSwW".unicodeScalars.contains(next) else { return try character(next) }
            set.items.append(.kind(next))
            return nil
        }
    }
}

extension PythonPattern.Node {
    /// How many characters it matches; nil where that may differ.
    var width: Int? {
        switch self {
        case .scalar, .any, .set: return 1
        case .sequence(let parts):
            return parts.reduce(0) { total, part in
                guard let total, let width = part.width, total + width < 1 << 20 else { return nil }
                return total + width
            }
        case .either(let parts):
            let widths = Set(parts.map(\.width))
            return widths.count == 1 ? widths.first ?? nil : nil
        case .group(_, let inner), .atomic(let inner), .flagged(_, let inner): return inner.width
        case .repeated(let inner, let range, _):
            guard range.lowerBound == range.upperBound, let width = inner.width, width < 1 << 20 else { return nil }
            return range.lowerBound * width
        case .reference: return nil
        case .look, .start, .end, .absoluteStart, .absoluteEnd, .boundary, .noBoundary: return 0
        }
    }
}
