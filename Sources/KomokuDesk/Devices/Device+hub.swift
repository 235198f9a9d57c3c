internal import Komoku
package import KomokuHub
package import KomokuWire

extension Device {
    init(_ device: DeviceInfo) {
        self.init()
        (id, name, source) = (device.id.text, device.name, device.source)
        (manufacturer, model, via) = (device.manufacturer, device.model, device.via?.text)
        (isPresent, isOnline, sleeps) = (device.isPresent, device.isOnline, device.sleeps)
        lastSeen = device.lastSeen
        properties = Self.grouped(device.properties.map(DeviceProperty.init))
        unsupported = device.unsupported.map { Unsupported($0.what, because: $0.reason) }
    }
}

extension DeviceProperty {
    init(_ property: PropertyInfo) {
        self.init()
        let description = property.description
        (name, key, type) = (description.name, property.key.text, property.type.rawValue)
        (unit, label, category) = (description.unit, description.label, description.category?.rawValue)
        (value, time) = (property.last?.value?.json, property.last?.time)
        (isStale, isPresent) = (property.isStale, property.isPresent)
        (isWritable, isEvent) = (description.isWritable, description.isEvent)
        // JSON has no other numbers.
        minimum = description.minimum.flatMap { $0.isFinite ? $0 : nil }
        maximum = description.maximum.flatMap { $0.isFinite ? $0 : nil }
        step = description.step.flatMap { $0.isFinite ? $0 : nil }
        presets = description.presets.map(\.json)
        values = description.values
        expectEvery = description.expectEvery
        deviceClass = description.deviceClass
        (control, group) = (PropertyControl(description, type: property.type), description.group)
        command = property.command.map(DeviceCommand.init)
    }
}

extension DeviceCommand {
    init(_ command: CommandState) {
        self.init()
        (value, time) = (command.value.json, command.time)
        switch command.outcome {
        case nil: state = .waiting
        case .sent: state = .sent
        case .reported(let value): (state, reported) = (.reported, value.json)
        case .differs(let value): (state, reported) = (.differs, value.json)
        case .failed(let reason): (state, self.reason) = (.failed, reason)
        }
    }
}

extension CommandResult {
    /// What became of a command; nil is nothing yet.
    init(_ outcome: CommandOutcome?) {
        switch outcome {
        case nil: self = .waiting
        case .sent: self = .sent
        case .reported(let value): self = .reported(value.json)
        case .differs(let value): self = .differs(value.json)
        case .failed(let reason): self = .failed(reason)
        }
    }
}

extension Reply {
    /// What became of a command; nil is nothing yet.
    package init(_ outcome: CommandOutcome?) { self = .json(CommandResult(outcome).json) }
}

extension DeviceMessage {
    /// What would be published.
    init(_ message: DeviceCommandMessage) {
        self.init(
            topic: message.topic, payload: Array(message.payload), qos: Int(message.qos), isRetained: message.isRetained
        )
        before = message.before.map(DeviceMessage.init)
        after = message.after.map(DeviceMessage.init)
    }
}
