internal import Komoku
internal import KomokuHub
internal import KomokuStore

/// About the bytes that an answer takes while it is made, known before.
enum AnswerCost {
    /// Of an answer that is bounded by its kind.
    private static let usual = 64 << 10
    private static let large = 2 << 20
    /// A window of statistics.
    private static let window = 512

    static func estimate(_ command: Command, in hub: isolated Hub) -> Int {
        switch command {
        case .keys: 2 * PieceSource.wholeSize
        case .export: 2 * PieceSource.size
        case .fetch(let query): fetch(query, in: hub)
        case .statistics(let request) where request.stepText != nil: windows(of: request.key, in: hub)
        case .spans(let request): min(request.limit, SpansRequest.maximum) * 64
        case .devices, .renames, .uses: large
        case .deadLetters: large
        case .rules(let command): rules(command)
        default: usual
        }
    }

    private static func fetch(_ query: FetchQuery, in hub: isolated Hub) -> Int {
        let isText = query.key.flatMap { hub.key($0) }?.type == .string
        switch query.form {
        case .last, .previous: return usual
        case .points(let limit), .newest(let limit): return isText ? 2 * PieceSource.wholeSize : limit * 96
        case .steps(_, let limit): return limit * 96
        case .timespans: return SpansRequest.maximum * 32
        }
    }

    /// How many there are is only known once they are laid; there are not more. Those with texts are made as they are read.
    private static func windows(of key: KeyName, in hub: isolated Hub) -> Int {
        hub.key(key)?.type == .string ? 2 * PieceSource.wholeSize : StatisticsQuery.maximumWindows * window
    }

    private static func rules(_ command: RuleCommand) -> Int {
        switch command {
        case .list, .why, .notifications: large
        case .runs: 2 * PieceSource.wholeSize
        default: usual
        }
    }
}
