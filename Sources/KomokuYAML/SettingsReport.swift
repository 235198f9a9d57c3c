package import Komoku

/// What the readers of one configuration share: the source for secrets, and the problems found so far.
package final class SettingsReport {
    package let source: YAMLSource
    package private(set) var diagnostics: Diagnostics

    package init(source: YAMLSource, diagnostics: Diagnostics = Diagnostics()) {
        self.source = source
        self.diagnostics = diagnostics
    }

    package func error(at position: SourcePosition, _ message: String, remedy: String? = nil) {
        diagnostics.error(at: position, message, remedy: remedy)
    }

    package func warning(at position: SourcePosition, _ message: String, remedy: String? = nil) {
        diagnostics.warning(at: position, message, remedy: remedy)
    }

    package func append(contentsOf others: some Sequence<Diagnostic>) {
        diagnostics.append(contentsOf: others)
    }
}
