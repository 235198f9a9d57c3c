internal import Komoku
internal import KomokuWire
internal import KomokuYAML

/// The example library as templates to start from.
enum RuleExamples {
    /// By name; made once.
    static let all: [RuleExample] = library.map { example(named: $0.name, $0.text, tests: $0.tests) }

    /// - Parameter text: a configuration with a comment on top.
    static func example(named name: String, _ text: String, tests: String?) -> RuleExample {
        var example = RuleExample()
        let parts = Parts(text)
        (example.name, example.text, example.tests) = (name, parts.comment + parts.rules, tests)
        example.setup = parts.rest.isEmpty ? nil : parts.rest
        example.title = title(of: parts.comment) ?? name
        example.slots = slots(of: text)
        return example
    }

    /// The first sentence.
    private static func title(of comment: String) -> String? {
        let words = comment.split(separator: "\n").map { $0.drop { $0 == "#" || $0 == " " } }.joined(separator: " ")
        guard !words.isEmpty else { return nil }
        let end = words.firstRange(of: ". ")?.lowerBound ?? words.endIndex
        let sentence = words[..<end]
        return String(sentence.hasSuffix(".") ? sentence.dropLast() : sentence)
    }

    /// Sections by the lines at which they begin.
    private struct Parts {
        var comment = ""
        /// `scripts` and `rules`.
        var rules = ""
        /// What a house has in its configuration: keys, a place, targets of notifications.
        var rest = ""

        init(_ text: String) {
            var section: String?
            for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
                if let name = Self.section(line) { section = name }
                let whole = line + "\n"
                switch section {
                case nil: comment += whole
                case "rules", "scripts": rules += whole
                default: rest += whole
                }
            }
            while rules.hasSuffix("\n\n") { rules.removeLast() }
            while rest.hasSuffix("\n\n") { rest.removeLast() }
            if rest.allSatisfy(\.isWhitespace) { rest = "" }
        }

        private static func section(_ line: Substring) -> String? {
            guard let first = line.first, first.isLetter, let colon = line.firstIndex(of: ":") else { return nil }
            return String(line[..<colon])
        }
    }

    // MARK: Slots

    /// The keys that the example defines, in its order.
    private static func slots(of text: String) -> [RuleExample.Slot] {
        let document = YAMLSource(environment: [:], files: DiskFiles()).parse(text, file: "example.yaml")
        guard let root = document.root, let keys = root["keys"]?.entries else { return [] }
        var written = WrittenKeys()
        for section in ["rules", "scripts"] { if let node = root[section] { written.look(into: node) } }
        return keys.compactMap { entry in
            guard let name = entry.key.text.flatMap({ KeyName($0) }) else { return nil }
            var slot = RuleExample.Slot()
            (slot.key, slot.type) = (name.text, entry.value["type"]?.text)
            slot.unit = entry.value["unit"]?.text
            slot.isWritten = written.names.contains(name.text)
            return slot
        }
    }

    /// What stands under actions that change keys.
    private struct WrittenKeys {
        private static let words: Set<String> = ["put", "toggle", "increment"]
        var names: Set<String> = []

        mutating func look(into node: YAMLNode) {
            for item in node.sequence ?? [] { look(into: item) }
            for entry in node.entries ?? [] {
                guard Self.words.contains(entry.key.text ?? "") else {
                    look(into: entry.value)
                    continue
                }
                if let name = entry.value.text { names.insert(name) }
                for item in entry.value.sequence ?? [] { if let name = item.text { names.insert(name) } }
                for member in entry.value.entries ?? [] { if let name = member.key.text { names.insert(name) } }
            }
        }
    }
}
