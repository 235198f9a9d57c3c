internal import Komoku
internal import KomokuHub
internal import KomokuStore

/// Turns messages into observations: what happens as they are read. Belongs to the Inbox's thread.
final class MessageReader {
    var mappings: MappingSet {
        didSet { cache = TopicCache() }
    }
    /// Another set knows no device yet: see `restore`.
    var devices: DeviceSet {
        didSet {
            cache = TopicCache()
            mustSubscribe = true
        }
    }
    var intake = Intake()
    var unacknowledged = UnacknowledgedMessages()
    var counters = Inbox.Counters()
    /// For dead letters; set once a round.
    var time = Timestamp(microseconds: 0)
    /// By topic how large the first message was that was too large.
    private(set) var tooLarge: [String: Int] = [:]
    /// On the monotonic clock; set once a round.
    var moment: Int64 = 0
    /// Retained messages since this was asked last.
    private var replayed = 0
    /// Sources may want other filters than before, and held messages may be explained.
    var mustSubscribe = false
    /// What is retained has come since it was asked for last.
    private var hasSettled = false
    private var cache = TopicCache()
    private var scanners = SharedScanners()
    private var copies = MessageCopies()
    /// Topics of whose times of measurement it was said that they are not believed.
    private var doubtedTopics: Set<[UInt8]> = []
    /// What templates may still do.
    private let budget = WorkBudget()
    /// Some topic matches two of our subscriptions.
    var filtersOverlap = false {
        didSet { copies.reset() }
    }

    init(mappings: MappingSet, devices: DeviceSet = DeviceSet([])) {
        self.mappings = mappings
        self.devices = devices
    }

    /// The next messages are read at once, and handed over then.
    func beginRound(at time: Timestamp, _ moment: Int64) {
        self.time = time
        self.moment = moment
        budget.beginRound()
    }

    func take(_ message: Connection.Message) {
        counters.received += 1
        if message.qos > 0 || filtersOverlap {
            let hash = ContentHash.of(topic: message.topic, payload: UnsafeRawBufferPointer(message.payload))
            let isKnown =
                message.qos > 0
                && unacknowledged.insert(message.id, hash: hash, isRepeated: message.isRepeated, at: moment)
            let isCopy = filtersOverlap && copies.isCopy(hash, subscription: message.subscription)
            if isKnown || isCopy {
                counters.duplicates += 1
                if message.qos > 0 { intake.receiptCursors.append(intake.observations.count) }
                return
            }
        }
        if message.isRetained { replayed += 1 }
        read(message.topic, message.payload, isRetained: message.isRetained)
        if intake.observations.count > intake.ends.last ?? 0 { intake.ends.append(intake.observations.count) }
        if message.qos > 0 { intake.receiptCursors.append(intake.observations.count) }
        intake.size += message.topic.count + message.payload.count + Self.messageSize
    }

    /// What a message costs besides its bytes while it waits for the hub, about.
    private static let messageSize = 256

    /// Notes a message that is acknowledged, and not taken.
    func refuse(_ message: RefusedMessage) {
        counters.received += 1
        if message.qos > 0 {
            let hash = ContentHash.of(topic: message.topic, payload: message.beginning)
            intake.receiptCursors.append(intake.observations.count)
            if unacknowledged.insert(message.id, hash: hash, isRepeated: message.isRepeated, at: moment) { return }
        }
        let topic = String(decoding: message.topic, as: UTF8.self)
        intake.startMessage()
        intake.refuse(message.beginning.bindMemory(to: UInt8.self), of: topic, message.reason, at: time)
        guard let size = message.size else { return }
        counters.tooLarge += 1
        if tooLarge.count < Self.maximumTooLarge, tooLarge[topic] == nil { tooLarge[topic] = size }
    }

    /// So many topics of messages that are too large are told by name.
    private static let maximumTooLarge = 50

    func takeReplayed() -> Int {
        defer { replayed = 0 }
        return replayed
    }

    /// Reads a message, whoever brings it.
    ///
    /// - Parameter isRepeated: it was read before, when its values meant nothing.
    func read(
        _ topic: UnsafeRawBufferPointer, _ payload: UnsafeBufferPointer<UInt8>, isRetained: Bool,
        isRepeated: Bool = false
    ) {
        var plan = cache.plan(for: topic, make: plan)
        if plan.isEmpty { counters.unmapped += 1 }
        if plan.command != nil, isRetained { counters.ignoredCommands += 1 }
        if plan.wantsSources, let device = plan.device {
            budget.beginMessage()
            let message = DeviceMessage(
                topic: plan.topic, payload: payload, isRetained: isRetained, time: time, budget: budget)
            if prepare(device, plan, message) {
                plan.forgetScan()
                plan = cache.plan(for: topic, make: self.plan)
            }
        }
        let message = TopicPlan.Message(payload: payload, isRetained: isRetained, time: time, isRepeated: isRepeated)
        plan.read(message, into: &intake)
        if !plan.misfits.isEmpty { settleMisfits(of: plan, message) }
    }

