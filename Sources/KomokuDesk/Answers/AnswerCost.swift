internal import Komoku
package import KomokuHub
internal import KomokuStore
package import KomokuWire

extension Command {
    /// About the bytes that its answer takes while it is made, known before. Of what is no question nothing.
    package func cost(in hub: isolated Hub) -> Int {
        guard isReading else { return 0 }
        return switch self {
        case .keys, .runs: 2 * PieceSource.wholeSize
        case .export: 2 * PieceSource.size
        case .fetch(let request): request.cost(in: hub)
        case .statistics(let request) where request.step != nil: Self.windows(of: request.key, in: hub)
        // Of a house with ten meters.
        case .energy: StatisticsQuery.maximumWindows * Self.window
        case .spans(let request): (request.limit ?? SpansRequest.maximum) * 64
        case .devices, .renames, .uses, .deadLetters, .rules, .why, .notifications, .cells, .checkRules, .testRules,
            .replayRules:
            Self.large
        default: Self.usual
        }
    }

    /// Of an answer that is bounded by its kind.
    fileprivate static let usual = 64 << 10
    private static let large = 2 << 20
    /// A window of statistics.
    private static let window = 512

    /// How many there are is only known once they are laid; there are not more. Those with texts are made as they are read.
    private static func windows(of key: KeyName, in hub: isolated Hub) -> Int {
        hub.key(key)?.type == .string ? 2 * PieceSource.wholeSize : StatisticsQuery.maximumWindows * window
    }
}

extension FetchRequest {
    fileprivate func cost(in hub: isolated Hub) -> Int {
        let isText = name.flatMap { hub.key($0) }?.type == .string
        return switch form {
        case .last, .previous: Command.usual
        case .points(let limit), .newest(let limit): isText ? 2 * PieceSource.wholeSize : limit * 96
        case .steps(_, let limit): limit * 96
        case .timespans: SpansRequest.maximum * 32
        }
    }
}
