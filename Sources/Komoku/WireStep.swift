/// The step of a `fetch` on the WebSocket protocols: a count and a unit, `1S 5M 2H 1d 1w 1m 1y`.
///
/// It is not a `Duration`: its letters differ (`M` is a minute, `m` is 31 days). Source: docs/protocol.md.
public struct WireStep: Hashable, Sendable {
    /// The length of one step.
    public let duration: Duration

    /// - Returns: nil where the text is not `[1-9][0-9]*[SMHdwmy]`, or the step is longer than 10,000 years.
    public init?(_ text: String) {
        guard let unit = text.utf8.last.flatMap(Self.seconds), let first = text.utf8.first,
            first != UInt8(ascii: "0"), first != UInt8(ascii: "+"), let count = Int64(text.dropLast()), count > 0
        else { return nil }
        let (total, overflow) = count.multipliedReportingOverflow(by: unit)
        guard !overflow, total <= 10_000 * 365 * 86_400 else { return nil }
        duration = .seconds(total)
    }

    private static func seconds(_ unit: UInt8) -> Int64? {
        switch unit {
        case UInt8(ascii: "S"): 1
        case UInt8(ascii: "M"): 60
        case UInt8(ascii: "H"): 3600
        case UInt8(ascii: "d"): 86_400
        case UInt8(ascii: "w"): 7 * 86_400
        case UInt8(ascii: "m"): 31 * 86_400
        case UInt8(ascii: "y"): 365 * 86_400
        default: nil
        }
    }
}
