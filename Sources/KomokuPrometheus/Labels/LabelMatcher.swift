/// One condition of a selector: `room="hall"`, `unit!~"W|kW"`. A label that is not there is the empty text.
package struct LabelMatcher: Sendable {
    enum Operation: String, Sendable {
        case equal = "="
        case notEqual = "!="
        case matches = "=~"
        case doesNotMatch = "!~"
    }

    package let name: String
    package let value: String
    let operation: Operation
    private let pattern: AnchoredPattern?

    init(_ name: String, _ operation: Operation, _ value: String) throws(QueryError) {
        (self.name, self.operation, self.value) = (name, operation, value)
        switch operation {
        case .equal, .notEqual: pattern = nil
        case .matches, .doesNotMatch: pattern = try AnchoredPattern(value)
        }
    }

    /// The one value that the label can have, where there is only one.
    package var onlyValue: String? { operation == .equal ? value : nil }

    /// - Parameter steps: of regular expressions, less those that were taken.
    package func matches(_ text: String, steps: inout Int) throws(QueryError) -> Bool {
        switch operation {
        case .equal: text.utf8.elementsEqual(value.utf8)
        case .notEqual: !text.utf8.elementsEqual(value.utf8)
        case .matches: try pattern?.matches(text, steps: &steps) ?? false
        case .doesNotMatch: try !(pattern?.matches(text, steps: &steps) ?? false)
        }
    }
}

extension [LabelMatcher] {
    package func match(_ labels: Labels, steps: inout Int) throws(QueryError) -> Bool {
        for matcher in self where try !matcher.matches(labels[matcher.name], steps: &steps) { return false }
        return true
    }
}
