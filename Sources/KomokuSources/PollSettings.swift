package import Komoku
package import KomokuHub
package import KomokuMQTT
package import KomokuRules

/// What the section `poll` says: which web services are asked, and what becomes of their answers.
package struct PollSettings: Sendable {
    package struct Poll: Sendable {
        /// For a person; never the whole address, which may have secrets.
        package var name: String
        package var url: String
        package var every: Duration
        package var headers: [HTTPRequest.Header] = []
        package var fields: [Field] = []
        package var series: [Series] = []

        /// Whether an answer to one is an answer to the other.
        func isSame(as other: Poll) -> Bool {
            name == other.name && url == other.url && every == other.every && headers == other.headers
        }

        /// What a service may say back, and nobody else may read: values of headers, the query of the address, and who logs in there.
        var hidden: HiddenTexts {
            var texts = headers.flatMap { [$0.value] + $0.value.split(separator: " ").map(String.init) }
            if let query = url.split(separator: "?", maxSplits: 1).dropFirst().first {
                texts.append(String(query))
                for part in query.split(separator: "&") {
                    if let value = part.split(separator: "=", maxSplits: 1).dropFirst().first {
                        texts.append(String(value))
                    }
                }
            }
            let authority = url.split(separator: "/").dropFirst().first ?? ""
            if authority.contains("@"), let login = authority.split(separator: "@").first {
                texts += login.split(separator: ":").map(String.init) + [String(login)]
            }
            return HiddenTexts(texts)
        }

        /// In dead letters, and as the cause of changes.
        var topic: String { "poll \(name)" }
    }

    /// One value of an answer.
    package struct Field: Sendable {
        package var path: String
        package var key: KeyName
        package var decoder: FieldDecoder
        package var options: [JSON.Member]
        package var place: SourcePosition
    }

    /// Values with times: a forecast, a tariff.
    package struct Series: Sendable {
        package enum Shape: Hashable, Sendable {
            /// Two lists of one length.
            case columns(times: String, values: String)
            /// A list of objects, and the paths in each.
            case rows(list: String, time: String, value: String)
        }

        package var shape: Shape
        package var key: KeyName
        package var decoder: FieldDecoder
        package var options: [JSON.Member]
        package var place: SourcePosition
    }

    package var polls: [Poll] = []
    /// Of times that do not say how far they are from UTC.
    package var zone = Zone.utc

    package init() {}

    static let most = 100

    /// The keys that answers feed, as the section describes them.
    package var keys: [Hub.Configuration.KeyEntry] {
        polls.flatMap { poll in
            poll.fields.map { entry($0.key, $0.decoder.type, $0.options) }
                + poll.series.map { entry($0.key, $0.decoder.type ?? .numeric, $0.options) }
        }
    }

    private func entry(_ key: KeyName, _ type: KeyType?, _ options: [JSON.Member]) -> Hub.Configuration.KeyEntry {
        Hub.Configuration.KeyEntry(pattern: KeyPattern(key), type: type, options: options)
    }
}
