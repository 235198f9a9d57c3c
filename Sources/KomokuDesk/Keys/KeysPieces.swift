internal import Komoku
internal import KomokuHub
internal import KomokuWire

/// The answer to `keys`, some keys at a time: the values of a large house may be texts of 64 KiB each.
struct KeysPieces: Sendable {
    let request: KeysRequest
    let caller: Caller
    let hub: Hub
    let work: WorkQueues

    /// Keys of one turn of the hub.
    private static let keysAtOnce = 128
    private static let keysOfOneTurn = 16_384

    /// The front of the list, up to a size.
    struct Slice: Sendable {
        var keys: [KeyInfo] = []
        var weight = 0
        /// Keys that may still follow.
        var left: Int
        var isWhole = false
        /// The last one that was looked at.
        var last: KeyName?
    }

    /// - Parameter size: about the bytes at which it ends.
    func slice(
        after name: KeyName?, left: Int, size: Int = PieceSource.wholeSize, in hub: isolated Hub
    ) -> Slice {
        var slice = Slice(left: left, last: name)
        var looked = 0
        // Who may read few keys looks through many.
        while slice.weight < size, !slice.isWhole, looked < Self.keysOfOneTurn {
            let wanted = min(Self.keysAtOnce, slice.left)
            let seen = hub.keys(matching: request.pattern, after: slice.last, limit: wanted)
            let rights = caller.rights
            let more = rights.readsAll ? seen : seen.filter { rights.mayRead($0.name) }
            looked += seen.count
            slice.keys += more
            slice.weight += more.reduce(0) { $0 + weight(of: $1) }
            slice.left -= more.count
            slice.isWhole = seen.count < wanted || slice.left == 0
            slice.last = seen.last?.name ?? slice.last
        }
        return slice
    }

    /// About the bytes of a key in the answer.
    private func weight(of key: KeyInfo) -> Int {
        let value = request.includesValue ? key.last?.value?.string?.utf8.count ?? 0 : 0
        let options = key.options.defined.reduce(0) { $0 + $1.name.utf8.count + $1.value.size }
        return 160 + key.name.text.utf8.count + value + options
    }

    /// As the answer has them.
    func told(_ keys: [KeyInfo]) -> [KeyDescription] { keys.map { KeyDescription($0, request, caller.version) } }

    /// - Parameter slice: what there is already.
    func source(_ slice: Slice) -> PieceSource { source(slice, begins: true) }

    private func source(_ slice: Slice, begins: Bool) -> PieceSource {
        PieceSource { then in
            // Not on the hub's thread, which made the slice.
            work.async { write(slice, begins: begins, then) }
        }
    }

    private func write(
        _ slice: Slice, begins: Bool, _ then: @escaping @Sendable (PieceSource.Piece) -> Void
    ) {
        var bytes: [UInt8] = begins ? [UInt8(ascii: "{")] : []
        told(slice.keys).write(caller.version, continuing: !begins, into: &bytes)
        guard !slice.isWhole else {
            bytes.append(UInt8(ascii: "}"))
            return then(.last(bytes))
        }
        then(
            .some(
                bytes,
                rest: PieceSource { then in
                    hub.enqueue { hub in
                        let next = self.slice(
                            after: slice.last, left: slice.left, size: PieceSource.size, in: hub)
                        source(next, begins: false).next(then)
                    }
                }))
    }
}
