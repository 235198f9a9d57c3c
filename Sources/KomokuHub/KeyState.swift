package import Komoku
package import KomokuStore

/// What the hub knows of one key; its index in the hub's array is the key's id.
struct KeyState {
    /// Changes by `rename`; the id never does.
    var name: KeyName
    let id: KeyID
    let created: Timestamp
    var type: KeyType
    var settings: KeySettings
    /// The newest put.
    var last: Point?
    /// The newest stored point's time and value; a gap where the key went stale after its newest put.
    var stored: Point?
    /// The newest time that the hub gave to a put.
    var assigned = Timestamp.distantPast
    /// When an uptime key that is true falls to false.
    var deadline: Timestamp?
    /// When a key with `expect_every` goes stale unless there is news; nil while it is stale.
    var freshUntil: Timestamp?
    /// The wake-up that the expiry queue holds for this key; never later than what it waits for.
    var wakeUp: Timestamp?
    /// The device's property that the key is; nil for other keys, and where the device has the property no more.
    var device: KeyDevice?
    /// Nothing was heard of it for `expect_every`; `last` is the last known value.
    var isStale = false
    /// The newest command to the device.
    var command: CommandState?
    /// A deleted key: its id stays unused.
    var isRetired = false
    var watchers = KeyWatchers.none
    /// The subscriptions' generation that `watchers` was made for.
    var watchersGeneration = 0

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

    var record: KeyRecord {
        KeyRecord(id: id, name: name, type: type, options: settings.defined.defined, created: created)
    }

    var info: KeyInfo {
        KeyInfo(
            name: name, id: id, type: type, defined: settings.defined, options: settings.effective, last: last,
            isStale: isStale, property: device?.property, isWritable: device?.description.isWritable ?? false,
            command: command)
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

/// What a device says of the property that a key is.
final class KeyDevice: Sendable {
    let property: PropertyID
    let description: PropertyDescription

    init(property: PropertyID, description: PropertyDescription) {
        self.property = property
        self.description = description
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
}
