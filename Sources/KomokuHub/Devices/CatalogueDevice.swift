internal import Komoku
internal import KomokuStore

/// A device of the catalogue.
struct CatalogueDevice {
    var description: DeviceDescription
    /// False once its source has said that it is gone.
    var isPresent = true
    /// When it went, the time when something was last heard of it.
    var lastSeen: Timestamp?
    /// The first part of its keys as its name asks for it.
    var base: Base
    /// The first part of its keys.
    var part: KeyName
    /// It was given a name whose part another device has, and takes that part once it is free.
    var isWaiting = false
    /// What its keys share: the description's properties.
    var shared: DeviceProperties?
    /// What it had and has no more.
    var gone: [PropertyDescription] = []

    /// What the first part of a device's keys should be.
    struct Base: Hashable {
        var name: KeyName
        /// By the configuration: devices may share it.
        var isConfigured: Bool
    }
}

/// Which key a property is.
struct PropertyKey: Hashable {
    /// Nil where there are too many keys.
    var id: KeyID?
    /// The name that the key should have.
    var wanted: KeyName
    /// The name that it was given; where it has another one, a person chose that.
    var given: KeyName
    /// The device has the property no more.
    var isGone = false
}

extension PropertyDescription {
    /// What it says about its key, below the configuration of that very key.
    var keyOptions: [JSON.Member] {
        var options: [JSON.Member] = []
        if let unit, !unit.isEmpty { options.append(JSON.Member("unit", .string(unit))) }
        if type == .string, let values, !values.isEmpty {
            options.append(JSON.Member("values", .array(values.map { .string($0) })))
        }
        if isEvent { options.append(JSON.Member("event", true)) }
        if type == .uptime {
            options.append(JSON.Member("max_time", maxTime.map { .number($0.seconds) } ?? .null))
        }
        // Presses come when they come, and what falls by itself says so.
        if let expectEvery, expectEvery > .zero, !isEvent, type != .uptime || maxTime == nil {
            options.append(JSON.Member("expect_every", .number(expectEvery.seconds)))
        }
        return options
    }
}

extension KeyType {
    /// Whether values of one are values of the other, so that a key of either will do.
    func isExchangeable(with other: KeyType) -> Bool { self == other || (isNumber && other.isNumber) }

    /// Whether values of one are values of the other, but a key of one may do what one of the other does not.
    func isAlike(_ other: KeyType) -> Bool { isExchangeable(with: other) || (isBoolean && other.isBoolean) }
}
