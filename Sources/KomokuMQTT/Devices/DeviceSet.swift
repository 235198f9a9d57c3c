internal import Komoku
internal import KomokuHub

/// Every source of devices, with the messages that wait for somebody to say what they mean. Belongs to the Inbox's thread.
package final class DeviceSet {
    let sources: [any DeviceSource]
    private let commands: DeviceCommands?
    private var held = HeldMessages()
    /// Topics mean something else since the plans were made.
    private(set) var topicsHaveChanged = false
    /// What devices are to be asked.
    private(set) var publications: [Publication] = []

    package init(_ sources: [any DeviceSource], commands: DeviceCommands? = nil) {
        self.sources = sources
        self.commands = commands
    }

    package var filters: [String] { sources.flatMap(\.filters) }

    /// What the sources say of a topic.
    func topic(_ topic: String) -> DeviceTopic {
        var plan = DeviceTopic(topic: topic)
        for source in sources { source.plan(&plan) }
        return plan
    }

    func take(_ message: DeviceMessage, by sources: [any DeviceSource], into intake: inout Intake) {
        for source in sources {
            var news = DeviceNews()
            source.take(message, &news)
            apply(news, of: message, into: &intake)
        }
    }

    func learn(_ paths: [String], from message: DeviceMessage, by source: any DeviceSource, into intake: inout Intake) {
        var news = DeviceNews()
        source.learn(paths, from: message, &news)
        apply(news, of: message, into: &intake)
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

    private func apply(_ news: DeviceNews, of message: DeviceMessage, into intake: inout Intake) {
        intake.updates += news.updates
        for (device, table) in news.commands { commands?.set(table, of: device) }
        for (property, value) in news.observations where !message.isRestored {
            intake.observations.append(
                Observation(
                    feed: Feed(property, topic: message.topic), content: .value(value),
                    provenance: message.isRetained ? .retained : .live))
        }
        for reason in news.refusals {
            intake.refuse(message.payload, of: message.topic, reason, at: message.time)
        }
        publications += news.publications
        if news.topicsHaveChanged { topicsHaveChanged = true }
    }

    // MARK: What the reader asks

    /// Whether plans must be made anew; they are, once this was asked.
    func takeTopicsHaveChanged() -> Bool {
        defer { topicsHaveChanged = false }
        return topicsHaveChanged
    }

    func takePublications() -> [Publication] {
        defer { publications = [] }
        return publications
    }

    func hold(_ message: DeviceMessage) {
        held.keep(message)
    }

    /// Messages whose topics mean something now.
    func takeClaimed() -> [HeldMessages.Entry] {
        held.take { !topic($0).isEmpty }
    }
}
