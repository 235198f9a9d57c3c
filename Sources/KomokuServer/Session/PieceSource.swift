internal import Komoku
internal import KomokuHub
internal import NIOPosix

/// An answer that is made piece by piece, each when the one before it has left: whoever reads slowly costs one piece.
struct PieceSource: Sendable {
    enum Piece: Sendable {
        /// There is more, and how to come by it.
        case some([UInt8], rest: PieceSource)
        case last([UInt8])
        case failed(Refusal)
    }

    /// Makes the next piece and hands it on, once, on any thread.
    let next: @Sendable (_ then: @escaping @Sendable (Piece) -> Void) -> Void

    /// About the bytes of a piece.
    static let size = 256 << 10
    /// Up to so many bytes an answer is not worth being cut.
    static let wholeSize = 1 << 20
}

extension CommandRun {
    /// Sends an answer piece by piece. A short one goes as any other.
    ///
    /// - Parameter then: called when it has been sent, or nobody hears.
    func send(_ source: PieceSource, for job: Job, reserved: Int, then: @escaping @Sendable () -> Void) {
        go(on: source, for: job, begins: true, reserved: reserved, then: then)
    }

    private func go(
        on source: PieceSource, for job: Job, begins: Bool, reserved: Int, then: @escaping @Sendable () -> Void
    ) {
        guard !hearing.isOver else {
            account.release(reserved)
            return then()
        }
        source.next { piece in
            switch piece {
            case .some(let bytes, let rest):
                let reply = Reply.piece(bytes, begins: begins, ends: false)
                answer([
                    Filling(job, reply) {
                        // It is called on the connection's own thread.
                        NIOThreadPool.singleton.submit { _ in
                            go(on: rest, for: job, begins: false, reserved: reserved, then: then)
                        }
                    }
                ])
            case .last(let bytes):
                let reply = begins ? Reply.encoded(bytes) : .piece(bytes, begins: false, ends: true)
                answer([Filling(job, reply, reserved: reserved)])
                then()
            case .failed(let refusal):
                // What was begun cannot be taken back.
                if begins { answer([Filling(job, .error(refusal), reserved: reserved)]) } else { fail(.answerBroke) }
                then()
            }
        }
    }
}

/// Why a connection has to end before the client wants it.
enum ConnectionFault: Hashable, Sendable {
    case repliesTooLarge
    case repliesUnread
    /// An answer that was partly sent cannot be finished.
    case answerBroke
}
