package import Komoku

/// What makes keys of messages, in the order of the configuration.
///
/// The options of a key that the configuration's sources give follow from the configuration, the key's name and the source
/// that is kept with it, so that they are the same before and after a restart and a reload:
///
/// 1. Every source that names the very key gives its options, whether or not a message came; of two the earlier counts.
/// 2. Below them a source with captures through which the key was fed, the earliest with options of those that did.
/// 3. Where that one is not there any more, or nobody knows which it was, the first with captures that can make the name.
package struct KeySources: Hashable, Sendable {
    private var all: [KeySource] = []
    private var indices: [[UInt8]: Int] = [:]
    private var named: [KeyName: [Int]] = [:]
    /// Those with captures.
    private var templates: [Int] = []

    package init(_ sources: [KeySource] = []) {
        for source in sources { append(source) }
    }

    private mutating func append(_ source: KeySource) {
        // Two that are written the same are one; the first counts.
        let text = Array(source.text.utf8)
        guard indices[text] == nil else { return }
        indices[text] = all.count
        if let name = source.shape.name {
            named[name, default: []].append(all.count)
        } else {
            templates.append(all.count)
        }
        all.append(source)
    }

    /// What is said of a key that some source can make, or that one names.
    package struct Maker: Hashable, Sendable {
        /// Nil where the first payload decides.
        package let type: KeyType?
        package let options: [JSON.Member]
        /// A source names this very key.
        package let isNamed: Bool
    }

    /// Nil where none can make the key. What names it comes before what has captures.
    package func maker(of name: KeyName) -> Maker? {
        if let indices = named[name] {
            let type = indices.lazy.compactMap { all[$0].type }.first
            return Maker(type: type, options: namedOptions(name), isNamed: true)
        }
        return template(for: name).map { Maker(type: $0.type, options: $0.options, isNamed: false) }
    }

    private func template(for name: KeyName) -> KeySource? {
        templates.lazy.map { all[$0] }.first { $0.shape.matches(name) }
    }

    private func namedOptions(_ name: KeyName) -> [JSON.Member] {
        (named[name] ?? []).reversed().flatMap { all[$0].options }
    }

    /// The options of a key, the ones that count more last.
    func options(of name: KeyName, fedBy feeding: Feeding) -> [JSON.Member] {
        if all.isEmpty { return [] }
        var options: [JSON.Member] = []
        switch feeding {
        case .nobody: break
        case .source(let text):
            if let index = indices[Array(text.utf8)] {
                if all[index].shape.name == nil { options = all[index].options }
            } else {
                options = template(for: name)?.options ?? []
            }
        case .unknown: options = template(for: name)?.options ?? []
        }
        return options + namedOptions(name)
    }

    /// Whether a source that feeds a key now counts before the one that is kept with it.
    func isBetter(_ source: KeySource, than feeding: Feeding) -> Bool {
        guard let index = indices[Array(source.text.utf8)] else { return false }
        guard case .source(let text) = feeding, let other = indices[Array(text.utf8)] else { return true }
        return rank(index) < rank(other)
    }

    private func rank(_ index: Int) -> Int {
        let counts = all[index].shape.name == nil && !all[index].options.isEmpty
        return counts ? index : index + all.count
    }
}

/// Through which source messages came to a key.
enum Feeding: Hashable {
    /// No message came.
    case nobody
    /// A database of an older version does not say.
    case unknown
    /// Its text.
    case source(String)

    init(kept text: String?) {
        guard let text else {
            self = .unknown
            return
        }
        self = text.isEmpty ? .nobody : .source(text)
    }

    /// As the database holds it.
    var kept: String? {
        switch self {
        case .nobody: ""
        case .unknown: nil
        case .source(let text): text
        }
    }
}
