/// The words of a line, as the shells of Unix take quotes and backslashes; nothing is expanded.
struct ShellWords {
    private(set) var words: [String] = []
    /// The last word may go on: no space follows it.
    private(set) var isOpen = false
    /// The quote that was not closed.
    private(set) var openQuote: Character?

    init(_ line: String) {
        var word: String?
        var isEscaped = false
        for character in line {
            if isEscaped {
                word = (word ?? "") + String(character)
                isEscaped = false
            } else if let quote = openQuote {
                if character == quote {
                    openQuote = nil
                } else if character == "\\", quote == "\"" {
                    isEscaped = true
                } else {
                    word = (word ?? "") + String(character)
                }
            } else if character == "\\" {
                isEscaped = true
            } else if character == "'" || character == "\"" {
                (openQuote, word) = (character, word ?? "")
            } else if character == "#", word == nil {
                break
            } else if character.isWhitespace {
                if let word { words.append(word) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        isOpen = word != nil
        if let word { words.append(word) }
    }
}
