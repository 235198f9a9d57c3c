/// The commit that the Inbox has asked for.
struct CommitWait {
    var isAsked = false
    private(set) var ticket = 0
    /// So many of the oldest unacknowledged messages it covers.
    private(set) var count = 0
    /// In microseconds of the monotonic clock.
    private(set) var deadline: Int64 = 0
    /// Before this time it is not asked whether others have committed everything.
    var nextLook: Int64 = 0

    /// - Returns: the ticket under which its end is told.
    mutating func ask(_ count: Int, until deadline: Int64) -> Int {
        ticket += 1
        (isAsked, self.count, self.deadline) = (true, count, deadline)
        return ticket
    }
}
