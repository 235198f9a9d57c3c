/// What one reading may cost, so that no text can take memory or time without bound.
package struct YAMLLimits: Sendable {
    /// Bytes of one file, and of all values that it takes from the environment.
    package var fileBytes = 8 << 20
    /// Bytes of a file and everything it includes.
    package var totalBytes = 16 << 20
    /// Nodes of one file, each expansion of an alias counted anew.
    package var nodes = 1_000_000
    /// Those of them that aliases expand to.
    package var expandedNodes = 100_000
    /// Lists and mappings inside each other.
    package var depth = 64
    /// Files read by one `load`.
    package var files = 256
    /// `%TAG` directives of one file: libyaml compares each with all before it.
    package var tagDirectives = 1000
    /// Problems reported for one file.
    package var problems = 200
    /// Unknown keys reported for one mapping.
    package static let unknownKeys = 50

    package init() {}
}
