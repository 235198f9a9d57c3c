/// The words that a chat message has to have: `lights {room} {rest...}`.
package struct CommandPattern: Hashable, Sendable {
    enum Part: Hashable, Sendable {
        /// Compared without regard to case.
        case word(String)
        case one(String)
        /// All that is left, at least a word; at the end only.
        case rest(String)
    }

    let parts: [Part]

    /// Why a text is no such pattern; a clause.
    package struct Invalid: Error, Hashable, Sendable {
        package let reason: String
    }

    package init(parsing text: String) throws(Invalid) {
        var parts: [Part] = []
        var names: Set<String> = []
        for word in text.split(separator: " ") {
            let part = try Self.part(word)
            if case .rest? = parts.last { throw Invalid(reason: "what takes the rest must come last") }
            if let name = part.name, !names.insert(name).inserted {
                throw Invalid(reason: "'{\(name)}' is there twice")
            }
            parts.append(part)
        }
        guard case .word? = parts.first else { throw Invalid(reason: "it begins with a word") }
        self.parts = parts
    }

    /// The names of the locals that it gives.
    package var names: [String] { parts.compactMap(\.name) }

    /// What a message gives to the names; nil where it does not match.
    package func match(_ message: String) -> [String: String]? {
        let words = message.split(whereSeparator: \.isWhitespace)
        var found: [String: String] = [:]
        for (index, part) in parts.enumerated() {
            guard index < words.count else { return nil }
            switch part {
            case .word(let word): if word != words[index].lowercased() { return nil }
            case .one(let name): found[name] = String(words[index])
            case .rest(let name):
                found[name] = String(message[words[index].startIndex..<words[words.count - 1].endIndex])
                return found
            }
        }
        return words.count == parts.count ? found : nil
    }

    private static func part(_ word: Substring) throws(Invalid) -> Part {
        guard word.hasPrefix("{"), word.hasSuffix("}"), word.utf8.count > 1 else {
            if word.contains("{") || word.contains("}") {
                throw Invalid(reason: "a name in braces is a word by itself")
            }
            return .word(word.lowercased())
        }
        let content = word.dropFirst().dropLast()
        let takesRest = content.hasSuffix("...")
        let name = String(takesRest ? content.dropLast(3) : content)
        if let fault = LocalName.fault(in: name) {
            throw Invalid(reason: "'{\(name.prefix(40))}' is no name: \(fault)")
        }
        return takesRest ? .rest(name) : .one(name)
    }
}

extension CommandPattern.Part {
    fileprivate var name: String? {
        switch self {
        case .word: nil
        case .one(let name), .rest(let name): name
        }
    }
}
