import Komoku
import KomokuExpression

/// Where a purpose is looked for: a device or room (`hall`), keys (`*.door`), or whatever has a word in its name (`*door*`).
package struct PurposeTarget: Sendable {
    package let text: String
    private let form: Form

    private enum Form {
        case pattern(KeyPattern, deep: KeyPattern)
        case glob(Glob)
    }

    enum Match {
        /// The first parts of the key's name: it belongs to what is meant.
        case part
        /// All of the name.
        case whole
        /// All of it, with its last part written out: that key is meant, whatever it is called.
        case named
    }

    /// Why a text is none; a clause.
    struct Invalid: Error {
        let reason: String
    }

    /// - Parameter text: a name, or a pattern in which a `*` may stand in a part, too, and is any run of characters then.
    init(validating text: String) throws(Invalid) {
        self.text = text
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        do throws(KeyName.Invalid) {
            guard parts.contains(where: { $0.contains("*") && $0 != "*" && $0 != "**" }) else {
                let pattern = try KeyPattern(validating: text)
                form = .pattern(pattern, deep: (try? KeyPattern(validating: text + ".**")) ?? pattern)
                return
            }
            let letters = text.filter { $0 != "*" && $0 != "." }
            if !letters.isEmpty { _ = try KeyName(validating: letters) }
        } catch {
            throw Invalid(reason: error.reason)
        }
        guard let glob = Glob(text) else { throw Invalid(reason: Glob.refusal) }
        form = .glob(glob)
    }

    /// The keys among which all are that can match.
    var pattern: KeyPattern {
        switch form {
        case .pattern(_, let deep): deep
        case .glob: .all
        }
    }

    /// The name that it is, where it is one.
    var name: KeyName? { if case .pattern(let pattern, _) = form { pattern.name } else { nil } }

    /// The first part of all names that match; nil where it is not known.
    var firstPart: Substring? {
        guard case .pattern = form, let first = text.split(separator: ".").first, first.first != "*" else { return nil }
        return first
    }

    func match(_ key: KeyName) -> Match? {
        switch form {
        case .pattern(let pattern, let deep):
            if pattern.matches(key) { return text.utf8.last == UInt8(ascii: "*") ? .whole : .named }
            return deep.matches(key) ? .part : nil
        case .glob(let glob):
            if glob.matches(key.text) { return .whole }
            return key.text.leadingParts.contains(where: glob.matches) ? .part : nil
        }
    }
}

extension String {
    /// `a` and `a.b` of `a.b.c`.
    fileprivate var leadingParts: [String] {
        utf8.indices.filter { utf8[$0] == UInt8(ascii: ".") }.map { String(self[..<$0]) }
    }
}
