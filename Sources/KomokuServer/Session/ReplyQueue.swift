internal import DequeModule
internal import Komoku
internal import KomokuDesk
internal import KomokuHub
internal import KomokuWire

/// What a connection has still to say, in order: one reply for each frame, and between them the changes to push.
///
/// A reply keeps its place from the moment its frame arrives. Changes take their place behind the frames that had arrived
/// when they were taken, so whatever a frame caused leaves after the reply to it, and replies that keep coming in never
/// hold a change back for longer than those before it.
struct ReplyQueue {
    /// What comes out, in order.
    enum Item {
        case reply([Answer], Request.Form)
        case changes([Delivery])
        case runs([RunFeed.Delivery])
        /// A part of a reply of several frames; `more` makes the next.
        case part(Answer, Request.Form, more: @Sendable () -> Void)
    }

    struct Answer {
        let queryID: JSON?
        let reply: Reply
    }

    private struct Slot {
        let form: Request.Form
        /// Bytes of the frame that is answered.
        let cost: Int
        var queryIDs: [JSON?]
        var replies: [Reply?]
        var missing: Int
        /// Where the reply that is there is a part, and others follow.
        var more: (@Sendable () -> Void)?
        /// The pieces of a reply in a list, which leaves when all of it is there.
        var collected: [UInt8] = []
    }

    private enum Entry {
        case slot(Slot)
        case changes([Delivery])
        case runs([RunFeed.Delivery])
    }

    /// The entry for a frame's reply.
    typealias Ticket = Int

    private var entries = Deque<Entry>()
    /// The ticket of the first entry.
    private var first = 0
    /// Bytes of the frames that are not answered yet.
    private(set) var waitingBytes = 0

    /// About the bytes of the replies that are there and not written, and how many those are.
    private(set) var held = (bytes: 0, replies: 0)

    /// A reply in a list is being made of pieces.
    private(set) var isCollecting = false

    var isEmpty: Bool { entries.isEmpty }
    var count: Int { entries.count }

    mutating func reserve(for request: Request, cost: Int) -> Ticket {
        waitingBytes += cost
        entries.append(
            .slot(
                Slot(
                    form: request.form, cost: cost, queryIDs: request.entries.map(\.queryID),
                    replies: Array(repeating: nil, count: request.entries.count), missing: request.entries.count)))
        return first + entries.count - 1
    }

    mutating func append(_ changes: [Delivery]) {
        entries.append(.changes(changes))
    }

    mutating func append(_ runs: [RunFeed.Delivery]) {
        entries.append(.runs(runs))
    }

    /// Fills in the reply to one command; a second reply to the same is ignored.
    ///
    /// - Parameter more: not nil where the reply is a part of one of several frames: called when this one has left.
    /// - Returns: true where the part is taken and `more` is to be called now.
    @discardableResult
    mutating func fill(
        _ ticket: Ticket, at index: Int, with reply: Reply, more: (@Sendable () -> Void)? = nil
    ) -> Bool {
        let position = ticket - first
        guard entries.indices.contains(position), case .slot(var slot) = entries[position],
            slot.replies.indices.contains(index),
            slot.replies[index] == nil
        else { return false }
        // The slot leaves its place meanwhile, or each reply of a long array would copy those before it.
        entries[position] = .changes([])
        defer { entries[position] = .slot(slot) }
        var reply = reply
        if slot.form == .list, case .piece(let bytes, _, let ends) = reply {
            slot.collected += bytes
            held.bytes += bytes.count
            isCollecting = !ends
            guard ends else { return true }
            held.bytes -= slot.collected.count
            reply = .encoded(slot.collected)
            slot.collected = []
        }
        slot.replies[index] = reply
        slot.more = more
        if more == nil { slot.missing -= 1 }
        held.bytes += reply.weight
        held.replies += 1
        return false
    }

    /// Whether the reply is the next to leave.
    func isFirst(_ ticket: Ticket) -> Bool { ticket == first }

    /// The next thing to write, nil where the first reply is still missing or there is none.
    ///
    /// - Parameter takingParts: whether the peer keeps up; parts of a long reply are made only as fast as it reads.
    mutating func next(takingParts: Bool = true) -> Item? {
        switch entries.first {
        case .slot(var slot) where slot.more != nil:
            guard takingParts, let more = slot.more.take(), let reply = slot.replies[0].take() else { return nil }
            entries[0] = .slot(slot)
            held.bytes -= reply.weight
            held.replies -= 1
            return .part(Answer(queryID: slot.queryIDs[0], reply: reply), slot.form, more: more)
        case .slot(let slot) where slot.missing == 0:
            entries.removeFirst()
            first += 1
            waitingBytes -= slot.cost
            held.bytes -= slot.replies.reduce(0) { $0 + ($1?.weight ?? 0) }
            held.replies -= slot.replies.count
            let answers = zip(slot.queryIDs, slot.replies).compactMap { id, reply in
                reply.map { Answer(queryID: id, reply: $0) }
            }
            return .reply(answers, slot.form)
        case .changes(let changes):
            entries.removeFirst()
            first += 1
            return .changes(changes)
        case .runs(let runs):
            entries.removeFirst()
            first += 1
            return .runs(runs)
        default:
            return nil
        }
    }
}

extension ReplyQueue {
    /// The part that waits to leave, if there is one, never will: whoever makes the next is told.
    mutating func abandon() {
        guard case .slot(var slot) = entries.first, let more = slot.more.take() else { return }
        entries[0] = .slot(slot)
        more()
    }
}
