package import Komoku

/// What is known of the keys of a house, as far as it matters to who writes about them: rules, tests, mappings.
package struct KeyCatalogue: Hashable, Sendable {
    package struct Entry: Hashable, Sendable {
        package var type: KeyType
        package var unit: String?
        /// The only texts that it takes.
        package var values: [String]?
        package var minimum: Double?
        package var maximum: Double?
        package var isEvent = false
        package var access = Access.open
        package var hasValue = false
        /// Silence makes it stale.
        package var isTimed = false
        /// What a property is about, as its device says: `door`, `moisture`.
        package var deviceClass: String?
        /// A setting of a device.
        package var isSetting = false

        package init(_ type: KeyType) {
            self.type = type
        }
    }

    /// What a put to a key does.
    package enum Access: Hashable, Sendable {
        /// Changes it.
        case open
        /// Goes to the device.
        case command
        /// Is refused: the device only reports it.
        case report
    }

    private var entries: [KeyName: Entry] = [:]
    /// Names that keys had before, and that none has now.
    package var formerNames: [KeyName: FormerName] = [:]

    package init() {}

    package subscript(name: KeyName) -> Entry? {
        get { entries[name] }
        set { entries[name] = newValue }
    }

    package var names: some Collection<KeyName> { entries.keys }
    package var isEmpty: Bool { entries.isEmpty }
}

extension KeyCatalogue.Entry {
    /// What of it are options of a key.
    var options: [JSON.Member] {
        var options: [JSON.Member] = []
        if let unit { options.append(JSON.Member("unit", .string(unit))) }
        if type == .string, let values { options.append(JSON.Member("values", .array(values.map { .string($0) }))) }
        if isEvent { options.append(JSON.Member("event", true)) }
        return options
    }
}

extension Hub {
    /// All keys that there are.
    package func keyCatalogue() -> KeyCatalogue {
        var catalogue = KeyCatalogue()
        for state in table where !state.isRetired { catalogue[state.name] = KeyCatalogue.Entry(state) }
        for name in formerNames.keys { catalogue.formerNames[name] = formerName(name) }
        return catalogue
    }

    /// What is known of one key; nil where there is none.
    package func catalogueEntry(of name: KeyName) -> KeyCatalogue.Entry? {
        guard let index = index(of: name) else { return nil }
        var entry = KeyCatalogue.Entry(table[index])
        // Where devices are played their keys say what they were.
        if table[index].device == nil, let played = configuration.playedKeys?[name] {
            (entry.access, entry.deviceClass, entry.isSetting) = (played.access, played.deviceClass, played.isSetting)
        }
        return entry
    }
}

extension KeyCatalogue.Entry {
    fileprivate init(_ state: KeyState) {
        let options = state.settings.effective
        self.init(state.type)
        (unit, values, isEvent) = (options.unit, options.values, options.isEvent)
        (hasValue, isTimed) = (state.last?.value != nil, state.isTimed)
        guard let device = state.device?.description else { return }
        // Presets may lie outside of the limits.
        if device.presets.isEmpty { (minimum, maximum) = (device.minimum, device.maximum) }
        access = device.isWritable ? .command : .report
        (deviceClass, isSetting) = (device.deviceClass, device.category == .config)
    }
}
