package import Komoku

/// `check_rules`, `test_rules` and `replay_rules`: rules as somebody wrote them, which are tried and not loaded.
package struct ProofRequest: Shape, Hashable {
    /// YAML: the section `rules`, others beside it, or the list alone.
    package var rules = ""
    /// Of `test_rules`: a test file, whose `rules` are these.
    package var tests: String?
    /// Of `replay_rules`: rules with which what they would have done is compared.
    package var compare: String?
    package var since: Timestamp?
    package var until: Timestamp?

    /// The most bytes of each text.
    package static let mostBytes = 256 << 10

    package init() {}
    package init(_ rules: String, tests: String? = nil) { (self.rules, self.tests) = (rules, tests) }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("rules", &rules)
        try visit.optional("tests", &tests)
        try visit.optional("compare", &compare)
        try visit.moment("since", &since)
        try visit.moment("until", &until)
        guard visit.isReading else { return }
        for text in [rules, tests, compare].compactMap(\.self) where text.utf8.count > Self.mostBytes {
            try visit.refuse(.invalidQuery("a text of rules or tests has at most \(Self.mostBytes) bytes"))
        }
    }
}
