/// What brokers mean by the codes of CONNACK, DISCONNECT and PUBACK.
enum ReasonWords {
    /// - Parameter code: of MQTT 5; a code of CONNACK of 3.1.1 is below 6.
    static func words(for code: UInt8) -> String {
        if let words = words[code] { return words }
        return code < 6 ? threeWords[Int(code)] : "reason \(code)"
    }

    /// Why a broker lets nobody in, and what to look at.
    static func refusal(_ code: UInt8) -> String {
        switch code {
        case 4, 5, 134, 135, 140: "the broker refused the login; check username and password"
        case 2, 133: "the broker refused the client id; set another one with 'client_id'"
        case 138: "the broker has banned this client (code 138); its own log says why"
        default: "the broker refused the connection: \(clause(words(for: code)))"
        }
    }

    /// `Connection refused.` as a part of a sentence: `connection refused`.
    static func clause(_ text: String) -> String {
        if text.hasPrefix("Lookup error") { return "there is no host of that name" }
        var text = text[...]
        if text.last == "." { text.removeLast() }
        guard let first = text.first, text.dropFirst().first?.isUppercase != true else { return String(text) }
        return first.lowercased() + text.dropFirst()
    }

    private static let threeWords = [
        "no reason given", "unacceptable protocol version", "identifier rejected", "server unavailable",
        "bad user name or password", "Not authorized",
    ]

    private static let words: [UInt8: String] = [
        128: "Unspecified error", 129: "Malformed packet", 130: "Protocol error", 131: "Implementation specific error",
        132: "Unsupported protocol version", 133: "Client identifier not valid", 134: "Bad user name or password",
        135: "Not authorized", 136: "Server unavailable", 137: "Server busy", 138: "Banned",
        139: "Server shutting down", 140: "Bad authentication method", 141: "Keep alive timeout",
        142: "Session taken over", 143: "Topic filter invalid", 144: "Topic name invalid",
        147: "Receive maximum exceeded", 148: "Topic alias invalid", 149: "Packet too large",
        150: "Message rate too high", 151: "Quota exceeded", 152: "Administrative action",
        153: "Payload format invalid", 154: "Retain not supported", 155: "QoS not supported",
        156: "Use another server", 157: "Server moved", 158: "Shared subscriptions not supported",
        159: "Connection rate exceeded", 160: "Maximum connect time", 161: "Subscription identifiers not supported",
        162: "Wildcard subscriptions not supported",
    ]
}
