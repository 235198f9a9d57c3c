import KomokuYAML

/// Something that a rule can do, as people write it: `{put: {hall.light: true}, wait_for_report: true}`.
///
/// Each has a file in this folder with all that there is to know of it: its word, what stands beside it, how it is read,
/// what instructions it becomes, what they are made of, what they do, and how they are told. `ActionTable` lists them.
protocol Action: Sendable {
    static var word: String { get }
    /// What may stand beside the word of those settings that several actions have.
    static var options: ActionOptions { get }
    /// The others, which it reads itself.
    static var ownOptions: [String] { get }
    /// It is done at once, whatever comes of it later: nothing ends for `timeout`.
    static var isImmediate: Bool { get }
    /// It is made of actions.
    static var isBlock: Bool { get }
    /// What other programs call it: names, and the word itself or a remedy.
    static var elsewhere: [(names: [String], meaning: String)] { get }
    /// Settings in it that give values to names.
    static var givers: Set<String> { get }

    /// Adds its instructions to the reader's program, or reports what is wrong.
    ///
    /// - Returns: nil where a run goes on with the next action.
    static func read(_ written: WrittenAction, _ reader: RuleReader) -> Dead?

    /// Notes the keys that it makes, before anything is checked.
    static func scan(_ node: YAMLNode, _ scan: inout RuleScan, _ place: RuleScan.Place)
    /// The same, of what stands beside it.
    static func scan(_ node: YAMLNode, beside: YAMLNode, _ scan: inout RuleScan)
}

extension Action {
    static var ownOptions: [String] { [] }
    static var isImmediate: Bool { false }
    static var isBlock: Bool { false }
    static var elsewhere: [(names: [String], meaning: String)] { [] }
    static var givers: Set<String> { [] }
    static func scan(_ node: YAMLNode, _ scan: inout RuleScan, _ place: RuleScan.Place) {}
    static func scan(_ node: YAMLNode, beside: YAMLNode, _ scan: inout RuleScan) {}
}

/// An action of a rule: what stands under its word, and beside it.
struct WrittenAction {
    let setting: Setting
    let beside: SettingsReader
    let place: RuleReader.Place
}

/// Why no action behind another one is ever reached.
enum Dead {
    case run, loop, round

    /// What the one before does.
    var clause: String {
        switch self {
        case .run: "ends the run"
        case .loop: "leaves the loop"
        case .round: "ends the round"
        }
    }

    /// Behind alternatives; nil where one of them goes on.
    static func both(_ one: Dead?, _ other: Dead?) -> Dead? {
        guard let one, let other else { return nil }
        return one == other ? one : .round
    }
}

/// Settings beside the word that several actions have.
struct ActionOptions: OptionSet {
    let rawValue: Int

    static let timeout = ActionOptions(rawValue: 1)
    static let retry = ActionOptions(rawValue: 2)
    static let onError = ActionOptions(rawValue: 4)
    static let waitForReport = ActionOptions(rawValue: 8)

    /// Of what is done outside.
    static let outside: ActionOptions = [.timeout, .retry, .onError]
    /// Of what may command a device.
    static let command: ActionOptions = [.timeout, .retry, .onError, .waitForReport]

    /// In the order in which they are named.
    static let words: [(word: String, option: ActionOptions)] = [
        ("timeout", .timeout), ("retry", .retry), ("on_error", .onError), ("wait_for_report", .waitForReport),
    ]

    /// The word of one of them.
    var name: String { Self.words.first { $0.option == self }?.word ?? "" }
}
