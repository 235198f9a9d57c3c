internal import ArgumentParser
internal import Komoku
internal import KomokuClient

struct NotificationsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "notifications", abstract: "List what rules told people, and whether it was delivered.",
        discussion: "They are kept for a week, a thousand at most.")

    @Flag(help: "Only those that are still to be delivered, or to be acknowledged by somebody.")
    var open = false

    @Option(help: "At most so many, the newest.")
    var limit = 20

    @OptionGroup var hub: HubOptions

    func validate() throws {
        guard (1...10_000).contains(limit) else { throw ValidationError("--limit expects 1 to 10000") }
    }

    func run() async throws {
        try await hub.withClient { client in
            let notes = try await client.notifications(openOnly: open, limit: limit)
            if hub.json {
                let answer: JSON = ["notifications": .array(notes.map(\.json))]
                return Terminal.say(answer.text)
            }
            guard !notes.isEmpty else {
                return Terminal.complain(open ? "nothing waits for anybody" : "no rule has told anything of late")
            }
            Terminal.say(table: NotificationsShown(notes, now: LocalTime.now).lines(on: .standard))
        }
    }
}

struct AcknowledgeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "acknowledge", abstract: "Say that a notification was seen: it is told to nobody else.")

    @Argument(help: "Its number, or the topic of several.")
    var note: String

    @Flag(help: "What is given is a topic, though it is a number.")
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
