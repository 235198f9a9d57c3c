/// Every action, in the order in which they are named to people.
enum ActionTable {
    static let all: [any Action.Type] = [
        Put.self, Toggle.self, Increment.self, Publish.self, HTTP.self, RunProgram.self, Notify.self, Log.self,
        Wait.self, WaitUntil.self, WaitFor.self, Choose.self, If.self, Repeat.self, Break.self, Continue.self,
        Parallel.self, SetLocal.self, Call.self, Answer.self,
        Snapshot.self, Restore.self, Stop.self,
    ]

    private static let byWord = Dictionary(uniqueKeysWithValues: all.map { ($0.word, $0) })

    static let words = Set(all.map { $0.word })

    static subscript(word: String) -> (any Action.Type)? { byWord[word] }

    /// All that may stand beside words, each once.
    static let options: [String] = {
        var words: [String] = []
        for action in all {
            for word in action.settings.dropFirst() where !words.contains(word) { words.append(word) }
        }
        return words
    }()

    /// Settings that give values to names.
    static let givers = all.reduce(into: Set<String>()) { $0.formUnion($1.givers) }
}

extension Action {
    /// What it may be written with, its word first.
    static var settings: [String] {
        [word] + ownOptions + ActionOptions.words.filter { options.contains($0.option) }.map(\.word)
    }
}

extension Vocabulary {
    static let action = Vocabulary(
        ActionTable.all.map { $0.word },
        ActionTable.all.flatMap { $0.elsewhere } + [
            (["sequence", "do", "actions"], "actions are done one after another: write them as a list"),
            (["emit", "fire"], "write call: NAME, or put a key that another rule watches"),
        ])

    /// Beside the word of an action.
    static let besideAction = Vocabulary(
        action.words + ActionTable.options,
        [
            (["default"], "make {else: …} the last item of 'choose'"),
            (["elif", "elseif", "else_if"], "write choose: [{if: …, then: …}, {else: …}]"),
            (["continue_on_error"], "write on_error: continue"), (["retries"], "retry"),
            (["for", "delay", "after"], "write {wait: 5m} before it"),
            (["data", "target", "entity_id", "with"], "what an action is about stands under its word"),
        ])
}
