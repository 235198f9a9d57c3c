internal import Komoku
internal import KomokuHub

/// The answer to `keys`, some keys at a time: the values of a large house may be texts of 64 KiB each.
struct KeysPieces: Sendable {
    let query: KeysQuery
    let version: ProtocolVersion
    let hub: Hub

    /// Keys of one turn of the hub.
    private static let keysAtOnce = 128

    /// The front of the list, up to a size.
    struct Slice: Sendable {
        var keys: [KeyInfo] = []
        var weight = 0
        /// Keys that may still follow.
        var left: Int
        var isWhole = false
    }

    /// - Parameter size: about the bytes at which it ends.
    func slice(
        after name: KeyName?, left: Int, size: Int = PieceSource.wholeSize, in hub: isolated Hub
    ) -> Slice {
        var slice = Slice(left: left)
        var name = name
        while slice.weight < size, !slice.isWhole {
            let wanted = min(Self.keysAtOnce, slice.left)
            let more = hub.keys(matching: query.pattern, after: name, limit: wanted)
            slice.keys += more
            slice.weight += more.reduce(0) { $0 + Reply.weight(of: $1, query) }
            slice.left -= more.count
            slice.isWhole = more.count < wanted || slice.left == 0
            name = more.last?.name ?? name
        }
        return slice
    }

    /// - Parameter slice: what there is already.
    func source(_ slice: Slice) -> PieceSource { source(slice, begins: true) }

    private func source(_ slice: Slice, begins: Bool) -> PieceSource {
        PieceSource { then in
            var bytes: [UInt8] = begins ? [UInt8(ascii: "{")] : []
            Reply.write(slice.keys, query, version, continuing: !begins, into: &bytes)
            guard !slice.isWhole else {
                bytes.append(UInt8(ascii: "}"))
                return then(.last(bytes))
            }
            let (last, left) = (slice.keys.last?.name, slice.left)
            then(
                .some(
                    bytes,
                    rest: PieceSource { then in
                        hub.enqueue { hub in
                            let next = self.slice(after: last, left: left, size: PieceSource.size, in: hub)
                            source(next, begins: false).next(then)
                        }
                    }))
        }
    }
}
