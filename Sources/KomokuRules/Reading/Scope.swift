import Komoku
import KomokuExpression

/// The names that an expression of a rule may use at its place, beside keys.
struct Scope {
    typealias Declaration = TypeEnvironment.Declaration

    var locals: [String: Declaration] = [:]
    /// What an emitted object or the query of a webhook has is known only when it comes: names that are no keys are taken for
    /// its members.
    var isOpen = false
    /// Keys that have a value here: a trigger saw it, or the rule's condition needed it.
    var known: Set<KeyName> = []
    /// What the rule is made for, where it is made for several.
    var item: String?

    /// Whether a name, not in backquotes, is one of the place, or a part of what such a one holds.
    func isLocal(_ name: KeyName) -> Bool {
        locals[name.text] != nil || TypeEnvironment.member(name, of: locals) != nil
    }

    /// After a part that may have been passed over: what it set may be unknown.
    func joined(with other: Scope) -> Scope {
        var result = self
        for (name, declaration) in other.locals {
            guard let mine = locals[name] else {
                result.locals[name]?.mayBeUnknown = true
                var declaration = declaration
                declaration.mayBeUnknown = true
                result.locals[name] = declaration
                continue
            }
            if mine == declaration { continue }
            let isSame = mine.kind == declaration.kind
            result.locals[name] = Declaration(
                isSame ? mine.kind : nil, mayBeUnknown: mine.mayBeUnknown || declaration.mayBeUnknown)
            result.locals[name]?.isDocument = mine.isDocument || declaration.isDocument
        }
        for name in locals.keys where other.locals[name] == nil { result.locals[name]?.mayBeUnknown = true }
        return result
    }

    /// What two triggers give, of which one fires.
    func merged(with other: Scope) -> Scope {
        var result = joined(with: other)
        result.isOpen = isOpen || other.isOpen
        result.known = known.intersection(other.known)
        return result
    }

    /// With the names of another one beside its own.
    func adding(_ other: Scope) -> Scope {
        var result = self
        result.locals.merge(other.locals) { mine, _ in mine }
        result.isOpen = isOpen || other.isOpen
        result.known.formUnion(other.known)
        return result
    }

    /// With what an open place takes for members of a message.
    func opened(for expressions: [Syntax], _ keys: KnownKeys) -> Scope {
        guard isOpen else { return self }
        var result = self
        for name in expressions.flatMap(\.bareNames) where locals[name.text] == nil {
            guard !name.text.utf8.contains(UInt8(ascii: ".")), keys.declaration(name)?.kind == nil,
                !Function.isWord(name.text), !name.text.utf8.elementsEqual("self".utf8)
            else { continue }
            result.locals[name.text] = .dynamic
        }
        return result
    }
}

extension Syntax {
    /// Each name without backquotes, wherever it stands.
    var bareNames: [KeyName] { names.filter { !$0.isQuoted }.map(\.name) }

    /// Every name with its place.
    var names: [(name: KeyName, isQuoted: Bool, span: Range<Int>)] {
        switch form {
        case .literal, .duration, .computedName: []
        case .name(let name, let quoted): [(name, quoted, span)]
        default: children.flatMap(\.names)
        }
    }

    var children: [Syntax] {
        switch form {
        case .literal, .duration, .name, .computedName: []
        case .prefix(_, let operand): [operand]
        case .infix(_, let left, let right): [left, right]
        case .membership(let operand, let items, _): [operand] + items
        case .conditional(let condition, let then, let otherwise): [condition, then, otherwise]
        case .call(_, let arguments): arguments
        }
    }

    /// The keys without whose values it cannot be true.
    var needed: Set<KeyName> {
        switch form {
        case .literal, .duration, .computedName: []
        case .name(let name, _): [name]
        case .infix(.or, let left, let right): left.needed.intersection(right.needed)
        case .infix(.fallback, _, _): []
        case .conditional(let condition, _, _): condition.neededAnyway
        case .infix(.and, let left, let right): left.needed.union(right.needed)
        case .infix(_, let left, let right): left.neededAnyway.union(right.neededAnyway)
        case .prefix(.minus, let operand), .membership(let operand, _, _): operand.neededAnyway
        case .prefix(.not, let operand): operand.neededToFail
        case .call(.known, let arguments): Set(arguments.flatMap(\.names).map(\.name))
        case .call: []
        }
    }

    /// The keys without whose values it has none.
    private var neededAnyway: Set<KeyName> { needed.intersection(neededToFail) }

    /// The keys without whose values it cannot be false.
    private var neededToFail: Set<KeyName> {
        switch form {
        case .infix(.and, let left, let right): left.neededToFail.intersection(right.neededToFail)
        case .infix(.or, let left, let right): left.neededToFail.union(right.neededToFail)
        case .prefix(.not, let operand): operand.needed
        case .call(.known, _): []
        default: needed
        }
    }
}
