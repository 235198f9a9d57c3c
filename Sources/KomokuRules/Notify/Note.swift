package import Komoku
internal import KomokuSystem

/// A notification on its way, and afterwards for as long as it stands for others of its topic. Pure: it says what is to be
/// done, somebody else does it.
package struct Note: Hashable, Sendable {
    /// Grows with each note.
    package let number: Int64
    package private(set) var notification: Notification
    /// The run that told it.
    package let run: Int64
    package let accepted: Timestamp
    /// To the target, and to the second one once it was escalated.
    package internal(set) var deliveries: [Delivery]
    /// When the second target is told unless somebody acknowledges it first; nil without one, and afterwards.
    package internal(set) var escalates: Timestamp?
    package internal(set) var acknowledged: Timestamp?
    /// How many equal ones were told within its quiet time.
    package internal(set) var repeats = 0

    package struct Delivery: Hashable, Sendable {
        package enum Stage: String, Hashable, Sendable, CaseIterable {
            case waiting
            /// Handed over; after a restart it is waiting again.
            case sending
            case delivered
            case failed
        }

        package let target: String
        package internal(set) var stage = Stage.waiting
        /// The first attempt's time.
        package internal(set) var since: Timestamp
        /// Of the next attempt; while sending, when the answer is given up on.
        package internal(set) var next: Timestamp
        package internal(set) var attempts = 0
        /// Why the last attempt failed.
        package internal(set) var reason: String?

        init(to target: String, at time: Timestamp) {
            self.target = target
            since = time
            next = time
        }

        var isPending: Bool { stage == .waiting || stage == .sending }
    }

    /// How long attempts go on.
    package static let patience = Duration.seconds(86_400)
    /// The pause before the second attempt; it doubles up to the longest.
    package static let firstPause = Duration.seconds(1)
    package static let longestPause = Duration.seconds(600)
    /// How long it can still be seen once nothing is left to do.
    package static let keeping = Duration.seconds(7 * 86_400)
    /// After so long without an answer an attempt counts as failed.
    package static let longestAttempt = Duration.seconds(300)

    /// - Parameter due: later than `accepted` where it waits for the end of quiet hours.
    init(_ notification: Notification, number: Int64, run: Int64, accepted: Timestamp, due: Timestamp) {
        self.number = number
        self.notification = notification
        self.run = run
        self.accepted = accepted
        deliveries = [Delivery(to: notification.target, at: due)]
        escalates = notification.escalation.map { due + $0.after }
    }

    /// With all of its state.
    init(
        _ notification: Notification, number: Int64, run: Int64, accepted: Timestamp, deliveries: [Delivery],
        escalates: Timestamp?, acknowledged: Timestamp?, repeats: Int
    ) {
        (self.number, self.notification, self.run) = (number, notification, run)
        (self.accepted, self.deliveries, self.escalates) = (accepted, deliveries, escalates)
        (self.acknowledged, self.repeats) = (acknowledged, repeats)
    }
}

extension Note {
    /// Something is still to be delivered, or to be escalated.
    var isBusy: Bool { escalates != nil || deliveries.contains(where: \.isPending) }

    /// It is busy, or somebody has to acknowledge it; that is waited for as long as for a delivery.
    package func isOpen(at time: Timestamp) -> Bool {
        isBusy || notification.escalation != nil && acknowledged == nil && time < newest + Self.patience
    }

    /// Whether nothing is left but to show it.
    func hasEnded(at time: Timestamp) -> Bool { !isOpen(at: time) && !standsForOthers(at: time) }

    /// Whether another one of its topic, to its target, is told with it. An urgent one is not told with one that may wait.
    func covers(_ other: Notification, at time: Timestamp) -> Bool {
        standsForOthers(at: time) && notification.target.utf8.elementsEqual(other.target.utf8)
            && notification.topic.utf8.elementsEqual(other.topic.utf8) && (notification.isUrgent || !other.isUrgent)
    }

    /// One that reached nobody stands for nothing, and whoever has acknowledged it wants to know of the next.
    private func standsForOthers(at time: Timestamp) -> Bool {
        guard acknowledged == nil, deliveries.contains(where: { $0.stage != .failed }) else { return false }
        // A clock that was set back does not make it longer.
        return notification.quietFor.map { time < accepted + $0 && time > accepted - $0 } ?? false
    }

