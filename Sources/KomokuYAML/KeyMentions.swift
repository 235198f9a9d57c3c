package import Komoku
internal import Synchronization

/// Where settings name one key, gathered while they are read: every reader that understands a name, a pattern or an expression
/// notes it here. Settings that are read for another purpose have none of these, and nothing is noted.
package final class KeyMentions: Sendable {
    /// How the key is meant.
    package enum Form: String, Hashable, Sendable {
        /// By its name.
        case key
        /// By its name in an expression, where not every name may stand as it is.
        case expression
        /// By its name in backquotes in an expression.
        case quoted
        /// By a pattern that matches it.
        case pattern
        /// By a name that is put together when it is needed: `self.light`, `{room}.light`.
        case computed
    }

    package struct Mention: Hashable, Sendable {
        package let node: YAMLNode
        /// Bytes of UTF-8 of the node's text.
        package let range: Range<Int>
        package let form: Form
    }

    package let key: KeyName
    private let found = Mutex<[Mention]>([])
    private let document = Mutex<YAMLNode?>(nil)

    package init(of key: KeyName) {
        self.key = key
    }

    /// Each place once, in the order in which they were read.
    package var all: [Mention] {
        var seen: Set<Mention> = []
        return found.withLock { $0 }.filter { seen.insert($0).inserted }
    }

    /// The settings in which they stand.
    package var root: YAMLNode? {
        get { document.withLock(\.self) }
        set { document.withLock { $0 = newValue } }
    }

    private func add(_ mention: Mention) { found.withLock { $0.append(mention) } }

    /// - Parameter length: of the text at that place; nil is all of it.
    package func add(_ form: Form, in node: YAMLNode, at offset: Int = 0, length: Int? = nil) {
        let end = length.map { offset + $0 } ?? node.text?.utf8.count ?? offset
        add(Mention(node: node, range: offset..<max(offset, end), form: form))
    }

    /// Notes a name or pattern that a node is, where it means the key.
    ///
    /// - Parameter pattern: what the text stands for, which differs from it where something was filled in.
    package func note(_ pattern: KeyPattern, in node: YAMLNode) {
        guard pattern.matches(key) else { return }
        let isWritten = node.text?.utf8.elementsEqual(pattern.text.utf8) ?? false
        add(isWritten ? pattern.isLiteral ? .key : .pattern : .computed, in: node)
    }
}

extension Setting {
    /// Who wants to know where a key is named; nil where nobody does.
    package var mentions: KeyMentions? { report.source.mentions }
}
