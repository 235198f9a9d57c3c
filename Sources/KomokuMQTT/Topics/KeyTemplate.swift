package import Komoku

/// How a mapping names its key: `{room}.{quantity}`, `door.{1}.alive`.
///
/// What a topic's level holds becomes one segment, with `_` for what a key forbids; levels captured by `{name+}` or `#`
/// become as many segments.
package struct KeyTemplate: Hashable, Sendable {
    enum Part: Hashable, Sendable {
        case literal(String)
        /// The index among the captures.
        case capture(Int)
    }

    /// As it was written.
    package let text: String
    let parts: [Part]

    /// Why a text is no template.
    package struct Invalid: Error, Hashable, Sendable {
        package let reason: String
        package let remedy: String?
        /// Bytes of UTF-8 before the fault.
        package let offset: Int
    }

    /// - Parameter captures: the names that may stand in braces.
    package init(validating text: String, captures: [String]) throws(Invalid) {
        self.text = text
        var parts: [Part] = []
        let bytes = Array(text.utf8)
        var index = 0
        while index < bytes.count {
            let isBrace = bytes[index] == UInt8(ascii: "{")
            let stop = bytes[index...].dropFirst().firstIndex { $0 == UInt8(ascii: isBrace ? "}" : "{") }
            if isBrace {
                guard let stop else { throw Invalid(reason: "this '{' is not closed", remedy: nil, offset: index) }
                let name = String(decoding: bytes[(index + 1)..<stop], as: UTF8.self)
                parts.append(.capture(try Self.index(of: name, in: captures, at: index)))
                index = stop + 1
            } else {
                let end = stop ?? bytes.count
                parts.append(.literal(String(decoding: bytes[index..<end], as: UTF8.self)))
                index = end
            }
        }
        self.parts = parts
        try checkShape()
    }

    private static func index(of name: String, in captures: [String], at offset: Int) throws(Invalid) -> Int {
        if let index = captures.firstIndex(where: { $0.utf8.elementsEqual(name.utf8) }) { return index }
        let known = captures.map { "{\($0)}" }.joined(separator: ", ")
        let list = captures.isEmpty ? "the topic captures nothing" : "the topic captures \(known)"
        throw Invalid(
            reason: "nothing is called '{\(name)}'", remedy: Suggestion.question(for: name, in: captures) ?? list,
            offset: offset)
    }

    /// With any word for each capture it must be a name.
    private func checkShape() throws(Invalid) {
        let sample = parts.map { part in if case .literal(let text) = part { text } else { "x" } }.joined()
        do throws(KeyName.Invalid) {
            _ = try KeyName(validating: sample)
        } catch {
            throw Invalid(reason: "'\(text.prefix(80))' makes no key name: \(error.reason)", remedy: nil, offset: 0)
        }
    }

    /// The name without captures that it is; nil where it has some.
    package var name: KeyName? {
        let isLiteral = parts.allSatisfy { if case .literal = $0 { true } else { false } }
        return isLiteral ? KeyName(text) : nil
    }

    /// A pattern that every key of it matches; nil where it says nothing about them.
    package var pattern: KeyPattern? {
        if let name { return KeyPattern(name) }
        return KeyPattern(parts: parts.map { if case .literal(let text) = $0 { text } else { nil } })
    }

    /// The key for what was captured.
    ///
    /// - Throws: `KeyName.Invalid` where nothing of a level can stand in a name, or the name is too long.
    package func name(for captured: [String]) throws(KeyName.Invalid) -> KeyName {
        var text = ""
        for part in parts {
            switch part {
            case .literal(let literal): text += literal
            case .capture(let index):
                let levels = captured[index].split(separator: "/", omittingEmptySubsequences: true)
                let segments = levels.compactMap { KeyName.segment(from: String($0)) }
                // A level of which nothing can stand in a name goes in as it is, so that the error names it.
                let isUsable = segments.count == levels.count
                text += isUsable ? segments.joined(separator: ".") : captured[index]
            }
        }
        return try KeyName(validating: text)
    }
}

extension KeyTemplate: CustomStringConvertible {
    package var description: String { text }
}
