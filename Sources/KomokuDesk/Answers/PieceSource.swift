package import KomokuWire

/// An answer that is made piece by piece, each when the one before it has left: whoever reads slowly costs one piece.
package struct PieceSource: Sendable {
    package enum Piece: Sendable {
        /// There is more, and how to come by it.
        case some([UInt8], rest: PieceSource)
        case last([UInt8])
        case failed(Refusal)
    }

    /// Makes the next piece and hands it on, once, on any thread.
    package let next: @Sendable (_ then: @escaping @Sendable (Piece) -> Void) -> Void

    package init(next: @escaping @Sendable (_ then: @escaping @Sendable (Piece) -> Void) -> Void) {
        self.next = next
    }

    /// About the bytes of a piece.
    package static let size = 256 << 10
    /// Up to so many bytes an answer is not worth being cut.
    package static let wholeSize = 1 << 20
}
