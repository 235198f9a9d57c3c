import Komoku
import KomokuExpression
import KomokuHub
import KomokuStore
import Logging

/// The zone and the location that schedules and the functions of time go by.
struct HubLocation {
    var zone = Zone.utc
    var sun: Sun?
    /// Changes with them.
    var signature = ""
    /// Those of the rules that are there.
    var calendars = HouseCalendars.none
}

/// What references are.
extension RuleEngine {
    /// Locals have none here.
    func value(of reference: Reference, in hub: isolated Hub) -> Value? {
        switch reference {
        case .key(let name): hub.last(name)?.value
        case .local: nil
        case .state(.stale(let key)): hub.key(key).map { .boolean($0.isStale) }
        case .state(.online(let device)): hub.device(device)?.isOnline.map { .boolean($0) }
        case .clock(let call): call.value(at: hub.clock.now, in: machine.location.zone, sun: machine.location.sun)
        case .history(let call): value(of: call, in: hub)
        case .keys(let call): value(of: call, nil, in: hub)
        case .calendar(let call): machine.location.calendars.value(of: call, at: hub.clock.now)
        case .random: .number(Double.random(in: 0..<1, using: &machine.chance))
        }
    }

    /// As a trigger and a condition see it.
    ///
    /// - Parameter change: the key may have moved on already; the change is what this is about.
    func value(of reference: Reference, _ occasion: Occasion, _ change: Change?, in hub: isolated Hub) -> Value? {
        switch reference {
        case .key(let name) where name == change?.key: change?.value
        case .keys(let call): value(of: call, change, in: hub)
        case .local(let name): occasion.local(name)
        default: value(of: reference, in: hub)
        }
    }

    /// What of the history is known without a look at the disk.
    private func value(of call: HistoryCall, in hub: isolated Hub) -> Value? {
        switch call.function {
        case .last: hub.last(call.key)?.value
        case .since: hub.timeSinceChange(of: call.key).map { .number($0.seconds) }
        case .age: hub.age(of: call.key).map { .number($0.seconds) }
        default: nil
        }
    }

    /// Reads where the hub is and what its clocks show.
    func findLocation(in hub: isolated Hub) {
        let name = hub.configuration.timeZone ?? "local"
        do throws(ZoneFiles.Failure) {
            machine.location.zone = try zones.zone(named: name)
        } catch {
            logger.warning("time zone not found, using UTC", metadata: ["zone": "\(name)", "reason": "\(error)"])
            machine.location.zone = .utc
        }
        machine.location.sun = hub.configuration.location.map { Sun(latitude: $0.latitude, longitude: $0.longitude) }
        machine.location.signature = [
            machine.location.zone.name,
            machine.location.sun.map { "\(DecimalNumber.text($0.latitude)) \(DecimalNumber.text($0.longitude))" },
        ].compactMap(\.self).joined(separator: " ")
    }
}

extension Occasion {
    /// What a condition may ask of it.
    func local(_ name: String) -> Value? {
        if let value = arguments[name] { return value }
        return switch name {
        case "value": value
        case "previous": previous
        case "key": key.map { .string($0.text) }
        case "trigger": .string(word)
        default: nil
        }
    }
}
