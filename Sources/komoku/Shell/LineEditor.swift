/// A line that is being typed: takes keys, and says what is to be done.
struct LineEditor {
    enum Key: Hashable {
        case character(Character)
        case left, right, wordLeft, wordRight, start, end
        case backspace, delete, killToEnd, killToStart, killWord
        case older, newer, search, tab, enter, interrupt, endOfInput, clearScreen
    }

    enum Effect: Hashable {
        case nothing
        /// The line is complete.
        case submit(String)
        /// Ctrl-C: the line is given up.
        case cancel
        /// Ctrl-D on an empty line.
        case leave
        /// What stands before the cursor is to be completed.
        case complete(String)
        case clearScreen
    }

    private(set) var text: [Character] = []
    /// Between the characters, 0 is before the first.
    private(set) var cursor = 0
    /// Of Ctrl-R; nil where nothing is searched for.
    private(set) var wanted: [Character]?
    /// The oldest first.
    private let history: [String]
    /// Where in the history the line is; its length is the new line.
    private var place: Int
    /// The new line while older ones are looked at.
    private var draft: [Character] = []

    private static let longest = 4096

    init(history: [String] = []) {
        self.history = history
        place = history.count
    }

    mutating func handle(_ key: Key) -> Effect {
        if wanted != nil, let effect = search(key) { return effect }
        switch key {
        case .character(let character):
            guard text.count < Self.longest else { break }
            text.insert(character, at: cursor)
            cursor += 1
        case .enter: return .submit(String(text))
        case .interrupt: return .cancel
        case .endOfInput:
            guard !text.isEmpty else { return .leave }
            delete(cursor..<min(cursor + 1, text.count))
        case .tab: return .complete(String(text[..<cursor]))
        case .clearScreen: return .clearScreen
        case .older: visit(place - 1)
        case .newer: visit(place + 1)
        case .search: wanted = []
        default: edit(key)
        }
        return .nothing
    }

    private mutating func edit(_ key: Key) {
        switch key {
        case .left: cursor = max(0, cursor - 1)
        case .right: cursor = min(text.count, cursor + 1)
        case .wordLeft: cursor = wordStart
        case .wordRight: cursor = wordEnd
        case .start: cursor = 0
        case .end: cursor = text.count
        case .backspace: delete(max(0, cursor - 1)..<cursor)
        case .delete: delete(cursor..<min(cursor + 1, text.count))
        case .killToEnd: delete(cursor..<text.count)
        case .killToStart: delete(0..<cursor)
        case .killWord: delete(wordStart..<cursor)
        default: break
        }
    }

    /// Puts text at the cursor, as if it were typed.
    mutating func insert(_ more: String) {
        for character in more { _ = handle(.character(character)) }
    }

    private mutating func delete(_ range: Range<Int>) {
        text.removeSubrange(range)
        cursor = range.lowerBound
    }

    private var wordStart: Int {
        var place = cursor
        while place > 0, text[place - 1] == " " { place -= 1 }
        while place > 0, text[place - 1] != " " { place -= 1 }
        return place
    }

    private var wordEnd: Int {
        var place = cursor
        while place < text.count, text[place] == " " { place += 1 }
        while place < text.count, text[place] != " " { place += 1 }
        return place
    }

    private mutating func visit(_ wanted: Int) {
        guard (0...history.count).contains(wanted), wanted != place else { return }
        if place == history.count { draft = text }
        place = wanted
        text = place == history.count ? draft : Array(history[place])
        cursor = text.count
    }

    // MARK: Ctrl-R

    /// - Returns: nil where the key ends the search and is for the line that was found.
    private mutating func search(_ key: Key) -> Effect? {
        guard var wanted else { return nil }
        switch key {
        case .character(let character):
            wanted.append(character)
            find(wanted, before: place + 1)
        case .backspace:
            _ = wanted.popLast()
            find(wanted, before: history.count)
        case .search: find(wanted, before: place)
        case .interrupt:
            self.wanted = nil
            visit(history.count)
            return .nothing
        default:
            self.wanted = nil
            return nil
        }
        self.wanted = wanted
        return .nothing
    }

    private mutating func find(_ wanted: [Character], before limit: Int) {
        guard !wanted.isEmpty else { return }
        let found = history[..<min(limit, history.count)].lastIndex { $0.contains(String(wanted)) }
        if let found { visit(found) }
    }
}
