/// What is wrong in a file, for a person. The rest of it counts all the same.
package struct CalendarFault: Hashable, Sendable {
    /// Counted from 1.
    package let line: Int
    /// A clause.
    package let message: String
    package let remedy: String?

    init(line: Int, _ message: String, remedy: String? = nil) {
        (self.line, self.message, self.remedy) = (line, message, remedy)
    }
}
