internal import KomokuExpression

/// A regular expression that a whole label has to match.
///
/// Lists of words (`hall\.lux|cellar\.lux`, which is what dashboards with variables ask) are looked up; all else is matched by
/// PCRE2, with a limit on its steps.
struct AnchoredPattern: Sendable {
    private enum Form {
        case words(Set<[UInt8]>)
        /// Any text of so many bytes or more that has no line break.
        case anything(least: Int)
        case expression(RegularExpression)
    }

    private let form: Form

    /// - Throws: what is wrong with it.
    init(_ pattern: String) throws(QueryError) {
        if let words = Self.words(of: Array(pattern.utf8)) {
            form = .words(words)
        } else if pattern == ".*" || pattern == ".+" {
            form = .anything(least: pattern == ".+" ? 1 : 0)
        } else {
            do throws(RegularExpression.Invalid) {
                // By itself first: `a)|(b` has to be refused.
                _ = try RegularExpression(pattern)
                form = .expression(try RegularExpression("\\A(?:\(pattern))\\z"))
            } catch {
                throw QueryError(
                    .badData, "the regular expression is wrong at character \(error.offset + 1): \(error.reason)")
            }
        }
    }

    /// - Parameter steps: of PCRE2, less those that were taken.
    func matches(_ text: String, steps: inout Int) throws(QueryError) -> Bool {
        switch form {
        case .words(let words): return words.contains(Array(text.utf8))
        case .anything(let least): return text.utf8.count >= least && !text.utf8.contains(0x0A)
        case .expression(let expression):
            guard steps > 0 else { throw Self.exhausted }
            do throws(RegularExpression.Exhausted) {
                return try expression.firstMatch(in: Array(text.utf8), isAnchored: true, steps: &steps) != nil
            } catch {
                throw Self.exhausted
            }
        }
    }

    private static let exhausted = QueryError.execution(
        "the regular expressions of the query take too long; write them more simply")

    /// The texts that a pattern stands for that has nothing but plain characters and `|`, and perhaps parentheses around all.
    private static func words(of pattern: [UInt8]) -> Set<[UInt8]>? {
        var rest = pattern[...]
        if rest.first == UInt8(ascii: "("), rest.last == UInt8(ascii: ")"), rest.dropLast().last != UInt8(ascii: "\\") {
            rest = rest.dropFirst().dropLast()
        }
        var (words, word) = (Set<[UInt8]>(), [UInt8]())
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "|"):
                words.insert(word)
                word = []
            case UInt8(ascii: "\\"):
                // A letter or digit behind it is a class or a reference.
                guard let escaped = rest.popFirst(), isPunctuation(escaped) else { return nil }
                word.append(escaped)
            default:
                if special.contains(byte) { return nil }
                word.append(byte)
            }
        }
        return words.union([word])
    }

    private static let special = Set(".*+?()[]{}^$".utf8)

    private static func isPunctuation(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: true
        default: false
        }
    }
}
