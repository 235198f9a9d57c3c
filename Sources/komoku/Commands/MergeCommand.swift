internal import ArgumentParser
internal import Komoku
internal import KomokuClient
internal import KomokuWire

struct MergeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge", abstract: "Merge the history of one key into another and remove the first.",
        discussion: "This cannot be undone. On a terminal you are asked first.")

    @Argument(help: "The key that goes.", completion: .keys)
    var from: String

    @Argument(help: "The key that stays.", completion: .keys)
    var into: String

    @Flag(name: .shortAndLong, help: "Do not ask for confirmation.")
    var yes = false

    @OptionGroup var hub: HubOptions

    func validate() throws {
        if from.utf8.elementsEqual(into.utf8) { throw ValidationError("a key cannot be merged into itself") }
    }

    func run() async throws {
        try await hub.withClient { client in
            let (gone, kept) = (try await client.required(from), try await client.required(into))
            guard gone.type == kept.type else {
                throw Failure(message: "\(from) is \(gone.type) and \(into) is \(kept.type); only equal types merge")
            }
            let question = "All points of \(from) go into \(into), and \(from) is removed. Go on? [y/N] "
            guard yes || Terminal.confirms(question) else {
                throw Failure(message: "cancelled; nothing was changed")
            }
            try await client.merge(from, into: into)
            if hub.json {
                let answer: JSON = ["key": .string(from), "into": .string(into)]
                Terminal.say(answer.text)
            } else {
                Terminal.say("the history of \(from) is part of \(into) now; \(from) is gone")
            }
        }
    }
}
