internal import Komoku
internal import KomokuHub

/// One command of a client, checked in shape; whether the hub takes it is another matter.
enum Command: Hashable, Sendable {
    /// A nil name is one that no key can have.
    case get(KeyName?)
    case last(KeyName?)
    case put(KeyName, JSON, time: Timestamp?, answer: PutAnswer = .done)
    /// What a put would send to a device.
    case dryRun(KeyName, JSON)
    /// `decrement` is a negative step.
    case increment(KeyName, step: Double, time: Timestamp?)
    case subscribe(SubscriptionTarget, every: Bool, initial: Bool)
    case unsubscribe(SubscriptionTarget)
    case keys(KeysQuery)
    case define([Definition])
    case delete(KeyName)
    case fetch(FetchQuery)
    case ping(JSON)
    case stats
    case store
    /// Who the hub is: its version, its time zone.
    case hub
    /// How everything is, and what needs a person.
    case status
    case deadLetters(limit: Int)
    case clearDeadLetters
    case statistics(StatisticsRequest)
    case profile(ProfileRequest)
    case spans(SpansRequest)
    case repair(RepairRequest)
    case rename(KeyName, to: KeyName)
    /// Names that keys had before.
    case renames
    /// Where the configuration names a key, and what to write there for another name.
    case uses(KeyName, as: KeyName?)
    case merge(KeyName, into: KeyName)
    case export(ExportRequest)
    case `import`(ImportRequest)
    case compact
    case backup(path: String)
    case devices(DevicesQuery)
    /// A device by its id, its name or the first part of its keys.
    case forget(String)
    /// Both as with `forget`.
    case replace(String, with: String)
    case rules(RuleCommand)

    /// The words that name a command on the wire.
    enum Name: String, Hashable, Sendable, CaseIterable {
        case get, last, put, increment, decrement, sub, unsub, keys, define, fetch, ping, stats
        case delete, store, statistics, profile, spans, repair, rename, merge, export, `import`, compact, backup
        case devices, forget
        case rules, runs, why, follow, unfollow, emit, run, enable, disable, reload, notifications, acknowledge
        case stopRuns = "stop_runs"
        case deadLetters = "dead_letters"
        case clearDeadLetters = "clear_dead_letters"
        case hub, status, replace, renames, uses

        /// Commands that only the second protocol knows.
        var isOurs: Bool {
            switch self {
            case .get, .last, .put, .increment, .decrement, .sub, .unsub, .keys, .define, .fetch, .ping, .stats: false
            case .delete, .store, .deadLetters, .statistics, .profile, .spans, .repair, .rename, .merge, .export,
                .import,
                .compact, .backup, .devices, .forget, .rules, .runs, .why, .follow, .unfollow, .emit, .run, .enable,
                .disable, .stopRuns, .reload, .notifications, .acknowledge, .hub, .status, .clearDeadLetters,
                .replace, .renames, .uses:
                true
            }
        }

        init?(_ text: String, version: ProtocolVersion) {
            guard let name = Name(rawValue: text), version == .v2 || !name.isOurs else { return nil }
            self = name
        }
    }

    /// Whether it has a turn of the hub to itself, and what follows on the same connection waits for it.
    ///
    /// Such a command needs what the store was handed at the end of the turn before, or is long enough that other
    /// connections should come in between two of them.
    var isQuery: Bool {
        switch self {
        case .merge, .import, .compact, .backup, .repair, .replace: true
        case .rules(let command): command.isQuery
        default: isReading
        }
    }

    /// Whether it only finds something out, for a client that hears the answer.
    var isReading: Bool {
        switch self {
        case .rules(let command): command.isReading
        case .repair(let request): request.isList
        case .fetch, .hub, .status, .deadLetters, .keys, .stats, .store, .statistics, .profile, .spans, .export,
            .devices, .renames, .uses:
            true
        default: false
        }
    }
}

/// When a put to the key of a device is answered, and with what.
enum PutAnswer: Hashable, Sendable {
    /// As any put, when it is taken.
    case done
    /// Once it is handed over.
    case sent
    /// Once the device has reported, or did not in time.
    case ended
}

/// What `keys` asks for.
struct KeysQuery: Hashable, Sendable {
    var pattern = KeyPattern.all
    /// Only names behind this one.
    var after: KeyName?
    var limit = Int.max
    var includesValue = false
    var includesTime = false
}
