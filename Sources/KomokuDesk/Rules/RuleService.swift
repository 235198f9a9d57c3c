package import Komoku
package import KomokuHub
package import KomokuStore
package import KomokuWire

/// What callers ask of the rules.
///
/// All but `reload` is called on the hub's thread and must not block. What it writes belongs to the batch of the turn.
package protocol RuleService: AnyObject, Sendable {
    /// The names of all rules and scripts, disabled ones too, in the order of the configuration.
    func ruleNames(in hub: isolated Hub) -> [String]

    func rule(_ name: String, in hub: isolated Hub) -> RuleDescription?

    /// The keys that each rule is fired by, reads and changes, with those of what it calls. A rule of which they are not known
    /// before it runs is left out.
    func keysOfRules(in hub: isolated Hub) -> [String: [KeyPattern]]

    /// The records that are in memory, newest first, at most `query.limit`; among them runs that stand, whose outcome is
    /// `RunRow.standing`. The newest records reach the database a moment later only.
    func recentRuns(_ query: RunQuery, in hub: isolated Hub) -> [RunRow]

    /// A run that stands, or a record that is in memory.
    func recentRun(_ number: Int64, in hub: isolated Hub) -> RunRow?

    /// Tells of each record from now on.
    ///
    /// - Parameter follower: called on any thread; does not block.
    /// - Returns: what ends it.
    func followRuns(_ follower: @escaping @Sendable (RunRow) -> Void, in hub: isolated Hub) -> Int

    func unfollowRuns(_ number: Int, in hub: isolated Hub)

    /// A paused rule listens again too.
    func setEnabled(_ isEnabled: Bool, _ rule: String, in hub: isolated Hub) throws(RuleRefusal)

    /// Runs a rule or a script by hand; its condition does not count, its mode does.
    ///
    /// - Returns: the number of the run, or of the record that says why there is none.
    func run(
        _ rule: String, arguments: [String: Value], source: String, in hub: isolated Hub
    ) throws(RuleRefusal) -> Int64

    /// Ends the runs of a rule that stand.
    ///
    /// - Returns: how many.
    func stopRuns(of rule: String, in hub: isolated Hub) throws(RuleRefusal) -> Int

    /// Fires the triggers `emit` of that name.
    ///
    /// - Returns: how many rules have one.
    func emit(_ name: String, payload: JSON, source: String, in hub: isolated Hub) throws(RuleRefusal) -> Int

    /// Fires the triggers `webhook` of that name.
    ///
    /// - Returns: whether a rule has one.
    func webhook(_ name: String, payload: String, arguments: [String: Value], in hub: isolated Hub) -> Bool

    /// Sends a message to a cell.
    func emit(
        toCell id: String, of behaviour: String, message: JSON, in hub: isolated Hub
    ) throws(RuleRefusal)

    /// The cells of a behaviour, or one of them; those of rules are seen as runs and pending `for:`.
    func cells(_ request: CellsRequest, in hub: isolated Hub) throws(RuleRefusal) -> CellsPage

    /// Revives a cell, lets it fail, or forgets it.
    func change(_ change: CellChange, in hub: isolated Hub) throws(RuleRefusal)

    /// The notes that rules made, newest first, those of the last days that have ended too.
    ///
    /// - Parameter openOnly: those that are still to be delivered, or to be acknowledged by somebody.
    func notifications(openOnly: Bool, limit: Int, in hub: isolated Hub) -> [RuleNotification]

    /// - Returns: how many notes that were; 0 where there are none such, or of the topic none that nobody has acknowledged.
    func acknowledge(_ notes: NotificationChoice, in hub: isolated Hub) -> Int

    /// Reads the configuration again, as SIGHUP does: all of it or nothing.
    ///
    /// - Parameter then: called once, on any thread.
    func reload(_ then: @escaping @Sendable (ReloadAnswer) -> Void)

    /// Finds where the configuration names a key.
    ///
    /// - Parameters:
    ///   - new: what the key shall be called; nil where nobody asks what to write instead.
    ///   - then: called once, on any thread.
    func findUses(of key: KeyName, as new: KeyName?, _ then: @escaping @Sendable (KeyUses) -> Void)
}

/// Why the rules do not do what a client asked for.
package enum RuleRefusal: Error, Hashable, Sendable {
    case unknownRule
    /// Another thing is not there; a clause for people.
    case unknown(String)
    /// It is there, and cannot be done.
    case refused(String)
}

extension RunRow {
    /// The outcome of a run that has not ended.
    package static let standing = RunReport.standing
}
