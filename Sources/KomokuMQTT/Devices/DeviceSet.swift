internal import Komoku
internal import KomokuHub

/// Every source of devices, with the messages that wait for somebody to say what they mean. Belongs to the Inbox's thread.
package final class DeviceSet {
    let sources: [any DeviceSource]
    private let commands: DeviceCommands?
    private var held = HeldMessages()
    private var limits: DeviceLimits
    private var retained = RetainedDiscovery()
    /// Topics mean something else since the plans were made.
    private(set) var topicsHaveChanged = false
    /// What sources had no room for, since the start.
    private var leftOut = DiscoveryLosses()
    /// What a person has to mend, for the log.
    private var complaints: [(topic: String, reason: String)] = []
    /// What devices are to be asked.
    private(set) var publications: [Publication] = []

    package init(
        _ sources: [any DeviceSource], commands: DeviceCommands? = nil, limits: DeviceLimits = DeviceLimits()
    ) {
        self.sources = sources
        self.commands = commands
        self.limits = limits
    }

    package var filters: [String] { sources.flatMap(\.filters) }

    /// What the sources say of a topic.
    func topic(_ topic: String) -> DeviceTopic {
        var plan = DeviceTopic(topic: topic)
        for source in sources where !source.isFallback { source.plan(&plan) }
        if plan.isEmpty, !plan.isHeld { for source in sources where source.isFallback { source.plan(&plan) } }
        // A source does not know that its device was one too many.
        if limits.hasRefused { plan.keepFields { limits.isKnown($0) } }
        return plan
    }

    func take(_ message: DeviceMessage, by sources: [any DeviceSource], into intake: inout Intake) {
        guard message.payload.count <= Self.maximumPayload else {
            let reason = "it is left out: the payload is longer than \(Self.maximumPayload >> 20) MiB"
            complain(of: message.topic, reason)
            return intake.refuse(message.payload, of: message.topic, reason, at: message.time)
        }
        // Live messages matter as long as some are missing.
        if !message.isRestored, message.isRetained || !retained.isIdle,
            sources.contains(where: { $0.isDiscovery(message.topic) })
        {
            retained.heard(message)
        }
        for source in sources {
            var news = DeviceNews()
            source.take(message, &news)
            apply(news, of: message, into: &intake)
        }
    }

    /// Lets the sources that want it take a message that the hub remembers.
    func restore(_ message: DeviceMessage, into intake: inout Intake) {
        limits.restored(message.topic, message.payload.count)
        if message.topic.utf8.elementsEqual(RetainedDiscovery.topic.utf8) { return retained.restore(message.payload) }
        let watchers = topic(message.topic).watchers
        if watchers.contains(where: { $0.isDiscovery(message.topic) }) { retained.restore(topic: message.topic) }
        take(message, by: watchers, into: &intake)
    }

    // MARK: What the broker retains

    /// Every subscription is made anew: the broker says all of it again.
    func beginReplay() {
        retained.begin()
    }

    /// It has said all of it: discovery that it had before and has no more was deleted meanwhile.
    ///
    /// - Parameter isSameBroker: it has not forgotten anything by itself. One that has nothing at all may have.
    func endReplay(isSameBroker: Bool, into intake: inout Intake, at time: Timestamp) {
        guard isSameBroker || retained.confirmed > 0 else { return }
        for gone in retained.end() {
            let message = DeviceMessage(
                topic: gone, payload: UnsafeBufferPointer(start: nil, count: 0), isRetained: true, time: time)
            take(message, by: topic(gone).watchers, into: &intake)
        }
        guard let memory = retained.takeMemory() else { return }
        let update = DeviceUpdate.remembered(topic: RetainedDiscovery.topic, payload: memory)
        if limits.admit(update) { intake.updates.append(update) }
    }

    /// The longest message that sources take: a bridge with 4,000 devices.
    static let maximumPayload = 16 << 20

    func learn(_ paths: [String], from message: DeviceMessage, by source: any DeviceSource, into intake: inout Intake) {
        var news = DeviceNews()
        source.learn(paths, from: message, &news)
        apply(news, of: message, into: &intake)
    }

    /// Lets the source that guessed a type guess anew.
    ///
    /// - Returns: whether it did, and the value counts.
    func widen(
        _ property: PropertyID, for input: DeviceInput, of message: DeviceMessage, into intake: inout Intake
    ) -> Bool {
        sources.contains { source in
            var news = DeviceNews()
            let isWider = source.widen(property, for: input, &news)
            if isWider { apply(news, of: message, into: &intake) }
            return isWider
        }
    }

    /// Every subscription is answered.
    func connected(_ intake: inout Intake, at time: Timestamp) {
        let nothing = DeviceMessage(topic: "", payload: UnsafeBufferPointer(start: nil, count: 0), time: time)
        for source in sources {
            var news = DeviceNews()
            source.connected(&news)
            apply(news, of: nothing, into: &intake)
        }
    }

    /// The time goes by.
    func passed(_ intake: inout Intake, at time: Timestamp, isSettled: Bool) {
        let nothing = DeviceMessage(topic: "", payload: UnsafeBufferPointer(start: nil, count: 0), time: time)
        commands?.bridges.endLate()
        for source in sources {
            var news = DeviceNews()
            source.passed(to: time, isSettled: isSettled, &news)
            if !news.isEmpty { apply(news, of: nothing, into: &intake) }
        }
    }

    /// What is left out because there is too much of it, since the start.
    var losses: DiscoveryLosses {
        var losses = leftOut
        losses.add(limits.losses)
        return losses
    }

    private func apply(_ news: DeviceNews, of message: DeviceMessage, into intake: inout Intake) {
        for update in news.updates where limits.admit(update) { intake.add(update) }
        for (device, table) in news.commands where limits.isKnown(device) { commands?.set(table, of: device) }
        for (device, making) in news.cares { commands?.bridges.set(making, of: device) }
        for (transaction, fault) in news.answers { commands?.bridges.end(transaction, fault) }
        for (property, content, time) in news.observations
        where !message.isRestored && limits.isKnown(property.device) {
            intake.observations.append(
                Observation(
                    feed: Feed(property, topic: message.topic), content: content, time: time,
                    provenance: message.isRetained ? .retained : .live))
        }
        intake.startMessage()
        for reason in news.refusals + [limits.takeReport(at: message.time)].compactMap(\.self) {
            intake.refuse(message.payload, of: message.topic, reason, at: message.time)
        }
        for (topic, reason) in news.complaints {
            complain(of: topic, reason)
            intake.refuse(UnsafeBufferPointer(start: nil, count: 0), of: topic, reason, at: message.time)
        }
        publications += news.publications.prefix(Self.maximumPublications - publications.count)
        leftOut.add(news.losses)
        if news.topicsHaveChanged { topicsHaveChanged = true }
    }

    private func complain(of topic: String, _ reason: String) {
        guard complaints.count < Self.maximumComplaints else { return }
        complaints.append((topic, reason))
    }

    /// Until they are taken.
    private static let maximumComplaints = 64

    /// The most questions of one round.
    private static let maximumPublications = 4096

    // MARK: What the reader asks

    /// Whether plans must be made anew; they are, once this was asked.
    func takeTopicsHaveChanged() -> Bool {
        defer { topicsHaveChanged = false }
        return topicsHaveChanged
    }

    func takeComplaints() -> [(topic: String, reason: String)] {
        defer { complaints = [] }
        return complaints
    }

    func takePublications() -> [Publication] {
        defer { publications = [] }
        return publications
    }

    func hold(_ message: DeviceMessage) {
        held.keep(message)
    }

    var heldCount: Int { held.count }
    /// Messages that were not held because there are too many.
    var notHeld: Int { held.dropped }

    /// Messages whose topics mean something now.
    func takeClaimed() -> [HeldMessages.Entry] {
        held.take { !topic($0).isEmpty }
    }
}
