internal import Komoku

/// Where a person is, by what several trackers say: what is heard goes in, a state and a moment to look again come out.
///
/// A tracker that says `home` wins at once. Else counts the zone of the newest position. Else the person is away, once nobody
/// has said `home` for `awayAfter`; until then the state stays what it was. A tracker that is silent is left out; where all are,
/// the state stays for `awayAfter` and is then not known.
struct Presence: Hashable, Sendable {
    enum State: Hashable, Sendable {
        case home, away
        /// Not the home.
        case zone(String)
    }

    /// What one tracker says.
    enum Word: Hashable, Sendable {
        case home
        case zone(String)
        case elsewhere
    }

    /// What the clocks show.
    struct Moment: Hashable, Sendable {
        var wall: Timestamp
        /// Of this process: nobody sets it.
        var monotonic: Int64
    }

    /// What is waited for.
    struct Wait: Hashable, Sendable {
        enum Reason: String, Hashable, Sendable {
            /// Nobody says `home`.
            case leaving
            /// Nobody says anything.
            case silence
        }

        var reason: Reason
        /// Since when; by the wall clock for the next process.
        var since: Moment
    }

    fileprivate struct Statement: Hashable, Sendable {
        var word: Word
        /// Of a position: when it was measured.
        var measured: Timestamp?
    }

    var awayAfter: Duration
    /// Nil is not known.
    private(set) var state: State?
    private(set) var wait: Wait?
    private var statements: [String: Statement] = [:]

    init(awayAfter: Duration, state: State? = nil) {
        (self.awayAfter, self.state) = (awayAfter, state)
    }

    // MARK: What is heard

    /// A tracker says something, or nothing any more.
    mutating func hear(_ word: Word?, from tracker: String) {
        statements[tracker] = word.map { Statement(word: $0) }
    }

    /// A tracker was somewhere at a time. What is older than its newest position moves nobody back.
    mutating func hear(_ word: Word, from tracker: String, measured time: Timestamp) {
        if let known = statements[tracker]?.measured, time < known { return }
        statements[tracker] = Statement(word: word, measured: time)
    }

    /// There are only these trackers, and zones.
    mutating func keep(trackers: Set<String>, zones: Set<String>) {
        statements = statements.filter { trackers.contains($0.key) }
        for (tracker, statement) in statements {
            if case .zone(let name) = statement.word, !zones.contains(name) {
                statements[tracker]?.word = .elsewhere
            }
        }
        if case .zone(let name) = state, !zones.contains(name) { state = .away }
    }

    /// What all of them come to; nil where nobody says anything.
    var verdict: Word? {
        if statements.values.contains(where: { $0.word == .home }) { return .home }
        guard !statements.isEmpty else { return nil }
        let positions = statements.filter { $0.value.measured != nil }
        // Of two positions of one time the tracker's name decides, so that the order in which they came does not.
        let newest = positions.max { a, b in
            (a.value.measured ?? .distantPast, a.key) < (b.value.measured ?? .distantPast, b.key)
        }
        if case .zone(let name)? = newest?.value.word { return .zone(name) }
        return .elsewhere
    }

    // MARK: What follows

    /// Works out the state of this moment, after something was heard or time went by.
    ///
    /// - Parameter endsWaits: false while more is about to be heard: nothing comes of time alone.
    mutating func settle(at now: Moment, endsWaits: Bool = true) {
        follow(now)
        switch verdict {
        case .home: (state, wait) = (.home, nil)
        case .zone(let name):
            begin(.leaving, at: now)
            state = .zone(name)
        case .elsewhere:
            begin(.leaving, at: now)
            if endsWaits, isOver(at: now) { state = .away }
        case nil where state == nil: wait = nil
        case nil:
            begin(.silence, at: now)
            if endsWaits, isOver(at: now) { (state, wait) = (nil, nil) }
        }
    }

    private mutating func begin(_ reason: Wait.Reason, at now: Moment) {
        if wait?.reason != reason { wait = Wait(reason: reason, since: now) }
    }

    private func isOver(at now: Moment) -> Bool { due.map { $0 <= now.monotonic } ?? false }

    /// When the wait is over, by the monotonic clock.
    private var due: Int64? {
        guard let wait else { return nil }
        let (due, isTooFar) = wait.since.monotonic.addingReportingOverflow(awayAfter.microseconds)
        return isTooFar ? .max : due
    }

    /// When `settle` has to be called though nothing is heard, by the monotonic clock.
    func alarm(after now: Moment) -> Int64? {
        guard let due, due > now.monotonic else { return nil }
        return due
    }

    /// Somebody set the wall clock: the wait is as long as it was.
    private mutating func follow(_ now: Moment) {
        guard let since = wait?.since else { return }
        let begun = now.wall - Duration(microseconds: max(0, now.monotonic &- since.monotonic))
        if abs((begun - since.wall).microseconds) > 1_000_000 { wait?.since.wall = begun }
    }
}

// MARK: - What is kept

extension Presence {
    var json: JSON {
        var members: [JSON.Member] = []
        if let state { members.append(JSON.Member("state", .string(state.word))) }
        if let wait {
            members.append(JSON.Member(wait.reason.rawValue, .number(wait.since.wall.seconds)))
        }
        if !statements.isEmpty {
            members.append(
                JSON.Member(
                    "trackers",
                    .object(
                        statements.sorted { $0.key < $1.key }.map { JSON.Member($0.key, $0.value.json) })))
        }
        return .object(members)
    }

    /// What an earlier process left: a wait goes on by the wall clock.
    init(_ json: JSON, awayAfter: Duration, at now: Moment) {
        self.init(awayAfter: awayAfter, state: json["state"]?.string.map(State.init(word:)))
        for reason in [Wait.Reason.leaving, .silence] {
            guard let wall = json[reason.rawValue]?.number.flatMap(Timestamp.init(seconds:)) else { continue }
            wait = Wait(reason: reason, since: Self.moment(wall, at: now))
        }
        guard case .object(let members) = json["trackers"] else { return }
        for member in members { statements[member.name] = Statement(member.value) }
    }

    /// What the wall clock showed, on the clock of this process; one that is ahead was wrong.
    static func moment(_ wall: Timestamp, at now: Moment) -> Moment {
        let elapsed = max(0, (now.wall - wall).microseconds)
        return Moment(wall: min(wall, now.wall), monotonic: now.monotonic &- elapsed)
    }

    /// What an earlier version kept: since when nobody says `home`.
    mutating func leave(since wall: Timestamp, at now: Moment) {
        wait = Wait(reason: .leaving, since: Self.moment(wall, at: now))
    }
}

extension Presence.State {
    /// As the key says it.
    var word: String {
        switch self {
        case .home: "home"
        case .away: "away"
        case .zone(let name): name
        }
    }

    init(word: String) {
        switch word {
        case "home": self = .home
        case "away": self = .away
        default: self = .zone(word)
        }
    }
}

extension Presence.Statement {
    fileprivate var json: JSON {
        let word: JSON =
            switch self.word {
            case .home: "home"
            case .elsewhere: .bool(false)
            case .zone(let name): .string(name)
            }
        guard let measured else { return word }
        return ["word": word, "time": .number(measured.seconds)]
    }

    fileprivate init?(_ json: JSON) {
        switch json["word"] ?? json {
        case .string("home"): word = .home
        case .string(let name): word = .zone(name)
        case .bool(false): word = .elsewhere
        default: return nil
        }
        measured = json["time"]?.number.flatMap(Timestamp.init(seconds:))
    }
}
