internal import Komoku
internal import KomokuHub
internal import KomokuStore

/// Turns messages into observations: what happens inside libmosquitto's callback. Belongs to the Inbox's thread.
final class MessageReader {
    var mappings: MappingSet {
        didSet { cache = TopicCache() }
    }
    var intake = Intake()
    var unacknowledged = UnacknowledgedMessages()
    var counters = Inbox.Counters()
    /// For dead letters; set once a round.
    var time = Timestamp(microseconds: 0)
    /// On the monotonic clock; set once a round.
    var moment: Int64 = 0
    private var cache = TopicCache()

    init(mappings: MappingSet) {
        self.mappings = mappings
    }

    func take(_ message: Connection.Message) {
        counters.received += 1
        if message.qos > 0 {
            let hash = UnacknowledgedMessages.hash(topic: message.topic, payload: message.payload)
            if unacknowledged.insert(message.id, hash: hash, at: moment) {
                counters.duplicates += 1
                return
            }
        }
        let plan = cache.plan(for: message.topic, make: mappings.plan)
        if plan.isEmpty { counters.unmapped += 1 }
        if plan.command != nil, message.isRetained { counters.ignoredCommands += 1 }
        plan.read(
            TopicPlan.Message(payload: message.payload, isRetained: message.isRetained, time: time), into: &intake)
    }

    /// What has gathered; it is empty afterwards.
    func takeIntake() -> Intake {
        counters.deadLetters += intake.deadLetters.reduce(0) { $0 + $1.count }
        var taken = Intake()
        swap(&taken, &intake)
        intake.observations.reserveCapacity(taken.observations.count)
        return taken
    }
}