    /// When it has to be looked at again.
    package var nextMoment: Timestamp {
        let moments = deliveries.filter(\.isPending).map(\.next) + [escalates].compactMap(\.self)
        return moments.min() ?? forgotten
    }

    /// Whether it can be forgotten.
    func isOver(at time: Timestamp) -> Bool { !isBusy && time >= forgotten }

    private var forgotten: Timestamp { max(newest + Self.keeping, accepted + (notification.quietFor ?? .zero)) }

    /// When it was first to be told to the last of its targets.
    private var newest: Timestamp { deliveries.last?.since ?? accepted }
}

// MARK: - What happens

extension Note {
    /// Goes on as far as it is time to.
    ///
    /// - Parameter quietEnd: the end of the quiet hours that a time is in.
    /// - Returns: the deliveries to try now.
    mutating func step(at now: Timestamp, quietEnd: (Timestamp) -> Timestamp?) -> [Int] {
        if let moment = escalates, moment <= now, let escalation = notification.escalation {
            escalates = nil
            deliveries.append(Delivery(to: escalation.target, at: now))
        }
        var tries: [Int] = []
        for index in deliveries.indices where deliveries[index].next <= now {
            switch deliveries[index].stage {
            case .sending: failed(index, "there was no answer", isTransient: true, at: now)
            case .waiting:
                if !notification.isUrgent, let end = quietEnd(now) {
                    deliveries[index].next = end
                    deliveries[index].since = end
                } else {
                    deliveries[index].stage = .sending
                    deliveries[index].attempts += 1
                    deliveries[index].next = now + Self.longestAttempt
                    tries.append(index)
                }
            case .delivered, .failed: break
            }
        }
        return tries
    }

    /// An attempt has ended; an answer that nobody waits for any more changes nothing.
    ///
    /// - Returns: whether it changed something.
    mutating func answered(_ index: Int, attempt: Int, _ fault: OutputFailure?, at now: Timestamp) -> Bool {
        guard deliveries.indices.contains(index), deliveries[index].stage == .sending,
            deliveries[index].attempts == attempt
        else { return false }
        if let fault {
            failed(index, fault.reason, isTransient: fault.isTransient, at: now)
        } else {
            deliveries[index].stage = .delivered
            deliveries[index].reason = nil
        }
        return true
    }

    private mutating func failed(_ index: Int, _ reason: String, isTransient: Bool, at now: Timestamp) {
        deliveries[index].reason = reason
        let next = now + Self.pause(after: deliveries[index].attempts)
        let canRetry = isTransient && acknowledged == nil && next < deliveries[index].since + Self.patience
        deliveries[index].stage = canRetry ? .waiting : .failed
        deliveries[index].next = next
    }

    static func pause(after attempts: Int) -> Duration {
        let doublings = min(max(0, attempts - 1), 16)
        return min(Duration(microseconds: firstPause.microseconds << doublings), longestPause)
    }

    /// Somebody has seen it: what has not gone out need not.
    ///
    /// - Returns: false where it was acknowledged before.
    mutating func acknowledge(at now: Timestamp) -> Bool {
        guard acknowledged == nil else { return false }
        acknowledged = now
        escalates = nil
        for index in deliveries.indices where deliveries[index].stage == .waiting { giveUp(index) }
        return true
    }

    /// Answers to attempts of an earlier process do not come.
    mutating func restarted(at now: Timestamp) {
        for index in deliveries.indices where deliveries[index].stage == .sending {
            deliveries[index].stage = .waiting
            deliveries[index].next = now
            if acknowledged != nil { giveUp(index) }
        }
    }

    /// Keeps of its texts what is worth showing once it has ended: they may be of any length.
    mutating func shorten() {
        notification.message = notification.message.cut(to: Self.maximumShown)
        notification.topic = notification.topic.cut(to: Self.maximumShown)
        notification.title = notification.title?.cut(to: Self.maximumShown)
    }

    private static let maximumShown = 256

    private mutating func giveUp(_ index: Int) {
        deliveries[index].stage = .failed
        deliveries[index].reason = "acknowledged before"
    }
}
