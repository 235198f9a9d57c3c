package import Komoku
package import KomokuHub
internal import Synchronization

/// The commands of every device: written by the Inbox's thread, read by the hub's.
package final class DeviceCommands: DeviceCommander {
    private let table = Mutex<[DeviceID: [String: DeviceCommand]]>([:])
    /// The families that are switched on, by their words.
    private let families = Mutex<Set<String>>([])
    /// Sources may still say more: the hub has just started, or takes over other sources.
    private let learning = Mutex(Learning())
    let bridges = BridgeRequests()
    private let canPublish: @Sendable () -> Bool
    private let publish: @Sendable (Publication) -> Void
    private let facts: @Sendable (DeviceID) -> Facts?

    private struct Learning {
        var isOver = false
        var waiting: [@Sendable () -> Void] = []
    }

    /// What is known of a device that nobody speaks for.
    package struct Facts: Sendable {
        /// The word of its family.
        package var source: String
        /// False once its family has said that it is gone.
        package var isPresent: Bool
    }

    /// - Parameter facts: what the hub knows of a device; called on the thread that asks for a message.
    package init(
        facts: @escaping @Sendable (DeviceID) -> Facts? = { _ in nil },
        canPublish: @escaping @Sendable () -> Bool = { true },
        publish: @escaping @Sendable (Publication) -> Void
    ) {
        self.facts = facts
        self.canPublish = canPublish
        self.publish = publish
    }

    func set(_ commands: [String: DeviceCommand], of device: DeviceID) {
        table.withLock { $0[device] = commands.isEmpty ? nil : commands }
        tellNews()
    }

    func set(families words: Set<String>) {
        families.withLock { $0 = words }
    }

    func removeAll() {
        table.withLock { $0 = [:] }
        learning.withLock { $0.isOver = false }
    }

    /// The sources have heard what the broker keeps of the devices.
    func endLearning() {
        learning.withLock { $0.isOver = true }
        tellNews()
    }

    private func tellNews() {
        let waiting = learning.withLock { learning in
            defer { learning.waiting = [] }
            return learning.waiting
        }
        for then in waiting { then() }
    }

    package var isReady: Bool { canPublish() }

    package func isExpected(_ property: PropertyID) -> Bool {
        if learning.withLock(\.isOver) { return false }
        guard let facts = facts(property.device) else { return true }
        return facts.isPresent && families.withLock { $0.contains(facts.source) }
    }

    package func whenNews(_ then: @escaping @Sendable () -> Void) {
        learning.withLock { $0.waiting.append(then) }
    }

    package func message(for value: Value, to property: PropertyID) throws(CommandRefusal) -> DeviceCommandMessage {
        guard let command = table.withLock({ $0[property.device]?[property.name] }) else {
            throw CommandRefusal(reason(property))
        }
        guard let payload = command.payload(value) else {
            throw CommandRefusal("the device has no word for '\(value.description.prefix(80))'")
        }
        var message = DeviceCommandMessage(
            topic: command.otherTopic?(value) ?? command.topic, payload: payload, qos: command.qos,
            isRetained: command.isRetained)
        message.before = command.before?(value).map { [$0] } ?? []
        message.after = command.after?(value).map { [$0] } ?? []
        return message
    }

    /// Why a property cannot be told anything, for a person.
    private func reason(_ property: PropertyID) -> String {
        let device = "the device '\(property.device)'"
        if let facts = facts(property.device) {
            let source = facts.source
            if !families.withLock({ $0.contains(source) }) {
                return "\(device) is of the family '\(source)', which is not switched on under 'devices'"
            }
            if !facts.isPresent { return "\(device) is gone: '\(source)' does not list it any more" }
        }
        return "\(device) does not say how '\(property.name)' is set"
    }

    package func send(_ message: DeviceCommandMessage, sent: @escaping @Sendable (CommandRefusal?) -> Void) {
        let parts = message.before + [message] + message.after
        let delivery = Delivery(parts.count, then: sent)
        for part in parts {
            publish(
                Publication(
                    topic: part.topic, payload: part.payload, qos: part.qos, isRetained: part.isRetained,
                    kind: .command
                ) { outcome in
                    switch outcome {
                    case .sent: delivery.ended(nil)
                    case .failed(let reason), .refused(let reason): delivery.ended(CommandRefusal(reason))
                    }
                })
        }
    }

    package func carryOut(
        _ care: DeviceCare, of device: DeviceID, then: @escaping @Sendable (CommandRefusal?) -> Void
    ) {
        guard let request = bridges.request(care, of: device) else { return then(.noCare) }
        guard let transaction = bridges.begin(request, then: then) else {
            return then(CommandRefusal("the bridges have too much to do; try again later"))
        }
        publish(
            Publication(topic: request.topic, payload: request.payload(transaction).bytes, qos: 1, kind: .command) {
                [bridges] outcome in
                switch outcome {
                case .sent: break
                case .failed(let reason), .refused(let reason): bridges.end(transaction, CommandRefusal(reason))
                }
            })
    }

    /// Tells once how all messages of a command ended: well where each did, or with the first fault.
    private final class Delivery: Sendable {
        private let left: Mutex<Int>
        private let then: @Sendable (CommandRefusal?) -> Void

        init(_ count: Int, then: @escaping @Sendable (CommandRefusal?) -> Void) {
            left = Mutex(count)
            self.then = then
        }

        func ended(_ fault: CommandRefusal?) {
            let isLast = left.withLock { left in
                let isOpen = left > 0
                left = fault == nil ? left - 1 : 0
                return isOpen && left == 0
            }
            if isLast { then(fault) }
        }
    }
}
