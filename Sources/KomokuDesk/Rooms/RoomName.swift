internal import Komoku

/// The words of a name, for comparing, and a room's id made of them.
enum RoomName {
    /// In lower case and in the letters of English: `Küche` is `kueche`, `łazienka` is `lazienka`; spaces stay.
    static func folded(_ text: some StringProtocol) -> String {
        var folded = ""
        // Composed, so that a letter is one scalar however it was typed.
        for character in text.lowercased() {
            if let letters = letters[character] {
                folded += letters
            } else if let ascii = character.asciiValue {
                folded.unicodeScalars.append(Unicode.Scalar(ascii))
            } else {
                folded.append(character)
            }
        }
        return folded
    }

    private static let letters: [Character: String] = [
        "ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ą": "a", "ć": "c", "ę": "e", "ł": "l", "ń": "n", "ó": "o",
        "ś": "s",
        "ź": "z", "ż": "z", "é": "e", "è": "e", "ê": "e", "à": "a", "â": "a", "ç": "c", "î": "i", "ô": "o", "ø": "o",
        "å": "a",
        "æ": "ae", "ñ": "n", "í": "i", "á": "a", "ú": "u", "š": "s", "č": "c", "ž": "z", "ř": "r", "ě": "e", "ý": "y",
    ]

    /// A word of a name, as it was written and folded.
    struct Word: Hashable, Sendable {
        let text: String
        let folded: String

        init(_ text: some StringProtocol) { (self.text, folded) = (String(text), RoomName.folded(text)) }

        var isNumber: Bool { folded.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } }
    }

    /// The words of a name: `kitchen_lamp`, `Kitchen lamp`, `kitchenLamp`, `kitchen/lamp2` and `kitchen.lamp` have the same first one.
    static func words(of name: String) -> [Word] {
        var words: [Word] = []
        var word = ""
        var last: Kind?
        for character in name.prefix(mostCharacters) {
            let kind = Kind(character)
            let begins = kind == nil || (last != nil && last != kind && !(last == .upper && kind == .lower))
            if begins, !word.isEmpty {
                words.append(Word(word))
                word = ""
            }
            if kind != nil { word.append(character) }
            last = kind
        }
        if !word.isEmpty { words.append(Word(word)) }
        return words
    }

    private enum Kind: Hashable {
        case upper, lower, digit

        /// Nil for what stands between words.
        init?(_ character: Character) {
            if character.isNumber {
                self = .digit
            } else if character.isUppercase {
                self = .upper
            } else if character.isLetter {
                self = .lower
            } else {
                return nil
            }
        }
    }

    private static let mostCharacters = 200

    /// The id of a room of that name; nil where nothing is left of it.
    static func id(of name: String) -> String? {
        var id = ""
        for character in folded(name) {
            if let ascii = character.asciiValue, character.isLetter || character.isNumber || ascii == UInt8(ascii: "-")
            {
                id.append(character)
            } else if character.isLetter || character.isNumber {
                // Another script: by its numbers, which are the same everywhere.
                for scalar in character.unicodeScalars { id += String(scalar.value, radix: 16) }
            } else if !id.isEmpty, id.last != "_" {
                id.append("_")
            }
            if id.utf8.count >= mostBytes { break }
        }
        while id.last == "_" { id.removeLast() }
        return id.isEmpty ? nil : String(id.prefix(mostBytes))
    }

    static let mostBytes = 64

    /// As it is shown: with a capital, its words apart.
    static func shown(_ words: some Sequence<Word>) -> String {
        let text = words.map(\.text).joined(separator: " ")
        return text.prefix(1).uppercased() + text.dropFirst()
    }
}
