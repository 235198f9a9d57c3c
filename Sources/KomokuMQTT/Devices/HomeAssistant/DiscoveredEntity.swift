internal import Komoku
internal import KomokuHub

/// What one configuration says.
struct DiscoveredEntity {
    /// One of Home Assistant's, as the topic or `platform` names it.
    let component: String
    /// The object id of the topic, or the entity's word in a device's message.
    let name: String
    /// Its unique id within the component; without one its topic.
    let key: ByteText
    /// The topic of its configuration.
    let topic: String
    let node: String?
    var label: String?
    var device: DiscoveredDevice?
    var availability: DiscoveredAvailability?
    var properties: [DiscoveredProperty] = []
    var unsupported: [DeviceDescription.Unsupported] = []

    /// Triggers with one type are one property.
    var isTrigger: Bool { component == "device_automation" }
}

/// What an entity is called, once and for all.
struct DiscoveredName: Hashable {
    let name: String
    let component: String
    /// What its configuration calls it: with another word it is named anew.
    let own: String

    var isTrigger: Bool { component == "device_automation" }

    func isOf(_ entity: DiscoveredEntity) -> Bool { own.utf8.elementsEqual(entity.name.utf8) }
}

/// The device that an entity belongs to, as its configuration names it.
struct DiscoveredDevice {
    var identifiers: [String] = []
    /// `mac aa:bb`
    var connections: [String] = []
    var name: String?
    var manufacturer: String?
    var model: String?
    var via: String?
    var software: String?
}

/// One value of an entity.
struct DiscoveredProperty {
    /// What tells it from the others of its entity; empty for the only one.
    var suffix: String
    /// Its name is not known yet.
    var description: PropertyDescription
    var inputs: [DiscoveredInput] = []
    var command: DeviceCommand?
}

/// Where a value comes from.
struct DiscoveredInput {
    enum Source {
        /// The payload itself.
        case payload
        /// The leaf at a dotted path.
        case path(String)
        case template(JinjaTemplate)
    }

    /// May hold wildcards.
    let topic: String
    let source: Source
    let decoder: DeviceDecoder
    /// Two readings with one are the same.
    var sameness: String?
}

/// When an entity is there.
struct DiscoveredAvailability: Hashable {
    enum Mode: String { case all, any, latest }

    struct Signal: Hashable {
        let topic: ByteText
        let online: String
        let offline: String
        let template: String?

        /// What a message says; nil is nothing.
        func isOnline(_ text: String) -> Bool? {
            if text.utf8.elementsEqual(online.utf8) { return true }
            return text.utf8.elementsEqual(offline.utf8) ? false : nil
        }
    }

    var mode: Mode
    var signals: [Signal]
}
