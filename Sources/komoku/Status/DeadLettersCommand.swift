internal import ArgumentParser
internal import Komoku
internal import KomokuClient
internal import KomokuWire

struct DeadLettersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead-letters", abstract: "List MQTT messages that the hub could not use, and why.",
        discussion: """
            Messages of one topic that could not be used for one reason are one entry, with their number and the newest of \
            them. The hub keeps the newest 256 entries, and of a payload its beginning.
            """)

    @Option(help: "Show at most this many, the newest; default: 100.")
    var limit: Int?

    @Flag(help: "Forget all of them; those that come later are listed again.")
    var clear = false

    @OptionGroup var hub: HubOptions

    func validate() throws {
        try limit.checkedAsLimit()
    }

    func run() async throws {
        try await hub.withClient { client in
            let excerpt = try await Excerpt(limit: limit, usual: clear ? 10_000 : 100) {
                try await client.deadLetters(limit: $0)
            }
            let letters = excerpt.items
            if clear {
                try await client.clearDeadLetters()
                let answer: JSON = ["cleared": .number(Double(letters.count))]
                return Terminal.say(
                    hub.json ? answer.text : "\(Numbers.counted(letters.count, "entry", "entries")) forgotten")
            }
            if hub.json {
                let answer: JSON = ["dead_letters": letters.wire]
                return Terminal.say(answer.text)
            }
            guard !letters.isEmpty else { return Terminal.complain("no unusable messages") }
            Terminal.say(lines: Self.lines(of: letters, now: LocalTime.now, on: .standard))
            excerpt.tellRest()
        }
    }

    /// Of each entry its topic, how often and when, the reason and how the newest payload begins.
    static func lines(of letters: [DeadLetterReport], now: Timestamp, on screen: Screen) -> [String] {
        [Terminal.dim(LocalTime.remark)]
            + letters.flatMap { letter -> [String] in
                let when = "\(LocalTime.short(letter.time, now: now)), \(LocalTime.age(of: letter.time, now: now))"
                let often = letter.count == 1 ? when : "\(Numbers.grouped(letter.count)) times, last \(when)"
                let payload = letter.payload
                let shown = payload.isEmpty ? "the payload is empty" : "payload: " + payload.printable.fitting(200)
                return Wrapping.lines(letter.topic, on: screen)
                    + Wrapping.lines(often, indent: 2, hanging: 4, on: screen)
                    + Wrapping.lines(letter.reason, indent: 2, hanging: 4, on: screen)
                    + Wrapping.lines(shown, indent: 2, hanging: 4, on: screen)
            }
    }
}
