internal import ArgumentParser
internal import Komoku
internal import KomokuClient
internal import KomokuWire

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show the state of the hub on one screen, and what needs attention.",
        discussion: """
            For people, and for monitoring: exit code 0 means that all is well, 1 that something needs attention, 2 that the \
            hub cannot be reached or the command was written wrongly.
            """)

    @OptionGroup var hub: HubOptions

    func run() async throws {
        let status: HubStatus
        do {
            status = try await hub.withClient { client in try await client.status() }
        } catch let error as ClientError where error.exitCode == ClientError.unreachableCode {
            throw Failure(message: "\(error)", code: 2, word: error.word)
        }
        if hub.json {
            Terminal.say(status.json.text)
        } else {
            Terminal.say(lines: StatusShown(status, now: LocalTime.now).lines(on: .standard))
        }
        guard status.attention.isEmpty else { throw ExitCode(1) }
    }
}
