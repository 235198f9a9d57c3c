package import Komoku

/// One value among the settings, with the name under which diagnostics speak of it.
package struct Setting {
    /// `'port'`, `item 2 of 'keys'`, `a key of 'keys'`.
    package let subject: String
    package let node: YAMLNode
    package let report: SettingsReport

    package init(subject: String, node: YAMLNode, report: SettingsReport) {
        self.subject = subject
        self.node = node
        self.report = report
    }

    package var position: SourcePosition { node.position }

    /// The value, or nil after reporting why it is not of that type.
    package func value<Value>(_ type: SettingType<Value>) -> Value? {
        if case .refused = node.content { return nil }
        return type.read(self)
    }

    /// The items of a list, nil without a report where it is none.
    package var items: [Setting]? {
        node.sequence?.enumerated().map { index, item in
            Setting(subject: "item \(index + 1) of \(subject)", node: item, report: report)
        }
    }

    /// A reader of the mapping that the value is, or nil after a report. An empty value is an empty mapping. Whoever
    /// asks calls `finish()`.
    package func reader() -> SettingsReader? {
        switch node.content {
        case .refused: return nil
        case .mapping: break
        case .scalar where node.isNull: break
        case .scalar, .sequence:
            mismatch(expecting: "a mapping")
            return nil
        }
        return SettingsReader(node, subject: subject, report: report)
    }
}

extension Setting {
    /// `'port' expects a whole number, found 'abc': reason; remedy`.
    ///
    /// - Parameter reason: left out where the value came from the environment, because it may quote it.
    package func mismatch(expecting expectation: String, reason: String? = nil, remedy: String? = nil) {
        if case .refused = node.content { return }
        let isSecret = node.scalar?.isSubstituted ?? false
        let reason = isSecret ? nil : reason
        let message = "\(subject) expects \(expectation), found \(node.shown)"
        report.error(at: position, reason.map { "\(message): \($0)" } ?? message, remedy: isSecret ? nil : remedy)
    }

    /// A problem at a UTF-8 offset into the text of the value, or at its start. Where the value came from the environment
    /// the message is replaced by one that does not quote it.
    package func error(_ message: String, atOffset offset: Int = 0, remedy: String? = nil) {
        if let scalar = node.scalar, scalar.isSubstituted {
            report.error(at: position, "\(subject) has \(scalar.shown), which cannot be used")
        } else {
            report.error(at: node.position(ofOffset: offset), message, remedy: remedy)
        }
    }

    package func warning(_ message: String, atOffset offset: Int = 0, remedy: String? = nil) {
        if let scalar = node.scalar, scalar.isSubstituted {
            report.warning(at: position, "\(subject) has \(scalar.shown), which looks wrong")
        } else {
            report.warning(at: node.position(ofOffset: offset), message, remedy: remedy)
        }
    }
}
