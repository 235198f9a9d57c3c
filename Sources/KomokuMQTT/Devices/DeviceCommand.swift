package import Komoku
package import KomokuHub

/// How a property's value is told to its device.
package struct DeviceCommand: Sendable {
    package var topic: String
    /// Where some values go instead.
    package var otherTopic: (@Sendable (Value) -> String?)?
    package var qos: Int32 = 1
    package var isRetained = false
    /// The payload for a value that fits the property; nil where the device has no word for it.
    package var payload: @Sendable (Value) -> [UInt8]?

    /// What goes out before it and behind it; nil is nothing.
    package var before: (@Sendable (Value) -> DeviceCommandMessage?)?
    package var after: (@Sendable (Value) -> DeviceCommandMessage?)?

    package init(topic: String, payload: @escaping @Sendable (Value) -> [UInt8]?) {
        self.topic = topic
        self.payload = payload
    }
}

/// Words that stand for values in a command.
package enum CommandWords: Sendable {
    /// The value as it is: a number, a text, `true` and `false`.
    case plain
    case boolean(on: JSON, off: JSON)
    /// One word, whatever is put: a button.
    case always(JSON)

    package func json(for value: Value) -> JSON {
        switch self {
        case .plain: value.json
        case .boolean(let on, let off): value.boolean == true ? on : off
        case .always(let word): word
        }
    }
}

extension DeviceCommand {
    /// The word or the value itself is the payload.
    package static func text(_ topic: String, _ words: CommandWords = .plain) -> DeviceCommand {
        DeviceCommand(topic: topic) { value in
            let json = words.json(for: value)
            return if let text = json.string { Array(text.utf8) } else { json.bytes }
        }
    }

    /// `{"state":"ON"}`: the word or value as the member at `path`, nested at each dot, after those of `others`.
    package static func json(
        _ topic: String, _ path: String, _ words: CommandWords = .plain, others: [JSON.Member] = []
    ) -> DeviceCommand {
        DeviceCommand(topic: topic) { value in
            let names = path.split(separator: ".").map(String.init)
            let inner = names.dropFirst().reversed().reduce(words.json(for: value)) { .object([JSON.Member($1, $0)]) }
            return JSON.object(others + [JSON.Member(names.first ?? path, inner)]).bytes
        }
    }
}
