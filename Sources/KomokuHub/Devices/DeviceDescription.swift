package import Komoku

/// A device as its source describes it.
package struct DeviceDescription: Hashable, Sendable {
    package var id: DeviceID
    /// The word of the source: `zigbee2mqtt`.
    package var source: String
    /// What its owner calls it; any text. Keys are made of it.
    package var name: String
    package var manufacturer: String?
    package var model: String?
    /// The bridge through which it speaks.
    package var via: DeviceID?
    /// Being offline is its normal state: it wakes, reports and goes.
    package var sleeps = false
    /// In the order in which they are shown.
    package var properties: [PropertyDescription] = []
    /// What its discovery holds that cannot be used.
    package var unsupported: [Unsupported] = []

    /// A part of a discovery message that was left out, and why.
    package struct Unsupported: Hashable, Sendable {
        package var what: String
        /// A sentence for a person.
        package var reason: String

        package init(what: String, reason: String) {
            self.what = what
            self.reason = reason
        }
    }

    package init(id: DeviceID, source: String, name: String) {
        self.id = id
        self.source = source
        self.name = name
    }
}

/// One property of a device: it becomes a key.
package struct PropertyDescription: Hashable, Sendable {
    package enum Category: String, Hashable, Sendable {
        /// A setting of the device.
        case config
        /// About the device rather than what it measures.
        case diagnostic
    }

    /// `previous` for 65535.
    package struct Preset: Hashable, Sendable {
        package let name: String
        package let value: Double

        package init(name: String, value: Double) {
            (self.name, self.value) = (name, value)
        }
    }

    /// As its family names it, levels joined by dots: `temperature`, `ENERGY.Power.1`.
    package var name: String
    /// A text for a person, where the device has one that says more than the name.
    package var label: String?
    package var type: KeyType
    package var unit: String?
    /// The least and the greatest value, and the distance between two of them.
    package var minimum: Double?
    package var maximum: Double?
    package var step: Double?
    /// Numbers that mean something else than a measure, and may be outside of the range, by their words.
    package var presets: [Preset] = []
    /// The texts that a string property takes.
    package var values: [String]?
    /// Every message is a point and a change: a button's presses.
    package var isEvent = false
    /// For an uptime property: how long it stays true without news; nil is until it is told otherwise.
    package var maxTime: Duration?
    /// Without news for so long the value is stale; nil is never.
    package var expectEvery: Duration?
    /// Puts go to the device.
    package var isWritable = false
    /// Nobody announced the type: it is that of the values so far. What the configuration says of the key counts more.
    package var isGuessed = false
    /// The device reports a value; false for what can only be told: an effect, a restart.
    package var hasState = true
    package var category: Category?
    /// What it is about, as its source calls it: `door`, `moisture`; of what is told, what it is: `light`, `cover`.
    package var deviceClass: String?
    /// What it is a part of, as its source calls that: `light`, `cover`, `climate`.
    package var family: String?
    /// Those of one group are parts of one thing: the first of two lights.
    package var group: String?

    package init(_ name: String, _ type: KeyType, unit: String? = nil) {
        self.name = name
        self.type = type
        self.unit = unit
    }

    /// Whether the device is there: the property that each device with an availability has.
    package static let online = PropertyDescription("online", .uptime)
}

/// What a source says about devices.
package enum DeviceUpdate: Sendable {
    /// The device is there and is like this. What it had and has no more keeps its key and history.
    case described(DeviceDescription)
    /// The device is gone. It stays in the catalogue until it is forgotten.
    case removed(DeviceID)
    /// A discovery message that is kept over restarts, so that devices are known before the broker speaks; nil forgets it.
    case remembered(topic: String, payload: [UInt8]?)
}
