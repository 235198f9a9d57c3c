package import Komoku
package import KomokuHub

/// What a source makes of one message.
package struct DeviceNews {
    /// In order.
    package private(set) var updates: [DeviceUpdate] = []
    package private(set) var observations: [(property: PropertyID, content: Observation.Content, time: Timestamp?)] =
        []
    package private(set) var publications: [Publication] = []
    /// Nil removes.
    package private(set) var commands: [(device: DeviceID, commands: [String: DeviceCommand])] = []
    /// What bridges can do with devices; nil removes.
    private(set) var cares: [(device: DeviceID, making: BridgeRequests.Making?)] = []
    /// What bridges answered.
    private(set) var answers: [(transaction: String, fault: CommandRefusal?)] = []
    /// Topics mean something else than before, or other filters are wanted.
    package private(set) var topicsHaveChanged = false
    /// Why the message cannot be used: it becomes a dead letter.
    package private(set) var refusals: [String] = []

    /// What is wrong with topics, for the log as well: each with what to do.
    package private(set) var complaints: [(topic: String, reason: String)] = []

    package private(set) var losses = DiscoveryLosses()

    package init() {}

    /// There is nothing to apply.
    var isEmpty: Bool {
        updates.isEmpty && observations.isEmpty && publications.isEmpty && commands.isEmpty && !topicsHaveChanged
            && refusals.isEmpty && complaints.isEmpty && cares.isEmpty && answers.isEmpty
    }

    /// A device is there and is like this.
    ///
    /// - Parameter commands: by the names of the writable properties.
    package mutating func describe(_ device: DeviceDescription, commands: [String: DeviceCommand] = [:]) {
        updates.append(.described(device))
        self.commands.append((device.id, commands))
        topicsHaveChanged = true
    }

    /// A device is gone.
    package mutating func remove(_ device: DeviceID) {
        updates.append(.removed(device))
        commands.append((device, [:]))
        cares.append((device, nil))
        topicsHaveChanged = true
    }

    /// A bridge can do something with a device that was described.
    mutating func offer(_ making: @escaping BridgeRequests.Making, for device: DeviceID) {
        cares.append((device, making))
    }

    /// A bridge has answered what it was asked to do.
    ///
    /// - Parameter fault: nil is done.
    mutating func answered(_ transaction: String, _ fault: CommandRefusal?) { answers.append((transaction, fault)) }

    /// Keeps this discovery message over restarts, under its topic.
    package mutating func remember(_ message: DeviceMessage) {
        if message.isRestored { return }
        updates.append(.remembered(topic: message.topic, payload: Array(message.payload)))
    }

    /// Keeps the message of this topic no more.
    package mutating func forget(_ topic: String) {
        updates.append(.remembered(topic: topic, payload: nil))
    }

    /// A value that the source read itself. It has the provenance of the message.
    ///
    /// - Parameter time: when it was measured; nil is the arrival.
    package mutating func observe(_ property: PropertyID, _ value: Value, at time: Timestamp? = nil) {
        observations.append((property, .value(value), time))
    }

    /// The device says that there is no value of it any more.
    package mutating func forgetValue(of property: PropertyID) {
        observations.append((property, .unknown, nil))
    }

    /// What a decoder made of the value of a property.
    package mutating func take(_ outcome: DeviceOutcome, of property: PropertyID) {
        switch outcome {
        case .value(let value): observe(property, value)
        case .nothing: break
        case .unknown: forgetValue(of: property)
        case .refused(let reason), .misfit(let reason): refuse("\(reason) (\(property.name))")
        }
    }

    /// Asks a device something.
    package mutating func ask(_ topic: String, _ payload: String) {
        publications.append(Publication(topic: topic, payload: Array(payload.utf8)))
    }

    /// What topics mean has changed without a device being described.
    package mutating func topicsChanged() {
        topicsHaveChanged = true
    }

    /// There are too many: what the message announces is left out. It is counted for the log.
    package mutating func leaveOut(devices: Int = 0, entities: Int = 0) {
        losses.add(DiscoveryLosses(devices: devices, entities: entities))
    }

    /// Something is wrong that a person has to mend, with a message of this topic or because there is none.
    package mutating func complain(of topic: String, _ reason: String) {
        complaints.append((topic, reason))
    }

    /// The message, or a part of it, cannot be used.
    package mutating func refuse(_ reason: String) {
        refusals.append(reason)
    }
}
