internal import Glibc
package import Komoku
internal import KomokuExpression
package import KomokuWire
package import KomokuYAML

/// Says where the configuration names a key, and what to write there where the key is called differently.
package struct KeySearch {
    private let mentions: KeyMentions
    /// What the key shall be called; nil where nobody asks for that.
    private let new: KeyName?
    private var files: [String: ScalarPlace] = [:]

    /// The most uses that are told.
    private static let maximum = 10_000
    private static let maximumFile = 64 << 20

    /// - Parameter mentions: of a configuration that was read.
    package init(_ mentions: KeyMentions, new: KeyName?) {
        self.mentions = mentions
        self.new = new
    }

    package mutating func uses() -> [KeyUse] {
        var uses: [KeyUse] = []
        for mention in mentions.all where !staysRight(mention) {
            guard uses.count < Self.maximum else { break }
            uses.append(use(mention))
        }
        uses.sort { left, right in
            left.file == right.file
                ? (left.line, left.column) < (right.line, right.column)
                : left.file.utf8.lexicographicallyPrecedes(right.file.utf8)
        }
        return uses.reduce(into: []) { $0.join($1) }
    }

    /// Whether it is a pattern that matches the new name as well as the old one: nothing changes there.
    private func staysRight(_ mention: KeyMentions.Mention) -> Bool {
        guard mention.form == .pattern, let new, let pattern = try? KeyPattern(validating: mention.text) else {
            return false
        }
        return pattern.matches(new)
    }

    private mutating func use(_ mention: KeyMentions.Mention) -> KeyUse {
        let (node, place) = (mention.node, place(of: mention))
        let section = section(of: node.position)
        let start = place.map { SourcePosition(file: node.position.file, line: $0.line, column: $0.column) }
        var use = KeyUse(at: (start ?? node.position).absolute)
        (use.section, use.name, use.form, use.text) = (
            section.name, section.item, KeyUse.Form(mention.form), mention.text
        )
        guard let new else { return use }
        switch (replacement(of: mention, new), place) {
        case (.success(let text), .some): use.replacement = text
        case (.failure(let fault), _): use.reason = fault.reason
        case (.success, nil): use.reason = "the name is not written there letter by letter"
        }
        return use
    }

    private mutating func place(of mention: KeyMentions.Mention) -> ScalarPlace.Place? {
        let path = mention.node.position.file
        if files[path] == nil {
            files[path] = ScalarPlace(file: (try? DiskFiles().read(path, limit: Self.maximumFile)) ?? [])
        }
        return files[path]?.place(of: mention.range, in: mention.node)
    }

    // MARK: What to write

    private struct ForAPerson: Error {
        let reason: String
    }

    private func replacement(
        of mention: KeyMentions.Mention, _ new: KeyName
    ) -> Result<String, ForAPerson> {
        switch mention.form {
        case .pattern: return .failure(ForAPerson(reason: "a pattern may mean other keys, too"))
        case .computed: return .failure(ForAPerson(reason: "the name is composed, and may be that of other keys, too"))
        case .quoted: return .success(new.text)
        case .key:
            let isPlain = mention.node.scalar?.style == .plain
            return .success(isPlain && !new.isPlainText ? "\"\(new)\"" : new.text)
        case .expression:
            if new.standsBare { return .success(new.text) }
            if mention.node.scalar?.style == .plain, mention.range.lowerBound == 0 {
                return .failure(
                    ForAPerson(reason: "the new name needs backquotes, so put the whole expression in quotes"))
            }
            return .success("`\(new)`")
        }
    }

    // MARK: Where it is

    /// The section, and the rule or script, that a place belongs to.
    private func section(of place: SourcePosition) -> (name: String, item: String?) {
        var best: (start: SourcePosition, name: String, item: String?)?
        func offer(_ node: YAMLNode, _ name: String, _ item: String?) {
            guard node.position.file == place.file, node.position.isAtOrBefore(place) else { return }
            if let best, node.position.isAtOrBefore(best.start) { return }
            best = (node.position, name, item)
        }
        for section in mentions.root?.entries ?? [] {
            guard let name = section.key.text else { continue }
            offer(section.key, name, nil)
            for item in section.value.sequence ?? [] { offer(item, name, item["name"]?.text) }
            for entry in section.value.entries ?? [] { offer(entry.key, name, nil) }
        }
        return (best?.name ?? "", best?.item)
    }
}

extension [KeyUse] {
    /// Adds a use, unless it is at the place of the last one, as where an alias is used several times.
    fileprivate mutating func join(_ use: KeyUse) {
        guard let last, last.file == use.file, (last.line, last.column) == (use.line, use.column) else {
            return append(use)
        }
        if last.replacement == use.replacement { return }
        self[count - 1].replacement = nil
        self[count - 1].reason = "an alias uses it in different ways"
    }
}

extension KeyMentions.Mention {
    /// As it is written.
    fileprivate var text: String {
        let text = Array((node.text ?? "").utf8)
        return String(decoding: text[range.clamped(to: 0..<text.count)], as: UTF8.self)
    }
}

extension KeyUse {
    fileprivate init(at place: SourcePosition) {
        self.init()
        (file, line, column) = (place.file, place.line, place.column)
    }
}

extension KeyUse.Form {
    fileprivate init(_ form: KeyMentions.Form) {
        switch form {
        case .key, .expression, .quoted: self = .key
        case .pattern: self = .pattern
        case .computed: self = .computed
        }
    }
}

extension KeyName {
    /// Whether YAML takes it for a text without quotes.
    fileprivate var isPlainText: Bool {
        guard case .string = YAMLScalar(text).value else { return false }
        return !text.hasPrefix("-")
    }

    /// Whether it is a key in an expression without backquotes, at every place: what has no dot may be a name of the run there.
    fileprivate var standsBare: Bool {
        guard text.utf8.contains(UInt8(ascii: ".")),
            case .name(let name, false)? = try? Expression.parse(text).root.form
        else { return false }
        return name == self && !text.hasPrefix("self.")
    }
}

extension SourcePosition {
    fileprivate func isAtOrBefore(_ other: SourcePosition) -> Bool { (line, column) <= (other.line, other.column) }

    /// With the whole path of the file.
    fileprivate var absolute: SourcePosition {
        guard !file.hasPrefix("/"), let folder = getcwd(nil, 0) else { return self }
        defer { free(folder) }
        return SourcePosition(file: "\(String(cString: folder))/\(file)", line: line, column: column)
    }
}
