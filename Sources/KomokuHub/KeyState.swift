package import Komoku
package import KomokuStore

/// What the hub knows of one key; its index in the hub's array is the key's id.
///
/// There is one for each key: the order of the properties leaves few gaps, and what most keys do not have is kept elsewhere.
struct KeyState {
    /// Changes by `rename`; the id never does.
    var name: KeyName
    let id: KeyID
    /// The subscriptions' generation that `watchers` was made for.
    var watchersGeneration: Int32 = 0
    let created: Timestamp
    var settings: KeySettings
    var watchers = KeyWatchers.none
    /// The device's property that the key is; nil for other keys, and where the device has the property no more.
    var device: KeyDevice?
    /// The newest time that the hub gave to a put, by a clock that it still trusts.
    var assigned = Timestamp.distantPast
    /// When an uptime key that is true falls to false.
    @Compact var deadline: Tick?
    /// When a key with `expect_every` goes stale unless there is news; nil while it is stale.
    @Compact var freshUntil: Tick?
    /// The wake-up that the expiry queue holds for this key; never later than what it waits for.
    @Compact var wakeUp: Tick?
    /// The time of the newest put on the monotonic clock, or when the put came, where that was earlier.
    var tick = Tick(microseconds: 0)
    var sequence = KeySequence()
    private var newestCommand: NewestCommand?
    /// The newest put.
    var last: Point?
    /// What brought the present value; nil where that was before this process.
    var origin: KeyOrigin?
    /// The newest stored point's time and value; a gap where the key went stale after its newest put.
    var stored: Point?
    var type: KeyType
    /// Nothing was heard of it for `expect_every`; `last` is the last known value.
    var isStale = false
    /// Its source said that it does not know the value; it is stale until there is another one, however often that comes.
    var isUnknown = false
    /// A sender gave the newest put its time.
    var isGiven = false
    /// The newest put is from before this process.
    var isRestored = false
    /// A deleted key: its id stays unused.
    var isRetired = false

    init(name: KeyName, id: KeyID, created: Timestamp, type: KeyType, settings: KeySettings) {
        self.name = name
        self.id = id
        self.created = created
        self.type = type
        self.settings = settings
    }

    /// The newest command to the device.
    var command: CommandState? {
        get { newestCommand?.state }
        set { newestCommand = newValue.map(NewestCommand.init) }
    }

    /// Whether silence means something.
    var isTimed: Bool { type == .uptime || settings.effective.expectEvery != nil }

    /// The `max_time` of an uptime key that fell: its last true was so long before. A fall is no news.
    var fellAfter: Duration? {
        guard type == .uptime, last?.provenance == .derived, last?.value == .boolean(false) else { return nil }
        return settings.effective.maxTime
    }

    /// When its source last spoke of it, by the newest put; nil where that does not tell.
    var heard: Timestamp? {
        guard let last else { return nil }
        switch last.provenance {
        case .live: return last.time
        case .derived where type == .uptime && last.value == .boolean(false):
            // It fell: its last true was so long ago.
            return settings.effective.maxTime.map { last.time - $0 }
        case .derived, .retained, .restored, .backfill: return nil
        }
    }

    var info: KeyInfo {
        KeyInfo(
            name: name, id: id, type: type, defined: settings.defined, options: settings.effective, last: last,
            isStale: isStale, property: device?.property, isWritable: device?.description.isWritable ?? false,
            command: command, origin: origin)
    }
}

/// The options of keys; keys with equal ones share one object.
final class KeySettings: Sendable {
    /// As clients defined them; kept in the database.
    let defined: KeyOptions
    /// With the configuration's and the mapping's below them: what counts.
    let effective: KeyOptions

    init(defined: KeyOptions, effective: KeyOptions) {
        self.defined = defined
        self.effective = effective
    }
}

/// Few keys have one.
private final class NewestCommand: Sendable {
    let state: CommandState

    init(_ state: CommandState) {
        self.state = state
    }
}

/// A key as other parts see it.
package struct KeyInfo: Hashable, Sendable {
    package let name: KeyName
    package let id: KeyID
    package let type: KeyType
    /// The options that clients defined.
    package let defined: KeyOptions
    /// The options that count.
    package let options: KeyOptions
    /// The newest put.
    package let last: Point?
    /// Nothing was heard of it for as long as it should be.
    package var isStale = false
    /// The device's property that it is.
    package var property: PropertyID?
    /// Puts go to the device, and the key changes when the device reports.
    package var isWritable = false
    /// The newest command to the device.
    package var command: CommandState?
    /// What brought the present value; nil where that was before this process.
    package var origin: KeyOrigin?
    /// When the next of its points falls due that are ahead of the clock.
    package var nextFuture: Timestamp?
    /// How many of its points were dated by a clock that was ahead.
    package var misdated = 0
}

/// When and by what a key came to its value.
package struct KeyOrigin: Hashable, Sendable {
    package let cause: Cause
    /// Of the change; later puts of an equal value do not count.
    package let time: Timestamp
    /// The same on the monotonic clock.
    let tick: Tick
}
