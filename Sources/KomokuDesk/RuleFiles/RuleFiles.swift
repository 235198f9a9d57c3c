package import Komoku
package import KomokuWire

/// The files of rules, which the configuration names and clients may write. For any thread; answers come later, on any.
package protocol RuleFiles: Sendable {
    typealias Done<Success> = @Sendable (Result<Success, Refusal>) -> Void

    /// Those of the folder.
    func list(_ then: @escaping Done<RuleFilesList>)

    func file(_ name: String, _ then: @escaping Done<RuleFileText>)

    /// How a rule is written, in whatever file.
    ///
    /// - Parameter position: of the rule that is loaded.
    func text(of rule: String, at position: SourcePosition, _ then: @escaping Done<RuleText>)

    /// Checks a text as the hub's own reload would; without errors it takes the file's place, and what it says is in force.
    ///
    /// - Parameters:
    ///   - isTrial: nothing is written.
    ///   - author: of the version that is kept.
    func save(_ request: SaveRuleFileRequest, by author: String, _ then: @escaping Done<RuleFileSaved>)
}
