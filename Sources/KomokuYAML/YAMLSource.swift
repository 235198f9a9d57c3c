package import Komoku

/// Where settings come from: an environment and files, both given, so that tests need neither.
package struct YAMLSource: Sendable {
    package let environment: [String: String]
    package let files: any SettingsFiles
    package let limits: YAMLLimits
    /// Who wants to know where a key is named.
    package var mentions: KeyMentions?

    package init(environment: [String: String], files: any SettingsFiles, limits: YAMLLimits = YAMLLimits()) {
        self.environment = environment
        self.files = files
        self.limits = limits
    }

    /// What became of a text: the tree as far as it could be read, and every problem. Only to be used when there is no
    /// error; until then it serves to find further problems.
    package struct Document: Sendable {
        /// Nil after a syntax error.
        package var root: YAMLNode?
        package var diagnostics: Diagnostics

        package init(root: YAMLNode?, diagnostics: Diagnostics) {
            self.root = root
            self.diagnostics = diagnostics
        }
    }

    /// One text, without includes. An empty text is an empty mapping.
    ///
    /// - Parameter file: the name that diagnostics use.
    package func parse(_ text: String, file: String) -> Document {
        parse(Array(text.utf8), file: file)
    }

    package func parse(_ text: [UInt8], file: String) -> Document {
        let start = SourcePosition(file: file, line: 1, column: 1)
        if let excess = excess(of: text) {
            var diagnostics = Diagnostics()
            diagnostics.error(at: start, "the file has more than \(excess)")
            return Document(root: nil, diagnostics: diagnostics)
        }
        let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let content = text.starts(with: byteOrderMark) ? Array(text.dropFirst(3)) : text
        var composer = Composer(content, file: file, environment: environment, limits: limits)
        var root = try? composer.document() ?? YAMLNode(.mapping([]), at: start)
        if let node = root, node.isNull { root = YAMLNode(.mapping([]), at: node.position) }
        return Document(root: root, diagnostics: composer.diagnostics)
    }

    /// The limit that `text` exceeds before it is even parsed.
    private func excess(of text: [UInt8]) -> String? {
        if text.count > limits.fileBytes { return "\(limits.fileBytes) bytes" }
        let tag = Array("%TAG".utf8)
        guard text.count(where: { $0 == tag[0] }) > limits.tagDirectives else { return nil }
        let directives = text.indices.count { text[$0] == tag[0] && text[$0...].starts(with: tag) }
        return directives > limits.tagDirectives ? "\(limits.tagDirectives) '%TAG' directives" : nil
    }

    /// A file and everything that it includes, as one mapping.
    ///
    /// The lists of a section are joined and the entries of a section's mapping are put together, in the order of the
    /// files; anything else that two files give is an error.
    package func load(_ path: String) -> Document {
        var loading = Loading(source: self)
        return loading.run(path)
    }
}
