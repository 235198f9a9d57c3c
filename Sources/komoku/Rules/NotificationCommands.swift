internal import ArgumentParser
internal import Komoku
internal import KomokuClient
internal import KomokuWire

struct NotificationsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "notifications", abstract: "List notifications that rules sent, and whether they were delivered.",
        discussion: "The last 1,000 of the past week are kept.")

    @Flag(help: "Only those not yet delivered or not yet acknowledged.")
    var open = false

    @Option(help: "Show at most this many, the newest; default: 20.")
    var limit: Int?

    @OptionGroup var hub: HubOptions

    func validate() throws {
        try limit.checkedAsLimit()
    }

    func run() async throws {
        try await hub.withClient { client in
            let excerpt = try await Excerpt(limit: limit, usual: 20) {
                try await client.notifications(openOnly: open, limit: $0)
            }
            let notes = excerpt.items
            if hub.json {
                let answer: JSON = ["notifications": .array(notes.map(\.json))]
                return Terminal.say(answer.text)
            }
            guard !notes.isEmpty else {
                return Terminal.complain(open ? "no open notifications" : "no notifications in the past week")
            }
            Terminal.say(table: NotificationsShown(notes, now: LocalTime.now).lines(on: .standard))
            excerpt.tellRest()
        }
    }
}

struct AcknowledgeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "acknowledge", abstract: "Acknowledge a notification, so that nobody else is notified.")

    @Argument(help: "The number of a notification, or a topic to acknowledge all of its notifications.")
    var note: String

    @Flag(help: "Treat the argument as a topic even if it is a number.")
    var topic = false

    @OptionGroup var hub: HubOptions

    func run() async throws {
        try await hub.withClient { client in
            var count = 1
            if !topic, let number = Int64(note) {
                try await client.acknowledge(number)
            } else {
                count = try await client.acknowledge(topic: note)
            }
            if hub.json {
                let answer: JSON = ["acknowledged": .number(Double(count))]
                Terminal.say(answer.text)
            }
        }
    }
}
