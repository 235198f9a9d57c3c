internal import Komoku
internal import KomokuWire

/// Sends what is in an outbox to the hub, in its order, for as long as it runs: at once while the hub is there, and after a break
/// again and again, later each time, at most a minute apart and never all clients at one moment.
///
/// A put leaves the outbox once the hub says that it is on the disk. One that the hub refuses, as a text for a number, leaves it
/// too: it would be refused for ever, and hold up the rest.
public struct OutboxDelivery: Sendable {
    /// Puts that the hub took, or refused; where it could not store them, they are sent again.
    struct Receipt: Sendable {
        var refused: [Refused] = []
        var isStored = true
    }

    /// A put that the hub refused, and why.
    public struct Refused: Hashable, Sendable {
        public let put: OutboxPut
        public let reason: String
    }

    private let outbox: Outbox
    private let send: @Sendable ([OutboxPut]) async throws(ClientError) -> Receipt
    private let pause: @Sendable (Double) async -> Void
    private let onRefusal: @Sendable (Refused) -> Void
    private let onTrouble: @Sendable (ClientError?) -> Void
    /// Puts that are sent together.
    private static let most = 32_768
    /// Seconds between attempts.
    private static let (shortest, longest) = (0.5, 60.0)

    init(
        of outbox: Outbox, onRefusal: @escaping @Sendable (Refused) -> Void = { _ in },
        onTrouble: @escaping @Sendable (ClientError?) -> Void = { _ in },
        pause: @escaping @Sendable (Double) async -> Void,
        send: @escaping @Sendable ([OutboxPut]) async throws(ClientError) -> Receipt
    ) {
        (self.outbox, self.onRefusal, self.onTrouble) = (outbox, onRefusal, onTrouble)
        (self.pause, self.send) = (pause, send)
    }

    /// Runs until its task is cancelled, or the outbox is closed.
    public func run() async {
        var failures = 0
        var trouble: ClientError?
        while !Task.isCancelled, !outbox.isClosed {
            await outbox.whenFilled()
            guard !Task.isCancelled, !outbox.isClosed else { return }
            let (isDone, error) = await deliver()
            if isDone, trouble != nil || error != trouble { onTrouble(nil) }
            if !isDone, let error, error != trouble { onTrouble(error) }
            trouble = isDone ? nil : error ?? trouble
            if isDone {
                failures = 0
            } else {
                failures += 1
                await pause(Self.pause(after: failures))
            }
        }
    }

    /// - Returns: false where it has to be tried again, with what went wrong on the way.
    private func deliver() async -> (Bool, ClientError?) {
        guard let parcel = await outbox.next(atMost: Self.most) else { return (outbox.status.waiting == 0, nil) }
        do throws(ClientError) {
            let receipt = try await send(parcel.puts)
            guard receipt.isStored else { return (false, nil) }
            await outbox.remove(parcel, refused: receipt.refused.count)
            for refused in receipt.refused { onRefusal(refused) }
            return (true, nil)
        } catch {
            return (false, error)
        }
    }

    private static func pause(after failures: Int) -> Double {
        let limit = min(longest, shortest * Double(1 << min(failures - 1, 10)))
        return Double.random(in: limit / 2...limit)
    }
}

extension OutboxDelivery {
    /// Sends what is in an outbox by a client.
    ///
    /// ```swift
    /// let outbox = try Outbox(path: "/var/lib/meter/outbox.db")
    /// let sending = Task { await OutboxDelivery(of: outbox, by: Client(HubAddress.local)).run() }
    /// await outbox.append("meter.energy", 1234.5)
    /// ```
    ///
    /// - Parameters:
    ///   - onRefusal: is told of each put that the hub refused.
    ///   - onTrouble: is told why nothing can be sent, once where it stays the same, and nil once it can again.
    ///   - prepare: is called before puts are sent, to define their keys; where it throws, all is tried again later.
    ///   - name: what a key of the outbox is called at the hub.
    public init(
        of outbox: Outbox, by client: Client, onRefusal: @escaping @Sendable (Refused) -> Void = { _ in },
        onTrouble: @escaping @Sendable (ClientError?) -> Void = { _ in },
        prepare: @escaping @Sendable (Client, [OutboxPut]) async throws(ClientError) -> Void = { _, _ in },
        name: @escaping @Sendable (String) -> String = { $0 }
    ) {
        self.init(
            of: outbox, onRefusal: onRefusal, onTrouble: onTrouble, pause: { try? await Task.sleep(for: .seconds($0)) }
        ) {
            puts throws(ClientError) in
            try await prepare(client, puts)
            let points = puts.map { PutPoint(name($0.key), $0.value, at: $0.time) }
            let report = try await client.put(points)
            // Who may not come in any more may again tomorrow: the values wait for that.
            if let refusal = report.refused.first(where: { $0.refusal.code == "unauthorized" })?.refusal {
                throw .failed(code: refusal.code, message: refusal.message)
            }
            // The keys were renamed while the values were under way.
            if !report.refused.isEmpty, zip(points, puts).contains(where: { $0.key != name($1.key) }) {
                return Receipt(isStored: false)
            }
            let refused = report.refused.filter { puts.indices.contains($0.place) }.map { each in
                Refused(put: puts[each.place], reason: each.refusal.message ?? each.refusal.code)
            }
            return Receipt(refused: refused, isStored: report.isStored)
        }
    }
}
