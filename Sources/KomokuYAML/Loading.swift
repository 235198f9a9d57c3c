import Komoku

/// One `load`: follows `include:` from the first file on and joins what it finds.
struct Loading {
    private let source: YAMLSource
    private var diagnostics = Diagnostics()
    private var sections = SectionMerge()
    /// Where each file was included, by `SettingsPath.identity`; nil for the first file.
    private var included: [[UInt8]: SourcePosition?] = [:]
    /// The files that are being read, from the first one to the innermost.
    private var chain: [String] = []
    private var bytes = 0
    /// The limit of files was met and reported.
    private var isFull = false

    init(source: YAMLSource) {
        self.source = source
    }

    mutating func run(_ path: String) -> YAMLSource.Document {
        let isReadable = add(path, shown: "the file", includedAt: nil)
        diagnostics.append(contentsOf: sections.diagnostics.all)
        let start = SourcePosition(file: path, line: 1, column: 1)
        let root = isReadable ? YAMLNode(.mapping(sections.entries), at: start) : nil
        return YAMLSource.Document(root: root, diagnostics: diagnostics)
    }

    /// Whether the file itself could be read as a mapping.
    ///
    /// - Parameter shown: how an error names the file, which hides what came from the environment.
    private mutating func add(_ path: String, shown: String, includedAt place: SourcePosition?) -> Bool {
        included.updateValue(place, forKey: SettingsPath.identity(path))
        chain.append(path)
        defer { chain.removeLast() }
        guard let root = read(path, shown: shown, includedAt: place) else { return false }
        guard let entries = root.entries else {
            let message = "a file of settings is a mapping of sections such as 'map:' or 'rules:', found \(root.shown)"
            let remedy = root.sequence == nil ? nil : "write the name of the section above the list"
            diagnostics.error(at: root.position, message, remedy: remedy)
            return false
        }
        let include = root.entry("include")
        sections.add(include == nil ? entries : entries.filter { $0 != include })
        if let include { follow(include.value, from: path) }
        return true
    }

    private mutating func read(_ path: String, shown: String, includedAt place: SourcePosition?) -> YAMLNode? {
        let position = place ?? SourcePosition(file: path, line: 1, column: 1)
        let limits = source.limits
        do throws(FileFailure) {
            let text = try source.files.read(path, limit: limits.fileBytes)
            bytes += text.count
            guard bytes <= limits.totalBytes else {
                diagnostics.error(at: position, "all files together have more than \(limits.totalBytes) bytes")
                return nil
            }
            let document = source.parse(text, file: path)
            diagnostics.append(contentsOf: document.diagnostics.all)
            return document.root
        } catch {
            diagnostics.error(at: position, "\(shown) cannot be read: \(error.reason)")
            return nil
        }
    }
}

// MARK: - Includes

extension Loading {
    private mutating func follow(_ include: YAMLNode, from file: String) {
        switch include.content {
        case .sequence(let items):
            for item in items { follow(item: item, from: file) }
        case .scalar where !include.isNull:
            follow(item: include, from: file)
        case .scalar, .refused:
            break
        case .mapping:
            diagnostics.error(at: include.position, "'include' expects a list of paths, found \(include.shown)")
        }
    }

    private mutating func follow(item: YAMLNode, from file: String) {
        if case .refused = item.content { return }
        guard let scalar = item.scalar, !item.isNull, !scalar.text.isEmpty else {
            diagnostics.error(at: item.position, "'include' expects paths, found \(item.shown)")
            return
        }
        guard !scalar.text.utf8.contains(0) else {
            diagnostics.error(at: item.position, "a path cannot hold a zero byte")
            return
        }
        let path = SettingsPath.resolve(scalar.text, besides: file)
        if SettingsPath.isPattern(scalar.text) {
            follow(pattern: path, from: file, item: item)
        } else {
            follow(path: path, shown: scalar.shown, at: item.position)
        }
    }

    private mutating func follow(pattern: String, from file: String, item: YAMLNode) {
        guard let matches = SettingsPath.matches(of: pattern, in: source.files) else {
            diagnostics.error(at: item.position, "\(item.shown) matches too many folders")
            return
        }
        // Tests of rules stand beside what they test.
        let paths = matches.filter { !$0.hasSuffix(".test.yaml") }
        // A pattern may take in its own file, or one that was named for its place in the order.
        let others = paths.filter { path in
            let identity = SettingsPath.identity(path)
            return identity != SettingsPath.identity(file) && (included[identity] == nil || isOpen(identity))
        }
        if paths.isEmpty { diagnostics.warning(at: item.position, "no file matches \(item.shown)") }
        for path in others {
            let shown =
                item.scalar?.isSubstituted ?? false ? item.shown : "'\(YAMLScalar(path, style: .folded).shownName)'"
            follow(path: path, shown: shown, at: item.position)
        }
    }

    private mutating func follow(path: String, shown: String, at position: SourcePosition) {
        let identity = SettingsPath.identity(path)
        if isOpen(identity) {
            diagnostics.error(
                at: position, "\(shown) is included by itself, by way of \(chain.joined(separator: " → "))")
        } else if let first = included[identity] {
            let place = first.map { ", at \($0)" } ?? ""
            diagnostics.error(at: position, "\(shown) is included already\(place)")
        } else if included.count >= source.limits.files {
            if !isFull { diagnostics.error(at: position, "more than \(source.limits.files) files are included") }
            isFull = true
        } else {
            _ = add(path, shown: shown, includedAt: position)
        }
    }

    private func isOpen(_ identity: [UInt8]) -> Bool {
        chain.contains { SettingsPath.identity($0) == identity }
    }
}
