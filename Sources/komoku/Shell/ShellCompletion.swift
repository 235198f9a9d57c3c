internal import Komoku

/// What may stand where a line ends.
struct ShellCompletion {
    /// Those that begin with what is typed of the word.
    let choices: [String]
    /// What all of them go on with; with a space where there is only one.
    let addition: String

    private static let mostListed = 100

    init(_ candidates: [String], typed: String) {
        choices = Set(candidates.filter { $0.hasPrefix(typed) }).sorted()
        guard let first = choices.first, let last = choices.last else {
            addition = ""
            return
        }
        // In order, the first and the last differ the earliest.
        let common = String(zip(first, last).prefix { $0 == $1 }.map(\.0))
        let rest = String(common.dropFirst(typed.count))
        addition = choices.count == 1 ? rest + " " : rest
    }

    /// Side by side, as many as are of use.
    func listed(width: Int) -> String {
        let shown = choices.prefix(Self.mostListed).map(\.printable)
        let column = (shown.map(\.columns).max() ?? 0) + 2
        let number = max(1, width / column)
        var text = ""
        for (index, choice) in shown.enumerated() {
            let isLast = (index + 1) % number == 0 || index == shown.count - 1
            text += choice + (isLast ? "\r\n" : String(repeating: " ", count: column - choice.columns))
        }
        let more = choices.count - shown.count
        return more > 0 ? text + "and \(Numbers.grouped(more)) more\r\n" : text
    }

    /// What a line is completed with before anything of it is looked up.
    enum Source: Hashable {
        case words([String])
        case names(HubNames)
    }

    /// - Parameter words: those before the one that is typed.
    static func source(after words: [String], typed: String) -> Source {
        guard let command = words.first else { return .words(KomokuCommand.commandNames + ["exit", "help"]) }
        if typed.hasPrefix("-") { return .words(KomokuCommand.options(of: words)) }
        let below = KomokuCommand.subcommands(of: command)
        if words.count == 1, !below.isEmpty { return .words(below) }
        if words.last == "--rule" { return .names(.rules) }
        return switch command {
        case "devices": .names(.devices)
        case "rules", "run", "enable", "disable": .names(.rules)
        default: .names(.keys)
        }
    }
}
