package import Komoku

/// One value of a YAML text, with the place where it was written.
///
/// Aliases are expanded already: such a node keeps the place of its anchor, where its text is.
package struct YAMLNode: Hashable, Sendable {
    package enum Content: Hashable, Sendable {
        case scalar(YAMLScalar)
        case sequence([YAMLNode])
        /// In the order of the text; keys are scalars and differ in their bytes.
        case mapping([Entry])
        /// An error about this value has been reported: whoever meets it says nothing more.
        case refused
    }

    package struct Entry: Hashable, Sendable {
        package var key: YAMLNode
        package var value: YAMLNode

        package init(key: YAMLNode, value: YAMLNode) {
            self.key = key
            self.value = value
        }
    }

    package var position: SourcePosition
    package var content: Content

    package init(_ content: Content, at position: SourcePosition) {
        self.position = position
        self.content = content
    }
}

extension YAMLNode {
    package var scalar: YAMLScalar? {
        guard case .scalar(let scalar) = content else { return nil }
        return scalar
    }

    package var sequence: [YAMLNode]? {
        guard case .sequence(let items) = content else { return nil }
        return items
    }

    package var entries: [Entry]? {
        guard case .mapping(let entries) = content else { return nil }
        return entries
    }

    /// The characters of a scalar, whatever its type. May hold a secret from the environment: see `shown`.
    package var text: String? { scalar?.text }

    /// A null, or nothing at all after the colon.
    package var isNull: Bool { scalar?.value == .null }

    package var bool: Bool? {
        guard case .bool(let value)? = scalar?.value else { return nil }
        return value
    }

    package var integer: Int? {
        guard case .integer(let value)? = scalar?.value else { return nil }
        return value
    }

    /// A whole or a fractional number.
    package var number: Double? {
        switch scalar?.value {
        case .integer(let value)?: Double(value)
        case .float(let value)?: value
        default: nil
        }
    }

    /// The value of a mapping's key, compared byte by byte.
    package subscript(key: String) -> YAMLNode? {
        entry(key)?.value
    }

    package func entry(_ key: String) -> Entry? {
        entries?.first { $0.key.scalar?.text.utf8.elementsEqual(key.utf8) ?? false }
    }

    /// How a diagnostic names this value: `'abc'`, `a list`, `nothing`. Never a value from the environment.
    package var shown: String {
        switch content {
        case .scalar(let scalar): scalar.shown
        case .sequence: "a list"
        case .mapping: "a mapping"
        case .refused: "a value that cannot be read"
        }
    }
}

extension YAMLNode {
    /// The place of a UTF-8 offset into the scalar's text, for errors inside expressions and patterns.
    ///
    /// Exact for text on one line and for `|` blocks; elsewhere (folded text, rare escapes, values from the
    /// environment) it is the place where the scalar starts.
    package func position(ofOffset offset: Int) -> SourcePosition {
        guard let scalar, let place = scalar.place(ofOffset: offset) else { return position }
        let line = position.line + place.line
        return SourcePosition(
            file: position.file, line: line, column: place.line == 0 ? position.column + place.column : place.column + 1
        )
    }
}

extension YAMLNode {
    /// Whether a value of the environment is in it, at any depth.
    package var holdsSubstitution: Bool {
        switch content {
        case .scalar(let scalar): scalar.isSubstituted
        case .sequence(let items): items.contains(where: \.holdsSubstitution)
        case .mapping(let entries): entries.contains { $0.key.holdsSubstitution || $0.value.holdsSubstitution }
        case .refused: false
        }
    }

    /// The values of the environment in it, at any depth.
    package var substituted: [String] {
        switch content {
        case .scalar(let scalar): scalar.substituted
        case .sequence(let items): items.flatMap(\.substituted)
        case .mapping(let entries): entries.flatMap { $0.key.substituted + $0.value.substituted }
        case .refused: []
        }
    }
}
