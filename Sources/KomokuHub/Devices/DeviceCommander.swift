package import Komoku

/// Sends commands to devices; the hub's way out to whoever speaks with them.
package protocol DeviceCommander: AnyObject, Sendable {
    /// What a command would send.
    ///
    /// - Throws: `CommandRefusal` where the device cannot be told this.
    func message(for value: Value, to property: PropertyID) throws(CommandRefusal) -> DeviceCommandMessage

    /// Whether messages can go out now.
    var isReady: Bool { get }

    /// Whether it may still become known how a device is told: the hub has just started.
    func isExpected(_ property: PropertyID) -> Bool

    /// Calls `then` once, on any thread, when more is known of what devices can be told.
    func whenNews(_ then: @escaping @Sendable () -> Void)

    /// Sends it. Never blocks.
    ///
    /// - Parameter sent: called on any thread once the message is with the broker, or with the reason why it is not.
    func send(_ message: DeviceCommandMessage, sent: @escaping @Sendable (CommandRefusal?) -> Void)

    /// Has a device's bridge do something with it. Never blocks.
    ///
    /// - Parameter then: called once, on any thread; nil is done.
    func carryOut(_ care: DeviceCare, of device: DeviceID, then: @escaping @Sendable (CommandRefusal?) -> Void)
}

extension DeviceCommander {
    package var isReady: Bool { true }
    package func isExpected(_ property: PropertyID) -> Bool { false }
    package func whenNews(_ then: @escaping @Sendable () -> Void) {}
}

/// A command as it goes over the wire.
package struct DeviceCommandMessage: Hashable, Sendable {
    package var topic: String
    package var payload: [UInt8]
    /// 0 or 1.
    package var qos: Int32
    package var isRetained: Bool
    /// What goes out before it and behind it: some lights want a word for on beside their brightness.
    package var before: [DeviceCommandMessage] = []
    package var after: [DeviceCommandMessage] = []

    package init(topic: String, payload: [UInt8], qos: Int32 = 1, isRetained: Bool = false) {
        self.topic = topic
        self.payload = payload
        self.qos = qos
        self.isRetained = isRetained
    }
}

/// Why a device was not told, as a sentence.
package struct CommandRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

/// How a command to a device ended.
package enum CommandOutcome: Hashable, Sendable {
    /// The device reports the value that it was told.
    case reported(Value)
    /// It reports another one: a limit, or somebody at the switch.
    case differs(Value)
    /// The device reports nothing about this property; the broker has the command.
    case sent
    /// Nothing was reported in time, or the command could not be sent: the reason.
    case failed(String)
}

/// The newest command to a key.
package struct CommandState: Hashable, Sendable {
    package var value: Value
    package var time: Timestamp
    /// Nil while it waits for the device.
    package var outcome: CommandOutcome?
    /// Who gave it.
    package var cause: Cause?

    package init(value: Value, time: Timestamp, outcome: CommandOutcome? = nil, cause: Cause? = nil) {
        self.value = value
        self.time = time
        self.outcome = outcome
        self.cause = cause
    }
}