    /// Types that were guessed may turn out to be others.
    private func settleMisfits(of plan: TopicPlan, _ message: TopicPlan.Message) {
        let misfits = plan.misfits
        plan.misfits = []
        let seen = DeviceMessage(
            topic: plan.topic, payload: message.payload, isRetained: message.isRetained, time: time, budget: budget)
        for misfit in misfits {
            if case .property(let property) = misfit.field.feed.target,
                devices.widen(property, for: misfit.input, of: seen, into: &intake)
            {
                continue
            }
            plan.refuse(misfit.field, misfit.reason, message, into: &intake)
        }
        _ = forgetPlansIfNeeded()
    }

    private func plan(for topic: String) -> TopicPlan {
        mappings.plan(for: topic, device: mappings.isOurs(topic) ? nil : devices.topic(topic), &scanners)
    }

    /// Lets sources see a message before its values are read.
    ///
    /// - Returns: whether topics mean something else now.
    private func prepare(_ device: DeviceTopic, _ plan: TopicPlan, _ message: DeviceMessage) -> Bool {
        if device.isEmpty {
            devices.hold(message)
            counters.held = devices.heldCount
            counters.notHeld = devices.notHeld
            return false
        }
        if !device.watchers.isEmpty { devices.take(message, by: device.watchers, into: &intake) }
        if let learner = device.learner {
            let paths = plan.unknownPaths(in: message.payload)
            if !paths.isEmpty {
                devices.learn(paths, from: message, by: learner, into: &intake)
                if !devices.topicsHaveChanged { plan.decline(paths) }
            }
        }
        return forgetPlansIfNeeded()
    }

    private func forgetPlansIfNeeded() -> Bool {
        guard devices.takeTopicsHaveChanged() else { return false }
        cache = TopicCache()
        mustSubscribe = true
        return true
    }

    /// Messages that one explains may explain others; after so many rounds they wait for the next.
    private static let maximumRounds = 8

    /// Reads the messages that were held and whose topics mean something now; once a round.
    func readHeld() {
        guard mustSubscribe else { return }
        for _ in 0..<Self.maximumRounds {
            let claimed = devices.takeClaimed()
            if claimed.isEmpty { break }
            for entry in claimed {
                Array(entry.topic.utf8).withUnsafeBytes { topic in
                    entry.payload.withUnsafeBufferPointer {
                        read(topic, $0, isRetained: entry.isHistory(at: time), isRepeated: true)
                    }
                }
            }
        }
        counters.held = devices.heldCount
    }

    /// Lets sources take what the hub remembers of them, before the broker speaks.
    func restore(_ discoveries: [(topic: String, payload: [UInt8])]) {
        // What says which of them the broker keeps comes first, as it does by its name.
        for (topic, payload) in discoveries {
            payload.withUnsafeBufferPointer { payload in
                budget.beginMessage()
                let message = DeviceMessage(
                    topic: topic, payload: payload, isRestored: true, time: time, budget: budget)
                devices.restore(message, into: &intake)
            }
        }
        // Nobody is asked on the strength of a memory.
        _ = devices.takePublications()
        _ = forgetPlansIfNeeded()
    }

    /// The broker has said all that it retains.
    func replayIsOver(isSameBroker: Bool) {
        devices.endReplay(isSameBroker: isSameBroker, into: &intake, at: time)
        _ = forgetPlansIfNeeded()
    }

    /// The broker is asked for all that it retains.
    func beginReplay() {
        hasSettled = false
        devices.beginReplay()
    }

    /// What is retained has come: rules may go by it.
    func settle() {
        intake.isSettled = true
        hasSettled = true
    }

    /// About once a second, also where no message comes.
    func timePasses() {
        devices.passed(&intake, at: time, isSettled: hasSettled)
        _ = forgetPlansIfNeeded()
    }

    /// Every subscription is answered: sources may ask.
    func connected() {
        devices.connected(&intake, at: time)
        _ = forgetPlansIfNeeded()
    }

    /// Once a topic.
    private func tellDoubts() {
        counters.doubtedTimes += intake.doubts
        intake.tellDoubts { topic in
            doubtedTopics.count < Self.maximumDoubted && doubtedTopics.insert(Array(topic.utf8)).inserted
        }
    }

    private static let maximumDoubted = 4096

    /// What has gathered; it is empty afterwards.
    func takeIntake() -> Intake {
        if intake.doubts > 0 { tellDoubts() }
        counters.deadLetters += intake.deadLetters.reduce(0) { $0 + $1.count }
        var taken = Intake()
        swap(&taken, &intake)
        intake.observations.reserveCapacity(taken.observations.count)
        taken.receipts = unacknowledged.takeChange()
        return taken
    }
}
