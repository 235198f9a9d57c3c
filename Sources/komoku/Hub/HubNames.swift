internal import ArgumentParser
internal import Komoku
internal import KomokuClient
internal import KomokuWire

/// Names that a running hub knows, for completions: whoever types does not wait for a hub that is slow or away.
enum HubNames {
    case keys, devices, rules, agents

    private static let patience = Swift.Duration.milliseconds(300)

    /// The names of the hub that a command line names, or the environment or the file; none where it does not answer at once.
    func list(for words: [String]) async -> [String] {
        guard let hub = try? HubOptions.parse(Self.options(in: words)), let target = try? hub.target(isQuiet: true)
        else { return [] }
        let (answers, answer) = AsyncStream<[String]>.makeStream(bufferingPolicy: .bufferingOldest(1))
        // Neither is waited for once there is an answer: the program ends then.
        let asking = Task {
            let client = target.client(timeout: .seconds(1))
            answer.yield((try? await names(client)) ?? [])
            await client.close()
        }
        let waiting = Task {
            try? await Task.sleep(for: Self.patience)
            answer.finish()
        }
        defer {
            asking.cancel()
            waiting.cancel()
        }
        return await answers.first { _ in true } ?? []
    }

    private func names(_ client: Client) async throws -> [String] {
        switch self {
        case .keys: try await client.keys().map(\.name)
        case .devices: try await client.devices().map(\.name.printable)
        case .rules: try await client.rules().map(\.name.printable)
        case .agents: try await client.agents().map(\.name.printable)
        }
    }

    /// What a command line that is being typed says of the hub.
    static func options(in words: [String]) -> [String] {
        var options: [String] = []
        for (index, word) in words.enumerated() {
            if word == "--" { break }
            if KomokuCommand.valued.contains(where: { word.hasPrefix($0 + "=") }) {
                options.append(word)
            } else if KomokuCommand.valued.contains(word), index + 1 < words.count {
                // The shells of Unix take `=` for a word of its own.
                let value = words[index + 1] == "=" && index + 2 < words.count ? words[index + 2] : words[index + 1]
                options += [word, value]
            }
        }
        return options
    }
}
