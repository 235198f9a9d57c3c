package import Komoku
package import KomokuHub
internal import Synchronization

/// The commands of every device: written by the Inbox's thread, read by the hub's.
package final class DeviceCommands: DeviceCommander {
    private let table = Mutex<[DeviceID: [String: DeviceCommand]]>([:])
    private let publish: @Sendable (Publication) -> Void

    package init(publish: @escaping @Sendable (Publication) -> Void) {
        self.publish = publish
    }

    func set(_ commands: [String: DeviceCommand], of device: DeviceID) {
        table.withLock { $0[device] = commands.isEmpty ? nil : commands }
    }

    func removeAll() {
        table.withLock { $0 = [:] }
    }

    package func message(for value: Value, to property: PropertyID) throws(CommandFault) -> DeviceCommandMessage {
        guard let command = table.withLock({ $0[property.device]?[property.name] }) else {
            throw CommandFault("the device '\(property.device)' does not say how '\(property.name)' is set")
        }
        guard let payload = command.payload(value) else {
            throw CommandFault("the device has no word for '\(value.description.prefix(80))'")
        }
        return DeviceCommandMessage(
            topic: command.topic, payload: payload, qos: command.qos, isRetained: command.isRetained)
    }

    package func send(_ message: DeviceCommandMessage, sent: @escaping @Sendable (CommandFault?) -> Void) {
        publish(
            Publication(
                topic: message.topic, payload: message.payload, qos: message.qos, isRetained: message.isRetained,
                kind: .command
            ) { outcome in
                switch outcome {
                case .sent: sent(nil)
                case .failed(let reason): sent(CommandFault(reason))
                }
            })
    }
}
