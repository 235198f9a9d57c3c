internal import Komoku

/// `follow`: what a connection is told of unasked.
package struct FollowRequest: Shape, Hashable {
    /// What there is to follow.
    package enum Topic: String, Hashable, Sendable, CaseIterable, WireValue {
        case runs, documents, rooms
        case ruleFiles = "rule_files"
    }

    /// Without it runs.
    package var topics: [Topic]?
    /// Of runs only these.
    package var filter = RunFilter()

    package init() {}
    package init(_ filter: RunFilter, topics: [Topic]? = nil) { (self.filter, self.topics) = (filter, topics) }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try filter.members(&visit)
        try visit.optional("what", &topics)
        if let topics, !(1...16).contains(topics.count) {
            try visit.refuse(.invalidQuery("'what' is a list of 1 to 16 words"))
        }
    }

    package func has(_ topic: Topic) -> Bool { topics?.contains(topic) ?? (topic == .runs) }
}
