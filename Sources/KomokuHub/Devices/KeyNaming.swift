internal import Komoku
internal import KomokuStore

/// Finds names for keys, all at once, so that two may swap theirs.
struct KeyNaming {
    /// The key that has a name now.
    struct Holder {
        let id: KeyID
        let type: KeyType
        /// It is a property of a device.
        let isOwned: Bool
    }

    /// What a property's key is called.
    enum Found {
        /// The name is free, or will be.
        case free(KeyName)
        /// A key has it that is no device's and takes such values.
        case adopted(KeyName, KeyID)
    }

    private let holder: (KeyName) -> Holder?
    /// Keys that get another name.
    private var leaving: Set<KeyID> = []
    private var claimed: Set<KeyName> = []
    /// By wanted name, where it is claimed, the first number that may not be: thousands of one name then cost little.
    private var next: [KeyName: Int] = [:]

    init(holder: @escaping (KeyName) -> Holder?) {
        self.holder = holder
    }

    /// A key will have another name; others may take the one that it has.
    mutating func leave(_ key: KeyID) { leaving.insert(key) }

    /// A key keeps its name.
    mutating func stay(_ name: KeyName) { claimed.insert(name) }

    /// The name for a key that gets another one: the wanted one, or that with the first number that is free.
    mutating func name(_ wanted: KeyName) -> KeyName {
        for number in next[wanted, default: 1]... {
            let name = Self.numbered(wanted, number)
            guard !claimed.contains(name) else { continue }
            if let holder = holder(name), !leaving.contains(holder.id) { continue }
            claim(name, wanted, number)
            return name
        }
        return wanted
    }

    /// The name for a property that has no key.
    mutating func name(_ wanted: KeyName, adopting type: KeyType) -> Found {
        for number in next[wanted, default: 1]... {
            let name = Self.numbered(wanted, number)
            guard !claimed.contains(name) else { continue }
            if let holder = holder(name), !leaving.contains(holder.id) {
                guard !holder.isOwned, type.isExchangeable(with: holder.type) else { continue }
                claim(name, wanted, number)
                return .adopted(name, holder.id)
            }
            claim(name, wanted, number)
            return .free(name)
        }
        return .free(wanted)
    }

    private mutating func claim(_ name: KeyName, _ wanted: KeyName, _ number: Int) {
        claimed.insert(name)
        if number > 1, number == next[wanted, default: 2], claimed.contains(wanted) { next[wanted] = number + 1 }
    }

    private static func numbered(_ name: KeyName, _ number: Int) -> KeyName {
        number == 1 ? name : Slug.suffixed(name, "\(number)")
    }
}
